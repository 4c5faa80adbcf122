"""Reads one calendar in a process of its own, which is ended when it takes too long: a feed may say anything.

No list of rules tells which recurrences cost minutes; and a thread that computes one cannot be stopped.
"""

import asyncio
import sys
from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct

from agreement.teams import CalendarFeeds
from ingest.decide.absences import Absence, UnreadableCalendar, absences

SECONDS: Final = 10.0
"""For one calendar, the start of the process included."""


class CalendarTask(Struct, frozen=True):
    """What the process is told."""

    content: bytes
    feeds: str
    """Terms of the agreement, as JSON."""
    zone: str
    now: datetime


class CalendarResult(Struct, frozen=True):
    """What it answers."""

    found: tuple[Absence, ...] = ()
    unreadable: str | None = None


async def read_calendar(
    content: bytes, feeds: CalendarFeeds, zone: str, now: datetime, *, seconds: float = SECONDS
) -> tuple[Absence, ...]:
    """As `absences`. Raises UnreadableCalendar, also for what takes longer than `seconds`."""
    task = msgspec.msgpack.encode(CalendarTask(content, feeds.model_dump_json(), zone, now))
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(seconds):
            answer, _ = await child.communicate(task)
        result = msgspec.msgpack.decode(answer, type=CalendarResult)
    except TimeoutError:
        raise UnreadableCalendar(f"takes longer than {seconds:.0f} seconds to read") from None
    except msgspec.MsgspecError:
        raise UnreadableCalendar("cannot be read: its reader died") from None
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if result.unreadable is not None:
        raise UnreadableCalendar(result.unreadable)
    return result.found


def _main() -> None:
    task = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=CalendarTask)
    feeds = CalendarFeeds.model_validate_json(task.feeds)
    try:
        result = CalendarResult(absences(task.content, feeds, task.zone, task.now))
    except UnreadableCalendar as error:
        result = CalendarResult(unreadable=str(error))
    sys.stdout.buffer.write(msgspec.msgpack.encode(result))


if __name__ == "__main__":
    _main()
