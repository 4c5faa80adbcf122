"""How far the views are, and what moved since somebody looked."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from runtime.database.connection import Connection
from runtime.database.statement import statement

LanePositions = Mapping[tuple[str, int], tuple[int, int]]
"""By topic and partition: the generation of the stream, and the last number read."""
MOST_EVENTS: Final = 500
"""More than these at once, and nobody asks what they were about."""

_EVENTS_READ = statement("SELECT coalesce(sum(last_seq), 0) FROM lane_input")
_POSITIONS = statement("SELECT topic, p, generation, last_seq FROM lane_input")
_LEADS = statement("SELECT DISTINCT lead FROM story WHERE event = ANY (CAST(:events AS text[]))")
_REPS = statement("""
    SELECT rep FROM assignment WHERE lead = ANY (CAST(:leads AS text[]))
    UNION SELECT unnest(ARRAY[owner, task_rep, manager]) FROM place WHERE lead = ANY (CAST(:leads AS text[]))
""")

_LAST = statement("SELECT max(recorded_at) FROM story WHERE event = ANY (CAST(:events AS text[]))")


async def freshness(tx: Connection) -> int:
    """Grows with every event read: when it stands still, so do all views."""
    return int((await tx.execute(_EVENTS_READ)).scalar_one())


async def positions(tx: Connection) -> LanePositions:
    """Where every lane stands; the sum of their numbers is the freshness."""
    return {(row.topic, row.p): (row.generation, row.last_seq) for row in await tx.execute(_POSITIONS)}


async def last_event(tx: Connection) -> datetime | None:
    """When the last event was recorded that the views have read; null before the first."""
    events = [
        f"{topic}/{p}/{seq}{_again(generation)}" for (topic, p), (generation, seq) in (await positions(tx)).items()
    ]
    instant: datetime | None = (await tx.execute(_LAST, {"events": events})).scalar_one()
    return instant


async def people_between(tx: Connection, before: LanePositions, after: LanePositions) -> tuple[set[str], set[str]]:
    """Leads that the events read between these positions are about, and the reps who had, have or must decide them.

    Raises TooMuchMoved.
    """
    events = _events_between(before, after)
    leads = set((await tx.execute(_LEADS, {"events": events})).scalars()) if events else set()
    if not leads:
        return set(), set()
    return leads, {rep for rep in (await tx.execute(_REPS, {"leads": sorted(leads)})).scalars() if rep}


class TooMuchMoved(Exception):
    """So many events, or a new generation of a stream: whatever is looked at may have changed."""


def _events_between(before: LanePositions, after: LanePositions) -> list[str]:
    """Ids as their writers drew them (runtime/emit/stream_writer.py)."""
    events: list[str] = []
    for (topic, p), (generation, last) in after.items():
        was = before.get((topic, p), (generation, 0))
        if was[0] != generation or last - was[1] > MOST_EVENTS - len(events):
            raise TooMuchMoved
        events += [f"{topic}/{p}/{number}{_again(generation)}" for number in range(was[1] + 1, last + 1)]
    return events


def _again(generation: int) -> str:
    return f"@{generation}" if generation > 1 else ""
