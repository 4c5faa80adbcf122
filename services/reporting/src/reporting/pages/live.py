"""One stream of news for all open pages: something changed, ask again. Ends when the house stops."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from functools import partial

from fastapi.sse import ServerSentEvent


class Pulse:
    """Looks once a second whether anything was read, however many pages are open."""

    def __init__(self, look: Callable[[], Awaitable[int]], every: float = 1.0) -> None:
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
                await self._beat()
            try:
                await asyncio.wait_for(stop.wait(), self._every)
            except TimeoutError:
                continue
        self._stopped = True
        async with self._changed:
            self._changed.notify_all()

    async def _beat(self) -> None:
        number = await self.look()
        if number != self.seen:
            async with self._changed:
                self.seen = number
                self._changed.notify_all()

    async def news(self, told: int | None = None) -> AsyncGenerator[ServerSentEvent]:
        """A named event whenever the views have moved on from what the page was told: it then asks for its panels."""
        self._open += 1
        try:
            yield ServerSentEvent(event="hello", raw_data="live", retry=1000)
            while not self._stopped:
                async with self._changed:
                    await self._changed.wait_for(partial(self._moved_on, told))
                    told = self.seen
                if not self._stopped:
                    yield ServerSentEvent(event="news", raw_data=str(told), id=str(told))
        finally:
            self._open -= 1

    def _moved_on(self, told: int | None) -> bool:
        return self._stopped or self.seen not in (None, told)
