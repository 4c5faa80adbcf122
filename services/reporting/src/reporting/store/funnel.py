"""Reads behind the funnel: a cohort is counted from its journeys, so is what was entered in a time."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from events.vocabulary import FUNNEL_STAGES
from reporting.store.conditions import AGAIN, COUNTED, PERSONA, SAME, DatabaseRow, select
from reporting.store.funnel_activity import activity
from reporting.store.journeys import STAGES
from runtime.database.connection import Connection
from runtime.database.statement import Statement, statement

_PARTS: Final[Mapping[str, str]] = {
    "source": "c.source",
    "campaign": "c.campaign",
    "segment": "c.segment",
    "team": "c.first_team",
    "rep": "c.first_rep",
    "persona": PERSONA,
}
"""By what a funnel is divided, of `lead_journey c`."""
_COHORT: Final = f"FROM lead_journey c WHERE c.captured_at >= :start AND c.captured_at < :end AND {SAME}"


def _figures(*, times: bool) -> Iterator[str]:
    """The columns `{stage}_{figure}` of a cohort; of all its leads the first stage is counted."""
    for number, stage in enumerate(FUNNEL_STAGES):
        is_there = f"c.{stage}_at IS NOT NULL" if number else "true"
        yield f"count(*) FILTER (WHERE {is_there}) AS {stage}_count"
        yield f"count(*) FILTER (WHERE c.again IS NOT NULL AND '{stage}' = ANY (c.again)) AS {stage}_re_engaged"
        filled_in = f"c.{stage}_implied" if number else "false"
        yield f"count(*) FILTER (WHERE {filled_in}) AS {stage}_implied"
        following = FUNNEL_STAGES[number + 1 : number + 2]
        stops = f"{is_there} AND c.{following[0]}_at IS NULL" if following else "false"
        yield f"count(*) FILTER (WHERE {stops}) AS {stage}_stalled"
        yield f"count(*) FILTER (WHERE {stops} AND c.closed) AS {stage}_ended"
        if times and number:
            yield f"{_times(number)} AS {stage}_times"


def _step(number: int) -> tuple[str, str]:
    """Of a journey `c` with this stage: the seconds from the stage before that was reached, and whether that is known;
    what is filled in has no time."""
    stage, earlier = FUNNEL_STAGES[number], [one for one in reversed(FUNNEL_STAGES[:number]) if one in STAGES]
    before = ", ".join([*(f"c.{one}_at" for one in earlier), "c.captured_at"])
    filled_in = ", ".join([*(f"c.{one}_implied" for one in earlier), "false"])
    seconds = f"date_part('epoch', c.{stage}_at - coalesce({before}))"
    return seconds, f"NOT c.{stage}_implied AND NOT coalesce({filled_in})"


def _times(number: int) -> str:
    """Median and ninth decile of these seconds."""
    seconds, known = _step(number)
    return f"percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY CASE WHEN {known} THEN {seconds} END)"


_COUNTS, _WHOLE = (statement(f"SELECT {', '.join(_figures(times=times))} {_COHORT}") for times in (False, True))
_DIVIDED: Final[Mapping[str, Statement]] = {
    by: statement(f"""
        SELECT {part} AS part, grouping({part}) = 1 AS whole, {", ".join(_figures(times=True))}
        {_COHORT} GROUP BY GROUPING SETS ((), ({part}))
    """)
    for by, part in _PARTS.items()
}


_ACTIVITY: Final[Mapping[str | None, Statement]] = {
    None: activity(None),
    **{by: activity(part) for by, part in _PARTS.items()},
}
_ENTERED: Final = statement(f"""
    SELECT r.stage, count(DISTINCT r.lead) FILTER (WHERE {COUNTED}) AS count,
           count(DISTINCT r.lead) FILTER (WHERE {AGAIN}) AS re_engaged
    FROM reached r JOIN lead_journey c ON c.id = r.lead
    WHERE r.stage = ANY (ARRAY{list(FUNNEL_STAGES)}) AND r.entered_at >= :start AND r.entered_at < :end AND {SAME}
    GROUP BY r.stage
""")  # noqa: S608


def _stepped(number: int) -> str:
    """Of first cycles that came to this stage in the period: read from the index of the stage (migration 0038)."""
    stage, (seconds, known) = FUNNEL_STAGES[number], _step(number)
    return f"""
        SELECT {seconds} AS seconds FROM lead_journey c
        WHERE c.{stage}_at >= :start AND c.{stage}_at < :end AND {known} AND {SAME}"""  # noqa: S608


def _pace_to(number: int) -> str:
    stage = FUNNEL_STAGES[number]
    return f"""
        SELECT '{stage}' AS stage, percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS median_seconds
        FROM ({_stepped(number)} UNION ALL SELECT seconds FROM again WHERE stage = '{stage}') AS stepped"""  # noqa: S608


_NUMBERS: Final = range(1, len(FUNNEL_STAGES))
_PLACE: Final = f"array_position(ARRAY{list(FUNNEL_STAGES)}, {{}}.stage)"
_PACE: Final = statement(f"""
    WITH again AS MATERIALIZED (
        SELECT r.stage, date_part('epoch', r.entered_at - b.entered_at) AS seconds
        FROM entry r JOIN lead_journey c ON c.id = r.lead, LATERAL (
            SELECT b.entered_at, b.implied FROM entry b
            WHERE b.lead = r.lead AND b.cycle = r.cycle AND NOT b.withdrawn
                  AND {_PLACE.format("b")} < {_PLACE.format("r")}
            ORDER BY {_PLACE.format("b")} DESC LIMIT 1) b
        WHERE r.cycle <> 1 AND NOT r.re_engaged AND r.stage = ANY (ARRAY{[FUNNEL_STAGES[one] for one in _NUMBERS]})
              AND r.entered_at >= :start AND r.entered_at < :end AND NOT r.withdrawn AND NOT r.implied
              AND NOT b.implied AND {SAME})
    SELECT stage, median_seconds FROM ({" UNION ALL ".join(map(_pace_to, _NUMBERS))}) AS paces
    WHERE median_seconds IS NOT NULL
""")  # noqa: S608
"""First cycles stand in the journeys, later ones are few."""


async def pace(tx: Connection, filters: Mapping[str, Any]) -> dict[str, float]:
    """By stage, the median of the seconds from the stage before, of what the activity funnel of the period counts."""
    return {row["stage"]: row["median_seconds"] for row in await select(tx, _PACE, filters)}


async def funnel(tx: Connection, filters: Mapping[str, Any]) -> list[DatabaseRow]:
    """A row for each stage (`whole`), and for each stage and `part` (the value of the dimension `by`).

    `stalled`: did not enter the next stage; of these `ended`: nothing is in work any more. `re_engaged` are
    not counted.
    """
    by = filters["by"] or None
    wanted = _ACTIVITY[by] if filters["mode"] != "cohort" else _DIVIDED[by] if by else _WHOLE
    return [one for row in await select(tx, wanted, filters) for one in _stages(row)]


async def counts(tx: Connection, filters: Mapping[str, Any]) -> list[DatabaseRow]:
    """How many entered each stage, and how many came back to it (`re_engaged`); nothing else of the whole funnel."""
    if filters["mode"] != "cohort":
        return await select(tx, _ENTERED, filters)
    return [one for row in await select(tx, _COUNTS, filters) for one in _stages(row)]


def _stages(row: DatabaseRow) -> Iterator[DatabaseRow]:
    for stage in FUNNEL_STAGES:
        median, slow = row.get(f"{stage}_times") or (None, None)
        counted = {name: row[f"{stage}_{name}"] for name in ("count", "implied", "re_engaged", "stalled", "ended")}
        if counted["count"] or counted["re_engaged"]:
            yield {
                **{"stage": stage, "part": row.get("part"), "whole": row.get("whole", True)},
                **counted,
                **{"median_seconds": median, "p90_seconds": slow},
            }
