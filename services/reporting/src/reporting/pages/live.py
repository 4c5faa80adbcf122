"""One stream of news for all open pages: something changed, ask again. Ends when the house stops."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

from fastapi.sse import ServerSentEvent


class Pulse:
    """Looks once a second whether anything was read, however many pages are open."""

    def __init__(self, look: Callable[[], Awaitable[int]], every: float = 1.0) -> None:
        self._look = look
        self._every = every
        self._number: int | None = None
        self._changed = asyncio.Condition()
        self._open = 0
        self._stopped = False

    async def run(self, stop: asyncio.Event) -> None:
        """A loop of the service; nobody listening costs nothing."""
        while not stop.is_set():
            if self._open:
                await self._beat()
            try:
                await asyncio.wait_for(stop.wait(), self._every)
            except TimeoutError:
                continue
        self._stopped = True
        async with self._changed:
            self._changed.notify_all()

    async def _beat(self) -> None:
        number = await self._look()
        if number != self._number:
            async with self._changed:
                self._number = number
                self._changed.notify_all()

    async def news(self) -> AsyncIterator[ServerSentEvent]:
        """A named event whenever the views have moved on: pages then ask for their own panels again."""
        self._open += 1
        seen = self._number
        try:
            yield ServerSentEvent(event="hello", raw_data="live", retry=1000)
            while not self._stopped:
                async with self._changed:
                    await self._changed.wait_for(partial(self._moved_on, seen))
                    first, seen = seen is None, self._number
                if not self._stopped and not first:
                    yield ServerSentEvent(event="news", raw_data=str(seen), id=str(seen))
        finally:
            self._open -= 1

    def _moved_on(self, seen: int | None) -> bool:
        return self._stopped or self._number != seen
