"""Works a driven assembly to rest: services one after the other, so that each reads at once what all before it said."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta
from time import monotonic
from typing import Final

from events.topics import FLOW
from runtime.errors import Refused
from runtime.lanes.lane_status import LanesSeen, WaitingLane
from runtime.process.reloading import ReloadingAssembly

PATIENCE: Final = 120.0
"""Seconds of real time after which a lane that does not come to rest is an error."""
PAUSE: Final = 0.003
"""Seconds between two looks at what does not move."""
VIEWS: Final = FLOW[-1]
"""The service that only reads: what it has not read yet changes no decision."""
_BEHIND: Final = timedelta(days=1)
"""The views stay behind for no longer: they know what is due by the days that are over."""


class NotIdle(Refused):
    """After two minutes there is still work; see /operations for stopped lanes and dead letters."""

    status = 503


class Driver:
    """Of one laboratory in which nothing works by itself."""

    def __init__(self, assembly: ReloadingAssembly, look: Callable[[], Awaitable[LanesSeen]]) -> None:
        """`look` asks the database."""
        self._assembly = assembly
        self._look = look
        self._seen = LanesSeen({}, {})
        self._patience = 0.0
        """Until when it goes on, by `monotonic`."""
        self._read_at: datetime | None = None
        """When the views had read all there was."""
        self._calm = False
        """The outward loops had nothing to do, and nothing was worked since."""

    async def settle(self, now: datetime) -> None:
        """Until nothing is unread or due, but for the views, which may stay a day behind. Raises NotIdle."""
        self._patience = monotonic() + PATIENCE
        self._calm = False
        if self._read_at is None or now - self._read_at >= _BEHIND:
            await self._read_views(now)
        while await self._round(now):
            pass

    async def show(self, now: datetime) -> None:
        """After `settle`: all that people look at is as it should be, also what `catch_up` left. Raises NotIdle."""
        await self._assembly.catch_up_views()
        await self.settle(now)
        await self._read_views(now)

    async def _read_views(self, now: datetime) -> None:
        while lanes := self._lanes(VIEWS, self._seen, now):
            await self._work(lanes, now)
        self._read_at = now

    async def _round(self, now: datetime) -> bool:
        """The services, as far as memory knows what is unread, and then the outward loops. False at rest."""
        self._go_on()
        seen = self._seen = await self._look()
        worked = False
        while await self._services(seen, now):
            worked, seen = True, seen._replace(dues={})
        if self._calm and not worked:
            return False
        self._calm = not _is_due(await self._assembly.waiting(), now)
        if not self._calm:
            if not await self._assembly.catch_up():  # it waits for what the views have not read, or for a hold to end
                await self._read_views(now)
                await asyncio.sleep(PAUSE)
            return True
        return worked

    async def _services(self, seen: LanesSeen, now: datetime) -> bool:
        """Each service but the views once, in the order in which facts flow; False when none had work."""
        worked = False
        for service in FLOW:
            if service != VIEWS and (lanes := self._lanes(service, seen, now)):
                await self._work(lanes, now)
                worked = True
        return worked

    def _lanes(self, service: str, seen: LanesSeen, now: datetime) -> Collection[WaitingLane]:
        """Those with due timers, and those that are behind: also of what a service before it has just said."""
        dues = {p: due for p, due in seen.dues.get(service, {}).items() if due <= now}
        behind = self._assembly.unread(service, seen.heads)
        return [WaitingLane(service, p, p in behind, False, dues.get(p)) for p in sorted({*behind, *dues})]

    async def _work(self, lanes: Collection[WaitingLane], now: datetime) -> None:
        self._go_on()
        visits = self._assembly.visits
        await self._assembly.call(list(lanes), now)
        await self._assembly.rested()
        if self._assembly.visits == visits:  # they rest after a failure
            await asyncio.sleep(PAUSE)

    def _go_on(self) -> None:
        if monotonic() > self._patience:
            raise NotIdle


def _is_due(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment <= now
