"""How long a lane waits after news for more of it: one visit then works what would have taken several."""

import asyncio
from collections.abc import Callable, Mapping


class Linger:
    """Wakes lanes: `seconds` after news of a topic it names, at once after news of any other."""

    def __init__(self, seconds: Mapping[str, float], wake: Callable[[int], None]) -> None:
        self.seconds = seconds
        self._wake = wake
        self.lanes = dict[int, asyncio.TimerHandle]()
        """That wait, and what ends it."""

    def news(self, p: int, topic: str) -> None:
        """There is something on a topic of this lane. The earliest end counts: more news never makes it wait longer."""
        loop = asyncio.get_running_loop()
        seconds = self.seconds.get(topic, 0.0)
        until = loop.time() + seconds
        running = self.lanes.get(p)
        if not seconds:
            self.end(p)
        elif running is None or until < running.when():
            if running is not None:
                running.cancel()
            self.lanes[p] = loop.call_at(until, self.end, p)

    def end(self, p: int) -> None:
        """Wakes the lane now, whether it waits or not."""
        if (running := self.lanes.pop(p, None)) is not None:
            running.cancel()
        self._wake(p)
