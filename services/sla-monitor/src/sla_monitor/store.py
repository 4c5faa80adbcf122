"""All SQL of sla-monitor. Arrays in; one statement loads, one saves, whatever the size of the batch."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Final

import msgspec
import orjson

from agreement.leave import RepWord
from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.database.upsert import JSON, Upsert
from runtime.values import Parts
from sla_monitor.decide import Outcome
from sla_monitor.decide.state import Clock, Lead, MonthKey, MonthTally, Mql, SalesTouch

_CLOCK: Final = msgspec.json.Decoder(Clock)
_WORDS: Final = msgspec.json.Decoder(tuple[RepWord, ...])
_ENCODER: Final = msgspec.json.Encoder()

_LOAD = statement("""
    SELECT 'clock' AS what, lead, id AS key, record::text AS record, NULL::timestamptz AS at, NULL AS kind, NULL AS by,
           NULL AS about, NULL AS outcome, NULL::int AS cycle, NULL::date AS month, NULL::bool AS complete,
           NULL::bool AS converted, NULL::bool AS withdrawn
    FROM clock WHERE lead = ANY(CAST(:leads AS text[]))
    UNION ALL
    SELECT 'touch', lead, event, NULL, at, kind, by, about, outcome, NULL, NULL, NULL, NULL, NULL
    FROM touch WHERE lead = ANY(CAST(:touched AS text[]))
    UNION ALL
    SELECT 'mql', lead, NULL, NULL, at, NULL, NULL, NULL, NULL, cycle, month, complete, converted, withdrawn
    FROM mql WHERE lead = ANY(CAST(:staged AS text[]))
    UNION ALL
    SELECT 'words', NULL, rep, words::text, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
    FROM leave WHERE rep = ANY(CAST(:reps AS text[])) OR rep IN (
        SELECT record ->> 'holder' FROM clock WHERE lead = ANY(CAST(:leads AS text[]))
        UNION ALL
        SELECT hand ->> 'rep' FROM clock, jsonb_array_elements(record -> 'hands') AS hand
        WHERE lead = ANY(CAST(:leads AS text[])))
    ORDER BY what, key
""")
_MAKE_LEAVE = statement(
    "INSERT INTO leave (rep, words) SELECT rep, '[]' FROM unnest(CAST(:reps AS text[])) AS given(rep)"
    " ON CONFLICT DO NOTHING"
)
_LOCK_LEAVE = statement("SELECT rep FROM leave WHERE rep = ANY(CAST(:reps AS text[])) ORDER BY rep FOR UPDATE")
_SHARE_LEAVE = statement("""
    SELECT rep FROM leave WHERE rep IN (SELECT away FROM clock WHERE id = ANY(CAST(:clocks AS text[])))
    ORDER BY rep FOR SHARE
""")
_WAITING = statement(
    "SELECT away, lead, id FROM clock WHERE away IS NOT NULL AND away = ANY(CAST(:reps AS text[])) ORDER BY id"
)
_SAVE_WORDS = Upsert("leave", ["rep"], {"rep": "text", "words": JSON})
_SAVE_CLOCKS = Upsert("clock", ["id"], {"id": "text", "lead": "text", "record": JSON, "away": "text"})
_SAVE_TOUCHES = Upsert(
    "touch",
    ["event"],
    {
        **{"event": "text", "lead": "text", "at": "timestamptz"},
        **dict.fromkeys(("kind", "by", "about", "outcome"), "text"),
    },
)
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
_ADD: Final = """
    INSERT INTO tally AS t (counter, period, lane, n, live)
    SELECT counter, period, :tally_lane, n, live
    FROM unnest(CAST(:tally_counters AS text[]), CAST(:tally_periods AS date[]), CAST(:tally_ns AS int[]),
                CAST(:tally_lives AS boolean[]))
        AS added(counter, period, n, live)
    ORDER BY period, counter
    ON CONFLICT (period, counter, lane) DO UPDATE SET n = t.n + excluded.n, live = t.live OR excluded.live
"""
_SUMS = statement("""
    SELECT counter, period, sum(n)::int AS n, coalesce(bool_or(live) FILTER (WHERE lane = :lane), false) AS live
    FROM tally WHERE period = ANY(CAST(:periods AS date[]))
    GROUP BY counter, period
""")


async def lock_leave(tx: Connection, reps: Sequence[str], clocks: Sequence[str]) -> None:
    """Before anything is read: of reps of whom something is said, and (shared) of those behind whose leave clocks wait.

    So either the word of a rep is read by the clock that looks again, or whoever brings it knows of the clock.
    """
    if reps:
        await tx.execute(_MAKE_LEAVE, {"reps": reps})
        await tx.execute(_LOCK_LEAVE, {"reps": reps})
    if clocks:
        await tx.execute(_SHARE_LEAVE, {"clocks": clocks})


async def load_leads(
    tx: Connection,
    leads: Sequence[str],
    *,
    touches_of: Sequence[str],
    mqls_of: Sequence[str],
    reps: Sequence[str] = (),
) -> tuple[dict[str, Lead], dict[tuple[str, int], Mql], dict[str, tuple[RepWord, ...]]]:
    """What is known of these leads: their clocks, and of some also the touches remembered for clocks to come.

    Of some their MQLs, by lead and cycle. And what was said of the leave of these reps, and of all who hold the clocks
    or have had the lead: looked for in the clocks only while something is known of anybody.
    """
    clocks: defaultdict[str, dict[str, Clock]] = defaultdict(dict)
    touches: defaultdict[str, list[SalesTouch]] = defaultdict(list)
    mqls: dict[tuple[str, int], Mql] = {}
    words: dict[str, tuple[RepWord, ...]] = {}
    given = {"leads": leads, "touched": touches_of, "staged": mqls_of, "reps": reps}
    for row in await tx.execute(_LOAD, given) if leads or reps else ():
        if row.what == "clock":
            clocks[row.lead][row.key] = _CLOCK.decode(row.record)
        elif row.what == "touch":
            touches[row.lead].append(SalesTouch(row.at, row.kind, row.key, row.by, row.about, row.outcome))
        elif row.what == "words":
            words[row.key] = _WORDS.decode(row.record)
        else:
            mqls[row.lead, row.cycle] = Mql(
                row.lead, row.cycle, row.at, row.month, row.complete, row.converted, row.withdrawn
            )
    found = {lead: Lead(clocks[lead], tuple(touches[lead])) for lead in clocks.keys() | touches.keys()}
    return found, mqls, words


async def load_waiting(tx: Connection, reps: Sequence[str]) -> dict[str, tuple[tuple[str, str], ...]]:
    """Lead and id of the clocks that wait behind leave of these reps, in whatever lane; by rep."""
    waiting: dict[str, tuple[tuple[str, str], ...]] = {}
    for row in await tx.execute(_WAITING, {"reps": reps}) if reps else ():
        waiting[row.away] = (*waiting.get(row.away, ()), (row.lead, row.id))
    return waiting


async def load_sums(
    tx: Connection, lane: int, periods: Collection[date]
) -> tuple[dict[MonthKey, int], frozenset[MonthKey]]:
    """Counts of these periods over all lanes, and which of them this lane has counted something live in."""
    if not periods:
        return {}, frozenset()
    rows = (await tx.execute(_SUMS, {"lane": lane, "periods": sorted(periods)})).all()
    sums = {(row.counter, row.period): row.n for row in rows}
    return sums, frozenset((row.counter, row.period) for row in rows if row.live)


def parts(lane: int, outcome: Outcome) -> Parts:
    """What is to be saved of all that changed but the timers."""
    touches = [(lead, touch) for lead, new in outcome.touches.items() for touch in new]
    mqls = outcome.mqls.values()
    saves = _SAVE_CLOCKS.parts(
        [(clock.id, clock.lead, _json(clock), clock.waits_for) for clock in outcome.clocks.values()]
    )
    saves.add(_SAVE_TOUCHES.parts([(t.event, lead, t.at, t.kind, t.by, t.about, t.outcome) for lead, t in touches]))
    saves.add(_SAVE_MQLS.parts([(m.lead, m.cycle, m.at, m.month, m.complete, m.converted, m.withdrawn) for m in mqls]))
    saves.add(_SAVE_WORDS.parts([(rep, _json(outcome.words[rep])) for rep in sorted(outcome.words)]))
    saves.add(_added(lane, outcome.tallies))
    return saves


def _json(value: Clock | tuple[RepWord, ...]) -> orjson.Fragment:
    return orjson.Fragment(_ENCODER.encode(value))


def _added(lane: int, tallies: Mapping[MonthKey, MonthTally]) -> Parts:
    """A row for each lane: they never wait for each other."""
    if not tallies:
        return Parts()
    added: dict[str, object] = {
        "tally_lane": lane,
        "tally_counters": [counter for counter, _ in tallies],
        "tally_periods": [period for _, period in tallies],
        "tally_ns": [tally.n for tally in tallies.values()],
        "tally_lives": [tally.live for tally in tallies.values()],
    }
    return Parts({"tallied": _ADD}, added)
