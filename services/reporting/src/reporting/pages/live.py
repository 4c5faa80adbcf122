"""One stream of news for all open pages: what they are about has changed, fetch again. Ends when the house stops."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import Final

from fastapi.sse import ServerSentEvent

from reporting.store.freshness import LanePositions, TooMuchMoved, people_between, positions
from runtime.database.connect import Database
from runtime.database.connection import Connection
from runtime.process.background import repeat

Subjects = frozenset[str]
"""What news is about: `numbers` (any of it), `inbox:{rep}`, `lead:{id}`."""
NUMBERS: Final = "numbers"
_KEPT: Final = 300
"""Ticks that are remembered, for a page that was away for a while."""
_LONGEST: Final = 5.0
"""Seconds at most until it looks again for a database that was away: somebody waits for the page to move."""


@dataclass(frozen=True, slots=True)
class NewsTick:
    """From one number of the views to the next, and what that was about; null: it may be anything."""

    before: int
    number: int
    subjects: Subjects | None


class SubjectReader:
    """Says what the events were about that the views have read since it was asked last."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._positions: LanePositions | None = None

    async def __call__(self) -> tuple[int, Subjects | None]:
        """The number of the views, and the subjects; null at first, and after too much at once."""
        async with self._database.begin() as tx:
            now = await positions(tx)
            subjects = await _between(tx, self._positions, now)
        self._positions = now  # not before: what a failure hid is asked for again
        return sum(last for _, last in now.values()), subjects


async def _between(tx: Connection, before: LanePositions | None, now: LanePositions) -> Subjects | None:
    if before is None:
        return None
    try:
        leads, reps = await people_between(tx, before, now)
    except TooMuchMoved:
        return None
    return frozenset({NUMBERS, *(f"lead:{one}" for one in leads), *(f"inbox:{one}" for one in reps)})


class LiveUpdates:
    """Looks once a second whether an event was read, however many pages are open."""

    def __init__(
        self,
        look: Callable[[], Awaitable[int]],
        read: Callable[[], Awaitable[tuple[int, Subjects | None]]] | None = None,
        every: float = 1.0,
    ) -> None:
        """`look` gives a number that grows with every event read; `read` also what has changed since it was called
        last (without it, anything may have); `every` is in seconds.
        """
        self.look = look
        self.seen: int | None = None
        """The last number looked up; null while nobody listens."""
        self._read = read or self._anything
        self._every = every
        self._ticks: deque[NewsTick] = deque(maxlen=_KEPT)
        self._changed = asyncio.Condition()
        self._open = 0
        self._stopped = False

    async def _anything(self) -> tuple[int, Subjects | None]:
        return await self.look(), None

    async def run(self, stop: asyncio.Event) -> None:
        """A loop of the service; nobody listening costs nothing."""
        await repeat(self._step, stop, name="live updates", longest=_LONGEST)
        self._stopped = True
        async with self._changed:
            self._changed.notify_all()

    async def _step(self) -> float:
        if self._open:
            await self._check()
        return self._every

    async def _check(self) -> None:
        if self.seen is not None and await self.look() == self.seen:
            return
        number, subjects = await self._read()
        if number != self.seen:
            async with self._changed:
                self._ticks.append(NewsTick(-1 if self.seen is None else self.seen, number, subjects))
                self.seen = number
                self._changed.notify_all()

    async def news(
        self, shown: int | None = None, subjects: Collection[str] = (NUMBERS,)
    ) -> AsyncGenerator[ServerSentEvent]:
        """An event for each of these subjects that the views have moved on in from what the page shows, and then an
        event `news`: the page fetches itself again.
        """
        self._open += 1
        try:
            yield ServerSentEvent(event="hello", raw_data="live", retry=1000)
            while not self._stopped:
                async with self._changed:
                    await self._changed.wait_for(partial(self._moved_on, shown))
                    touched, shown = self._since(shown), self.seen
                mine = sorted(set(subjects) if touched is None else touched.intersection(subjects))
                for name in () if self._stopped else [*mine, *(["news"] if mine else [])]:
                    yield ServerSentEvent(event=name, raw_data=str(shown), id=str(shown))
        finally:
            self._open -= 1

    def _moved_on(self, shown: int | None) -> bool:
        return self._stopped or self.seen not in (None, shown)

    def _since(self, shown: int | None) -> Subjects | None:
        """What moved after this number; null: anything, as after a number that no tick is known of."""
        later = [tick for tick in self._ticks if shown is not None and tick.before >= shown]
        if not later or later[0].before != shown:
            return None
        if any(tick.subjects is None for tick in later):
            return None
        return frozenset[str]().union(*(tick.subjects or () for tick in later))
