"""The funnel of what was entered in a time: one row for each lead that moved in it, counted from its journey.

First cycles stand in the journeys; the few leads that entered a stage in a later cycle are looked up in the entries.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from events.vocabulary import FUNNEL_STAGES
from reporting.store.conditions import SAME
from reporting.store.journeys import STAGES
from runtime.database.statement import Statement, statement

_LISTED: Final = f"ARRAY{list(STAGES)}"
_PLACE: Final = f"array_position({_LISTED}, {{}}.stage)"
_LATER: Final = f"""
    SELECT r.lead,
           array_agg(DISTINCT r.stage) FILTER (WHERE NOT r.re_engaged) AS stages,
           array_agg(DISTINCT r.stage) FILTER (WHERE NOT r.re_engaged AND r.implied) AS implied,
           array_agg(DISTINCT r.stage) FILTER (WHERE r.re_engaged) AS again
    FROM entry r
    WHERE r.cycle <> 1 AND NOT r.withdrawn AND r.stage = ANY ({_LISTED}) AND r.entered_at >= :start
          AND r.entered_at < :end
    GROUP BY r.lead
"""  # noqa: S608
"""By lead, what it entered in a later cycle; of which `again` is not counted."""
_LATER_STEPS: Final = f"""
    SELECT r.lead, r.stage, extract(epoch FROM r.entered_at - b.entered_at)::float8 AS seconds
    FROM entry r, LATERAL (
        SELECT b.entered_at, b.implied FROM entry b
        WHERE b.lead = r.lead AND b.cycle = r.cycle AND NOT b.withdrawn AND {_PLACE.format("b")} < {_PLACE.format("r")}
        ORDER BY {_PLACE.format("b")} DESC LIMIT 1) b
    WHERE r.cycle <> 1 AND NOT r.re_engaged AND NOT r.withdrawn AND r.stage = ANY ({_LISTED})
          AND r.entered_at >= :start AND r.entered_at < :end AND NOT r.implied AND NOT b.implied
"""  # noqa: S608
"""How long the steps of later cycles took, of what is counted; what is filled in has no time."""


def _at(stage: str) -> str:
    return f"c.{stage}_at" if stage in STAGES else "c.captured_at"


def _within(stage: str) -> str:
    """Whether a journey `c` came to this stage in the period."""
    return f"({_at(stage)} >= :start AND {_at(stage)} < :end)"


def _seconds(stage: str) -> str:
    """Of a journey `c` that came to this stage in the period, the seconds from the stage before; null of what is
    filled in."""
    earlier = [one for one in reversed(FUNNEL_STAGES[: FUNNEL_STAGES.index(stage)]) if one in STAGES]
    before = ", ".join([*map(_at, earlier), "c.captured_at"])
    filled_in = ", ".join([*(f"c.{one}_implied" for one in earlier), "false"])
    known = f"{_within(stage)} AND NOT c.{stage}_implied AND NOT coalesce({filled_in})"
    return f"CASE WHEN {known} THEN extract(epoch FROM c.{stage}_at - coalesce({before}))::float8 END"


def _moved(part: str, *, later: bool) -> Iterator[str]:
    """The columns of one lead: `part` and `closed`, `again`, and of each stage whether it is counted, whether filled
    in, and the seconds; `later`: of one with rows in `later x`, too."""
    yield f"{part} AS part"
    yield "c.closed"
    yield "x.again" if later else "NULL::text[] AS again"
    for stage in FUNNEL_STAGES:
        is_there, filled_in = _within(stage), f"{_within(stage)} AND c.{stage}_implied" if stage in STAGES else "false"
        if later:
            is_there = f"(coalesce({is_there}, false) OR coalesce('{stage}' = ANY (x.stages), false))"
            filled_in = f"(coalesce({filled_in}, false) OR coalesce('{stage}' = ANY (x.implied), false))"
        yield f"{is_there} AS {stage}"
        yield f"{filled_in} AS {stage}_implied"
        if stage in STAGES:
            yield f"{_seconds(stage)} AS {stage}_seconds"


def _step(part: str) -> Iterator[str]:
    """The same columns of a step of a later cycle `s`: only its seconds."""
    yield f"{part} AS part"
    yield "NULL::boolean AS closed"
    yield "NULL::text[] AS again"
    for stage in FUNNEL_STAGES:
        yield f"NULL::boolean AS {stage}"
        yield f"NULL::boolean AS {stage}_implied"
        if stage in STAGES:
            yield f"CASE WHEN s.stage = '{stage}' THEN s.seconds END AS {stage}_seconds"


def _figures() -> Iterator[str]:
    """The columns `{stage}_{figure}`, of `moved m`."""
    for number, stage in enumerate(FUNNEL_STAGES):
        yield f"count(*) FILTER (WHERE m.{stage}) AS {stage}_count"
        yield f"count(*) FILTER (WHERE m.again IS NOT NULL AND '{stage}' = ANY (m.again)) AS {stage}_re_engaged"
        yield f"count(*) FILTER (WHERE m.{stage}_implied) AS {stage}_implied"
        following = FUNNEL_STAGES[number + 1 : number + 2]
        stops = f"m.{stage} AND m.{following[0]} IS NOT TRUE" if following else "false"
        yield f"count(*) FILTER (WHERE {stops}) AS {stage}_stalled"
        yield f"count(*) FILTER (WHERE {stops} AND m.closed) AS {stage}_ended"
        if stage in STAGES:
            yield f"percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY m.{stage}_seconds) AS {stage}_times"


def activity(part: str | None) -> Statement:
    """One row (`whole`), and with a `part`, an expression of `lead_journey c`, one for each value of it."""
    value = part or "NULL"
    named, grouped = ("m.part, grouping(m.part) = 1", "GROUP BY GROUPING SETS ((), (m.part))") if part else (None, "")
    columns: Mapping[bool, str] = {later: ", ".join(_moved(value, later=later)) for later in (False, True)}
    return statement(f"""
        WITH later AS MATERIALIZED ({_LATER}), moved AS (
            SELECT {columns[False]} FROM lead_journey c
            WHERE ({" OR ".join(map(_within, FUNNEL_STAGES))}) AND c.id NOT IN (SELECT lead FROM later) AND {SAME}
            UNION ALL SELECT {columns[True]} FROM later x JOIN lead_journey c ON c.id = x.lead WHERE {SAME}
            UNION ALL SELECT {", ".join(_step(value))}
            FROM ({_LATER_STEPS}) s JOIN lead_journey c ON c.id = s.lead WHERE {SAME})
        SELECT {f"{named} AS whole, " if named else ""}{", ".join(_figures())} FROM moved m {grouped}
    """)  # noqa: S608
