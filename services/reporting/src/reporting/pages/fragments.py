"""What was made for one open page serves all that show the same: kept until the views move on."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Final, TypeVar, cast

from runtime.http.access import CALLER

T = TypeVar("T")
MOST: Final = 400
"""How many are kept; what was used longest ago goes first."""


class FragmentCache:
    """By key what was made last. Who asks while it is being made waits for the same."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._made: dict[Hashable, asyncio.Task[Any]] = {}

    async def get(self, key: Hashable, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The answer for this key, made now if it is not there. Raises what `make` raises, and keeps nothing then.

        The key must name all that the answer depends on: also who may see it (`sight`), and how fresh it is.
        """
        task = self._made.pop(key, None)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = asyncio.create_task(make())
        self._made[key] = task
        while len(self._made) > self._most:
            self._made.pop(next(iter(self._made)))
        return cast("T", await asyncio.shield(task))


def sight() -> str:
    """Whose eyes the request reads with: one word for all who see every lead, the own id for everybody else."""
    caller = CALLER.get()
    user = caller.user if caller else None
    return "all" if user is None or user.sees_all else user.id
