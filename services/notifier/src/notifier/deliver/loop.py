"""One channel's loop: claim what is due, render it, send it, record it. Never a call inside a transaction."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from notifier.channels.outcome import Channel, Sent
from notifier.decide import Terms
from notifier.deliver.claim import Parcel, claim
from notifier.deliver.results import Judge, Results
from notifier.store import queue
from runtime.database.fates import is_transient
from runtime.errors import BatonError
from runtime.service import Context

_POLL: Final = 0.2
_SOON: Final = 0.02
_TIMES: Final = 10
"""How often it looks soon after it was woken: the waking transaction needs a moment to commit."""
_MOST: Final = 50
_PATIENCE: Final = 1.5
"""Seconds that a stop waits for calls under way; what is cut off then is found again as lost."""
_log = structlog.get_logger()


class Overtaken(BatonError):
    """Somebody else took over what was held too long; nothing of this attempt is recorded."""


class Deliver:
    """Works until told to stop; a slow call keeps nobody else waiting."""

    def __init__(self, context: Context, channel: Channel, terms: Terms) -> None:
        self._around = context
        self._channel = channel
        self._terms = terms
        self._under_way = set[asyncio.Task[None]]()
        self._bugs = list[BaseException]()
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Somebody in this process is about to commit a notice: look at once, and again very soon."""
        self._woken.set()

    async def __call__(self, stop: asyncio.Event) -> None:
        soon = 0
        while not stop.is_set():
            busy = False
            try:
                busy = await self.start_due()
            except (SQLAlchemyError, OSError) as error:
                self._survived(error)
            if self._bugs:
                raise self._bugs[0]
            if not busy:
                woken = await self._rest(_SOON if soon else _POLL)
                soon = _TIMES if woken else max(0, soon - 1)
        await self._finish()

    async def round(self) -> bool:
        """Everything that is due now, to its end; False when nothing was. What a step of the laboratory does."""
        busy = await self.start_due()
        await asyncio.gather(*self._under_way)
        return busy

    async def _rest(self, seconds: float) -> bool:
        """True when woken before the time was over."""
        try:
            await asyncio.wait_for(self._woken.wait(), seconds)
        except TimeoutError:
            return False
        self._woken.clear()
        return True

    async def _finish(self) -> None:
        if self._under_way:
            _, late = await asyncio.wait(self._under_way, timeout=_PATIENCE)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _survived(self, error: BaseException) -> None:
        """What passes by itself is tried again; anything else ends the loop."""
        if isinstance(error, Overtaken) or is_transient(error):
            _log.warning("deliver", channel=self._channel.name, error=type(error).__name__)
        else:
            self._bugs.append(error)

    async def start_due(self) -> bool:
        """Claims what is due and starts sending it."""
        room = _MOST - len(self._under_way)
        if room <= 0:
            return False
        async with self._around.database.begin() as tx:
            now = await self._around.clock.now(tx)
            url = self._around.settings.url
            claimed = await claim(tx, self._channel, terms=self._terms, url=url, now=now, most=room)
            judge = self._judge(now)
            found = judge.lost(claimed.lost)
            found.add(judge.unreadable(claimed.unreadable))
            found.records.extend(claimed.settled)
            await self._save(tx, found, now)
        groups = [claimed.parcels] if self._channel.outbox else [[parcel] for parcel in claimed.parcels]
        for group in filter(None, groups):
            task = asyncio.create_task(self._work(group), name=f"notifier/{self._channel.name}")
            self._under_way.add(task)
            task.add_done_callback(self._done)
        return claimed.found

    def _done(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self._survived(error)

    async def _work(self, parcels: Sequence[Parcel]) -> None:
        outcomes = [await self._channel.send(parcel.letter, parcel.body) for parcel in parcels]
        async with self._around.database.begin() as tx:
            now = await self._around.clock.now(tx)
            judge, found = self._judge(now), Results()
            for parcel, outcome in zip(parcels, outcomes, strict=True):
                found.add(judge.results(parcel, outcome))
            await self._save(tx, found, now)
        for parcel, outcome in zip(parcels, outcomes, strict=True):
            if not isinstance(outcome, Sent):
                _log.warning(
                    "notice", channel=self._channel.name, id=parcel.letter.id, to=parcel.letter.recipient,
                    became=type(outcome).__name__.lower(), error=outcome.error,
                )  # fmt: skip

    async def _save(self, tx: AsyncConnection, found: Results, now: datetime) -> None:
        """Numbers are drawn first: everybody locks streams before notices."""
        await self._around.writer.append(tx, found.facts, now)
        if found.records:
            ours = await queue.record(tx, found.records, outbox=self._channel.outbox, now=now)
            if len(ours) < len(found.records):
                raise Overtaken(f"{len(found.records) - len(ours)} notices were taken over while they were being sent")
        if found.paces:
            await queue.pace(tx, found.paces)

    def _judge(self, now: datetime) -> Judge:
        return Judge(self._channel, self._terms.notices.retry, now)
