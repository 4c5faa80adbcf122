"""Waiting for a condition, with a deadline that stretches when the machine is busy: nobody sleeps and hopes."""

import asyncio
import os
import time
import urllib.error
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final, TypeVar

T = TypeVar("T")
PATIENCE: Final = 60.0
"""Seconds that only a hang takes. A limit against hangs is this one; shorter ones fail on slow machines."""
_PAUSE: Final = 0.02
_LONGEST: Final = 8.0
"""However busy the machine is, a deadline grows to so many times its length at most."""


class Deadline:
    """So many seconds of a calm machine: a second counts less while others compute, and when our turn comes late."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds
        self._seen = time.monotonic()

    def passed(self) -> bool:
        """Call it once a pause: it takes what has passed since the last call off the time that is left."""
        now = time.monotonic()
        elapsed, self._seen = now - self._seen, now
        self._left -= elapsed / stretch(elapsed)
        return self._left <= 0


def stretch(elapsed: float = _PAUSE) -> float:
    """How much slower than calm the machine is: processes that want a core per core, or how late a pause ended."""
    waiting = os.getloadavg()[0] / (os.cpu_count() or 1)
    return min(_LONGEST, max(1.0, waiting, elapsed / _PAUSE / 4))


async def eventually(condition: Callable[[], Awaitable[T]], *, within: float = PATIENCE, what: str = "") -> T:
    """The first true answer of the condition. Raises TimeoutError when there is none in time."""
    deadline = Deadline(within)
    while not (answer := await condition()):
        if deadline.passed():
            raise TimeoutError(f"not within {within:g} s: {what or condition}")
        await asyncio.sleep(_PAUSE)
    return answer


def until(condition: Callable[[], bool], seconds: float = PATIENCE, tell: Callable[[], object] = lambda: "") -> None:
    """The same outside any event loop; `tell` says more when it fails. A 404 that the condition meets means not yet:
    what it asks for is on its way. Raises TimeoutError, and any other error of the condition."""
    deadline = Deadline(seconds)
    while not _found(condition):
        if deadline.passed():
            raise TimeoutError(f"still not so after {seconds:g} s: {tell()}")
        time.sleep(_PAUSE)


def _found(condition: Callable[[], bool]) -> bool:
    try:
        return condition()
    except urllib.error.HTTPError as error:
        if error.code != HTTPStatus.NOT_FOUND:
            raise
        return False
