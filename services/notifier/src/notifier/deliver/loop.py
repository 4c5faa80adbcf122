"""One channel's loop: record what was said, begin what waits, claim what is due; and an orderly end."""

import asyncio
import contextlib
from collections.abc import Sequence
from math import inf
from typing import Final

import structlog

from notifier.channels.base import Channel
from notifier.decide import Terms
from notifier.deliver.claim import Claims, Delivery
from notifier.deliver.in_hand import InHand
from notifier.deliver.library import Library
from runtime.database.driver_errors import DATABASE_ERRORS
from runtime.database.fates import is_transient
from runtime.service import Context

_POLL: Final = 0.2
"""Seconds between two looks while there is something to do, and until a loop looks that nobody waits for."""
_SELDOM: Final = 2.0
"""While nothing is due: what becomes due is known, or said by who decides it; this is for what others left behind."""
_PATIENCE: Final = 1.5
"""Seconds that a stop waits for calls under way; what is cut off then is unknown, unless it may be done again."""
_log = structlog.get_logger()


class DeliveryLoop:
    """Works until told to stop; a slow call keeps nobody else waiting."""

    def __init__(self, context: Context, channel: Channel, terms: Terms, library: Library | None = None) -> None:
        self.claims = Claims(channel, terms, context.settings.url, library or Library())
        self._in_hand = InHand(context, self.claims)
        self._look = True
        """Something is probably due."""
        self._look_at = 0.0
        """When to look all the same, by the event loop's clock."""
        self._late = set[asyncio.Task[None]]()
        self._hurried = context.settings.laboratory

    @property
    def channel(self) -> str:
        """Name of its channel."""
        return self.claims.channel.name

    @property
    def idle(self) -> bool:
        """Whatever is handed over now is sent at once."""
        return self._in_hand.idle

    def wake(self) -> None:
        """Something is due: look at once."""
        self._look = True
        self._in_hand.changed.set()

    def wake_soon(self) -> None:
        """The same, after a moment in which others go first."""
        self._look_at = min(self._look_at, asyncio.get_running_loop().time() + _POLL)

    def hand_over(self, deliveries: Sequence[Delivery]) -> None:
        """Deliveries that were claimed for this channel in a transaction which is committed; they are sent next."""
        self._in_hand.take_over(deliveries)
        if self._in_hand.closed:  # a batch that was under way when the house stopped
            task = asyncio.create_task(self._give_back(), name=f"notifier/{self.channel}/late")
            self._late.add(task)
            task.add_done_callback(self._late.discard)

    async def __call__(self, stop: asyncio.Event) -> None:
        self._in_hand.closed = False
        while not stop.is_set():
            moved = False
            try:
                moved = await self._turn()
            except DATABASE_ERRORS as error:
                self._report(error)
                self._look = True
                await self._rest()
            if not moved:
                await self._rest()
        await self._close()

    async def _turn(self) -> bool:
        """True when another one may find more to do."""
        in_hand = self._in_hand
        moved = await in_hand.begin()
        moved |= await in_hand.record()
        await in_hand.renew()
        clock = asyncio.get_running_loop().time
        if in_hand.has_room and (self._look or clock() >= self._look_at):
            self._look, self._look_at = False, inf  # who wakes us meanwhile is heard
            found = await in_hand.claim()
            self._look |= found
            self._look_at = min(self._look_at, clock() + (_POLL if found else self._quiet_seconds()))
            moved |= found
        elif moved:
            self.wake_soon()
        return moved

    def _quiet_seconds(self) -> float:
        """A laboratory's clock goes on when it likes, and waits for nobody."""
        return _POLL if self._hurried else max(_POLL, min(_SELDOM, self._in_hand.quiet.total_seconds()))

    async def _rest(self) -> None:
        """Until something changes, or it is time to look whether something became due."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._in_hand.changed.wait(), _POLL)
        self._in_hand.changed.clear()

    async def round(self) -> bool:
        """Everything that is due now, to its end; False when nothing was. What a step of the laboratory does."""
        claimed = await self._in_hand.claim()
        while self._in_hand:
            await self._in_hand.begin()
            if calls := self._in_hand.calls:
                await asyncio.wait(calls)
            if not await self._in_hand.record():
                break
        return claimed

    async def _close(self) -> None:
        """Gives back at once what is only claimed, waits a moment for calls, and records what became of them."""
        self._in_hand.closed = True
        await self._give_back()
        if calls := self._in_hand.calls:
            await asyncio.wait(calls, timeout=_PATIENCE)
        try:
            await self._in_hand.cut_off()
            await self._in_hand.record()
        except DATABASE_ERRORS as error:
            self._report(error)

    async def _give_back(self) -> None:
        try:
            await self._in_hand.give_back()
        except DATABASE_ERRORS as error:
            self._report(error)

    def _report(self, error: BaseException) -> None:
        """What passes by itself is tried again; anything else ends the loop."""
        if not is_transient(error):
            raise error
        _log.warning("deliver", channel=self.channel, error=type(error).__name__)
