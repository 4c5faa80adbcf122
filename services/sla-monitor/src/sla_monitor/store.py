"""All SQL of sla-monitor. Rows travel as one JSON array per statement, whatever the size of the batch."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Final

from pydantic import TypeAdapter
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_monitor.decide.clock import Clock, Milestone
from sla_monitor.decide.fold import Lead, Touch
from sla_monitor.decide.tally import Mql, Period, Tally

CLOCKS: Final = TypeAdapter(list[Clock])
TOUCHES: Final = TypeAdapter(list[tuple[str, Touch]])
MQLS: Final = TypeAdapter(list[Mql])

_CLOCKS = text("SELECT * FROM clock WHERE lead = ANY(CAST(:leads AS text[])) ORDER BY id FOR UPDATE")
_CLOCKS_BY_ID = text("SELECT * FROM clock WHERE id = ANY(CAST(:ids AS text[])) ORDER BY id FOR UPDATE")
_SAVE_CLOCKS = text("""
    INSERT INTO clock SELECT * FROM jsonb_populate_recordset(NULL::clock, CAST(:rows AS jsonb)) ORDER BY id
    ON CONFLICT (id) DO UPDATE SET
        state = excluded.state, said = excluded.said,
        stamp = excluded.stamp, act = excluded.act, ended = excluded.ended, ending = excluded.ending,
        stopped = excluded.stopped, cause = excluded.cause, charged = excluded.charged
""")
_TOUCHES = text("SELECT lead, at, kind, event, by FROM touch WHERE lead = ANY(CAST(:leads AS text[])) ORDER BY event")
_SAVE_TOUCHES = text("""
    INSERT INTO touch (lead, at, kind, event, by)
    SELECT pair ->> 0, t.at, t.kind, t.event, t.by
    FROM jsonb_array_elements(CAST(:rows AS jsonb)) AS pair, jsonb_populate_record(NULL::touch, pair -> 1) AS t
""")
_MQLS = text("SELECT * FROM mql WHERE lead = ANY(CAST(:leads AS text[])) ORDER BY lead, cycle FOR UPDATE")
_SAVE_MQLS = text("""
    INSERT INTO mql SELECT * FROM jsonb_populate_recordset(NULL::mql, CAST(:rows AS jsonb)) ORDER BY lead, cycle
    ON CONFLICT (lead, cycle) DO UPDATE SET converted = excluded.converted, withdrawn = excluded.withdrawn
""")
_ADD = text("""
    INSERT INTO tally AS t (counter, period, lane, n, live)
    SELECT counter, period, :lane, n, live
    FROM unnest(CAST(:counters AS text[]), CAST(:periods AS date[]), CAST(:ns AS int[]), CAST(:lives AS boolean[]))
        AS added(counter, period, n, live)
    ORDER BY period, counter
    ON CONFLICT (period, counter, lane) DO UPDATE SET n = t.n + excluded.n, live = t.live OR excluded.live
    RETURNING counter, period, new.live AND NOT coalesce(old.live, false) AS fresh
""")
_SUMS = text("""
    SELECT counter, period, sum(n)::int AS n FROM tally WHERE period = ANY(CAST(:periods AS date[]))
    GROUP BY counter, period
""")


async def lock_leads(tx: AsyncConnection, leads: Sequence[str]) -> dict[str, Lead]:
    """What is known of these leads: their clocks, and the touches kept for clocks to come."""
    clocks: defaultdict[str, dict[str, Clock]] = defaultdict(dict)
    touches: defaultdict[str, list[Touch]] = defaultdict(list)
    for row in (await tx.execute(_CLOCKS, {"leads": leads})).mappings():
        clock = _clock(row)
        clocks[clock.lead][clock.id] = clock
    for kept in (await tx.execute(_TOUCHES, {"leads": leads})).all():
        touches[kept.lead].append(Touch(kept.at, kept.kind, kept.event, kept.by))
    return {lead: Lead(clocks[lead], tuple(touches[lead])) for lead in clocks.keys() | touches.keys()}


async def lock_clocks(tx: AsyncConnection, ids: Collection[str]) -> dict[str, Lead]:
    """Only these clocks: what a timer needs."""
    clocks: defaultdict[str, dict[str, Clock]] = defaultdict(dict)
    for row in (await tx.execute(_CLOCKS_BY_ID, {"ids": sorted(ids)})).mappings():
        clock = _clock(row)
        clocks[clock.lead][clock.id] = clock
    return {lead: Lead(found) for lead, found in clocks.items()}


def _clock(row: RowMapping) -> Clock:
    """Taken apart by hand: validating what we wrote ourselves costs more than deciding on it."""
    fields = dict(row)
    fields["milestones"] = tuple(
        Milestone(stone["percent"], datetime.fromisoformat(stone["at"]), stone["action"]) for stone in row["milestones"]
    )
    fields["pauses"] = tuple(
        (datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in row["pauses"]
    )
    return Clock(**fields)


async def save_clocks(tx: AsyncConnection, clocks: Collection[Clock]) -> None:
    if clocks:
        await tx.execute(_SAVE_CLOCKS, {"rows": CLOCKS.dump_json(list(clocks)).decode()})


async def save_touches(tx: AsyncConnection, touches: Mapping[str, Sequence[Touch]]) -> None:
    rows = [(lead, touch) for lead, found in touches.items() for touch in found]
    if rows:
        await tx.execute(_SAVE_TOUCHES, {"rows": TOUCHES.dump_json(rows).decode()})


async def lock_mqls(tx: AsyncConnection, leads: Sequence[str]) -> dict[tuple[str, int], Mql]:
    rows = (await tx.execute(_MQLS, {"leads": leads})).mappings()
    return {(row["lead"], row["cycle"]): Mql(**row) for row in rows}


async def save_mqls(tx: AsyncConnection, mqls: Collection[Mql]) -> None:
    if mqls:
        await tx.execute(_SAVE_MQLS, {"rows": MQLS.dump_json(list(mqls)).decode()})


async def add_tallies(tx: AsyncConnection, lane: int, tallies: Mapping[Period, Tally]) -> set[Period]:
    """A row for each lane: they never wait for each other. Returns what this lane counts live for the first time."""
    if not tallies:
        return set()
    added = {
        "lane": lane,
        "counters": [counter for counter, _ in tallies],
        "periods": [period for _, period in tallies],
        "ns": [tally.n for tally in tallies.values()],
        "lives": [tally.live for tally in tallies.values()],
    }
    rows = (await tx.execute(_ADD, added)).all()
    return {(row.counter, row.period) for row in rows if row.fresh}


async def sums(tx: AsyncConnection, periods: Collection[date]) -> dict[Period, int]:
    """Over all lanes."""
    rows = (await tx.execute(_SUMS, {"periods": sorted(periods)})).all()
    return {(row.counter, row.period): row.n for row in rows}
