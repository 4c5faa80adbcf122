"""One channel's loop: claim what is due, render it, send it, record it. Never a call inside a transaction."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import structlog

from notifier.channels.base import Channel, Delivered
from notifier.decide import Terms
from notifier.deliver.claim import Delivery, claim
from notifier.deliver.policy import AttemptResults, OutcomePolicy
from notifier.store import queue
from runtime.database.connection import Connection
from runtime.database.driver_errors import DATABASE_ERRORS
from runtime.database.fates import is_transient
from runtime.errors import BatonError
from runtime.service import Context

_POLL: Final = 0.2
_SOON: Final = 0.02
_TIMES: Final = 10
"""How often it looks soon after it was woken: the waking transaction needs a moment to commit."""
_MOST: Final = 50
_PATIENCE: Final = 1.5
"""Seconds that a stop waits for calls under way; what is cut off then counts as lost, later."""
_log = structlog.get_logger()


class HoldExpired(BatonError):
    """Somebody else took over what was held too long; nothing of this attempt is recorded."""


class DeliveryLoop:
    """Works until told to stop; a slow call keeps nobody else waiting."""

    def __init__(self, context: Context, channel: Channel, terms: Terms) -> None:
        self._context = context
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
            except DATABASE_ERRORS as error:
                self._report(error)
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

    def _report(self, error: BaseException) -> None:
        """What passes by itself is tried again; anything else ends the loop."""
        if isinstance(error, HoldExpired) or is_transient(error):
            _log.warning("deliver", channel=self._channel.name, error=type(error).__name__)
        else:
            self._bugs.append(error)

    async def start_due(self) -> bool:
        """Claims what is due and starts sending it."""
        room = _MOST - len(self._under_way)
        if room <= 0:
            return False
        async with self._context.database.begin() as tx:
            now = await self._context.clock.now(tx)
            url = self._context.settings.url
            claimed = await claim(tx, self._channel, terms=self._terms, url=url, now=now, most=room)
            policy = self._policy(now)
            results = policy.doubt_orphans(claimed.orphans)
            results.add(policy.fail_unreadable(claimed.unreadable))
            results.records.extend(claimed.records)
            await self._save(tx, results, now)
        groups = [claimed.deliveries] if self._channel.outbox else [[delivery] for delivery in claimed.deliveries]
        for group in filter(None, groups):
            task = asyncio.create_task(self._work(group), name=f"notifier/{self._channel.name}")
            self._under_way.add(task)
            task.add_done_callback(self._done)
        return bool(claimed)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self._report(error)

    async def _work(self, deliveries: Sequence[Delivery]) -> None:
        outcomes = [await self._channel.send(delivery.message, delivery.body) for delivery in deliveries]
        async with self._context.database.begin() as tx:
            now = await self._context.clock.now(tx)
            policy, results = self._policy(now), AttemptResults()
            for delivery, outcome in zip(deliveries, outcomes, strict=True):
                results.add(policy.apply(delivery, outcome))
            await self._save(tx, results, now)
        for delivery, outcome in zip(deliveries, outcomes, strict=True):
            if not isinstance(outcome, Delivered):
                _log.warning(
                    "notice", channel=self._channel.name, id=delivery.message.id, to=delivery.message.recipient,
                    became=type(outcome).__name__.lower(), error=outcome.error,
                )  # fmt: skip

    async def _save(self, tx: Connection, results: AttemptResults, now: datetime) -> None:
        """Numbers are drawn first: everybody locks streams before notices."""
        await self._context.writer.append(tx, results.facts, now)
        if results.records:
            ours = await queue.record(tx, results.records, outbox=self._channel.outbox, now=now)
            if len(ours) < len(results.records):
                raise HoldExpired(
                    f"{len(results.records) - len(ours)} notices were taken over while they were being sent"
                )
        if results.paces:
            await queue.save_paces(tx, results.paces)

    def _policy(self, now: datetime) -> OutcomePolicy:
        return OutcomePolicy(self._channel, self._terms.notices.retry, now)
