"""Work beside the lanes that goes on by itself until the process is to end: one way to wait, to fail and to stop."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from logging import getLogger
from typing import Final

from runtime.database.fates import is_transient

SHORTEST: Final = 0.2
LONGEST: Final = 30.0
"""Seconds before the next try after the first failure, and at most: each failure in a row doubles them."""
Round = Callable[[], Awaitable[float]]
"""Does what there is to do now; returns the seconds until it is to be called again."""
_log = getLogger(__name__)


async def repeat(step: Round, stop: asyncio.Event, *, name: str, longest: float = LONGEST) -> None:
    """Calls `step` again and again until `stop` is set, which ends any pause at once.

    What will pass by itself (`is_transient`) is logged by `name` with its type, no word of it, and tried again later;
    any other error is raised: the house ends by it, loudly.
    """
    pause_after_failure = SHORTEST
    while not stop.is_set():
        try:
            pause = await step()
            pause_after_failure = SHORTEST
        except Exception as error:
            if not is_transient(error):
                raise
            pause = min(longest, pause_after_failure)
            pause_after_failure = 2 * pause
            _log.warning("%s: %s, again in %.1f s", name, type(error).__name__, pause)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)
