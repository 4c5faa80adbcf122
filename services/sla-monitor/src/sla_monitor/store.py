"""All SQL of sla-monitor. Arrays in, one statement a table, whatever the size of the batch."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Final

import msgspec
import orjson

from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.database.upsert import JSON, Upsert
from sla_monitor.decide import Outcome
from sla_monitor.decide.state import Clock, Lead, MonthKey, MonthTally, Mql, SalesTouch

_CLOCK: Final = msgspec.json.Decoder(Clock)
_ENCODER: Final = msgspec.json.Encoder()

_CLOCKS = statement("""
    SELECT record::text AS record FROM clock WHERE lead = ANY(CAST(:leads AS text[])) ORDER BY id FOR UPDATE
""")
_SAVE_CLOCKS = Upsert("clock", ["id"], {"id": "text", "lead": "text", "record": JSON})
_TOUCHES = statement(
    "SELECT lead, at, kind, event, by, about FROM touch WHERE lead = ANY(CAST(:leads AS text[])) ORDER BY event"
)
_SAVE_TOUCHES = Upsert(
    "touch",
    ["event"],
    {
        **{"event": "text", "lead": "text", "at": "timestamptz"},
        **dict.fromkeys(("kind", "by", "about"), "text"),
    },
)
_MQLS = statement("""
    SELECT lead, cycle, at, month, complete, converted, withdrawn FROM mql WHERE lead = ANY(CAST(:leads AS text[]))
    ORDER BY lead, cycle FOR UPDATE
""")
_SAVE_MQLS = Upsert(
    "mql",
    ["lead", "cycle"],
    {
        "lead": "text",
        "cycle": "int",
        "at": "timestamptz",
        "month": "date",
        **dict.fromkeys(("complete", "converted", "withdrawn"), "boolean"),
    },
)
_ADD = statement("""
    INSERT INTO tally AS t (counter, period, lane, n, live)
    SELECT counter, period, :lane, n, live
    FROM unnest(CAST(:counters AS text[]), CAST(:periods AS date[]), CAST(:ns AS int[]), CAST(:lives AS boolean[]))
        AS added(counter, period, n, live)
    ORDER BY period, counter
    ON CONFLICT (period, counter, lane) DO UPDATE SET n = t.n + excluded.n, live = t.live OR excluded.live
""")
_SUMS = statement("""
    SELECT counter, period, sum(n)::int AS n, coalesce(bool_or(live) FILTER (WHERE lane = :lane), false) AS live
    FROM tally WHERE period = ANY(CAST(:periods AS date[]))
    GROUP BY counter, period
""")


async def lock_leads(tx: Connection, leads: Sequence[str], *, touches_of: Sequence[str]) -> dict[str, Lead]:
    """What is known of these leads: their clocks, and of some also the touches remembered for clocks to come."""
    clocks: defaultdict[str, dict[str, Clock]] = defaultdict(dict)
    touches: defaultdict[str, list[SalesTouch]] = defaultdict(list)
    for record in (await tx.execute(_CLOCKS, {"leads": leads})).scalars():
        clock = _CLOCK.decode(record)
        clocks[clock.lead][clock.id] = clock
    if touches_of:
        for lead, *fields in (await tx.execute(_TOUCHES, {"leads": touches_of})).all():
            touches[lead].append(SalesTouch(*fields))
    return {lead: Lead(clocks[lead], tuple(touches[lead])) for lead in clocks.keys() | touches.keys()}


async def lock_mqls(tx: Connection, leads: Sequence[str]) -> dict[tuple[str, int], Mql]:
    """The MQLs of these leads by lead and cycle."""
    if not leads:
        return {}
    rows = (await tx.execute(_MQLS, {"leads": leads})).all()
    return {(row.lead, row.cycle): Mql(*row) for row in rows}


async def load_sums(
    tx: Connection, lane: int, periods: Collection[date]
) -> tuple[dict[MonthKey, int], frozenset[MonthKey]]:
    """Counts of these periods over all lanes, and which of them this lane has counted something live in."""
    if not periods:
        return {}, frozenset()
    rows = (await tx.execute(_SUMS, {"lane": lane, "periods": sorted(periods)})).all()
    sums = {(row.counter, row.period): row.n for row in rows}
    return sums, frozenset((row.counter, row.period) for row in rows if row.live)


async def save(tx: Connection, lane: int, outcome: Outcome) -> None:
    """All that changed but the timers."""
    await _SAVE_CLOCKS(tx, [(clock.id, clock.lead, _json(clock)) for clock in outcome.clocks.values()])
    touches = [(lead, touch) for lead, new in outcome.touches.items() for touch in new]
    await _SAVE_TOUCHES(tx, [(one.event, lead, one.at, one.kind, one.by, one.about) for lead, one in touches])
    mqls = outcome.mqls.values()
    await _SAVE_MQLS(tx, [(m.lead, m.cycle, m.at, m.month, m.complete, m.converted, m.withdrawn) for m in mqls])
    await _add(tx, lane, outcome.tallies)


def _json(clock: Clock) -> orjson.Fragment:
    return orjson.Fragment(_ENCODER.encode(clock))


async def _add(tx: Connection, lane: int, tallies: Mapping[MonthKey, MonthTally]) -> None:
    """A row for each lane: they never wait for each other."""
    if not tallies:
        return
    added = {
        "lane": lane,
        "counters": [counter for counter, _ in tallies],
        "periods": [period for _, period in tallies],
        "ns": [tally.n for tally in tallies.values()],
        "lives": [tally.live for tally in tallies.values()],
    }
    await tx.execute(_ADD, added)
