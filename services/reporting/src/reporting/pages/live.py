"""One stream of news for all open pages: something changed, fetch again. Ends when the house stops."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from functools import partial

from fastapi.sse import ServerSentEvent


class LiveUpdates:
    """Looks once a second whether an event was read, however many pages are open."""

    def __init__(self, look: Callable[[], Awaitable[int]], every: float = 1.0) -> None:
        """`look` gives a number that grows with every event read; `every` is in seconds."""
        self.look = look
        self.seen: int | None = None
        """The last number looked up; null while nobody listens."""
        self._every = every
        self._changed = asyncio.Condition()
        self._open = 0
        self._stopped = False

    async def run(self, stop: asyncio.Event) -> None:
        """A loop of the service; nobody listening costs nothing."""
        while not stop.is_set():
            if self._open:
                await self._check()
            try:
                await asyncio.wait_for(stop.wait(), self._every)
            except TimeoutError:
                continue
        self._stopped = True
        async with self._changed:
            self._changed.notify_all()

    async def _check(self) -> None:
        number = await self.look()
        if number != self.seen:
            async with self._changed:
                self.seen = number
                self._changed.notify_all()

    async def news(self, shown: int | None = None) -> AsyncGenerator[ServerSentEvent]:
        """An event `news` whenever the views have moved on from what the page shows: it then fetches its panels."""
        self._open += 1
        try:
            yield ServerSentEvent(event="hello", raw_data="live", retry=1000)
            while not self._stopped:
                async with self._changed:
                    await self._changed.wait_for(partial(self._moved_on, shown))
                    shown = self.seen
                if not self._stopped:
                    yield ServerSentEvent(event="news", raw_data=str(shown), id=str(shown))
        finally:
            self._open -= 1

    def _moved_on(self, shown: int | None) -> bool:
        return self._stopped or self.seen not in (None, shown)
