"""Reads one calendar in a process of its own, which is ended when it takes too long: a feed may say anything.

No list of rules tells which recurrences cost minutes; and a thread that computes one cannot be stopped.
"""

import asyncio
import math
import resource
import signal
import sys
import time
from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct

from agreement.teams import CalendarFeeds
from ingest.decide.absences import Absence, UnreadableCalendar, absences

SECONDS: Final = 10
"""Of a processor, for one calendar: a machine that is busy makes no calendar unreadable."""
_PATIENCE: Final = 12
"""So many times as long the process may take by the clock, its start included."""


class CalendarTask(Struct, frozen=True):
    """What the process is told."""

    content: bytes
    feeds: str
    """Terms of the agreement, as JSON."""
    zone: str
    now: datetime
    seconds: int


class CalendarResult(Struct, frozen=True):
    """What it answers."""

    found: tuple[Absence, ...] = ()
    unreadable: str | None = None


async def read_calendar(
    content: bytes, feeds: CalendarFeeds, zone: str, now: datetime, *, seconds: int = SECONDS
) -> tuple[Absence, ...]:
    """As `absences`. Raises UnreadableCalendar, also for what takes more than `seconds` of a processor."""
    task = msgspec.msgpack.encode(CalendarTask(content, feeds.model_dump_json(), zone, now, seconds))
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(_PATIENCE * seconds):
            answer, _ = await child.communicate(task)
        if child.returncode == -signal.SIGXCPU:
            raise TimeoutError
        result = msgspec.msgpack.decode(answer, type=CalendarResult)
    except TimeoutError:
        raise UnreadableCalendar(f"takes longer than {seconds} seconds to read") from None
    except msgspec.MsgspecError:
        raise UnreadableCalendar("cannot be read: its reader died") from None
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if result.unreadable is not None:
        raise UnreadableCalendar(result.unreadable)
    return result.found


def _limit(seconds: int) -> None:
    """From now on so many more of a processor; then SIGXCPU ends this process."""
    until = math.ceil(time.process_time()) + seconds
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (until, until + 1))


def _main() -> None:
    task = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=CalendarTask)
    feeds = CalendarFeeds.model_validate_json(task.feeds)
    _limit(task.seconds)
    try:
        result = CalendarResult(absences(task.content, feeds, task.zone, task.now))
    except UnreadableCalendar as error:
        result = CalendarResult(unreadable=str(error))
    sys.stdout.buffer.write(msgspec.msgpack.encode(result))


if __name__ == "__main__":
    _main()
