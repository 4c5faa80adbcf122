"""Speed: from a raised hand to the first touch, where the minutes went, and how often the answer goal was reached."""

from collections.abc import Iterable
from operator import itemgetter
from statistics import median
from typing import Annotated, Final, Literal

from pydantic import Field

from events.vocabulary import humanize_first
from reporting.decide import rates
from reporting.decide.answer_times import add_up, hour_of_week
from reporting.decide.waits import WAIT_PARTS
from reporting.filters import NONE, ListQuery, page_of, refuse_unknown
from reporting.reports.raised_hands import waits_of
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import speed as store
from reporting.store.conditions import DatabaseRow

SPEED_LIST: Final = "/api/speed"


class SpeedQuery(ListQuery):
    """All raised hands of the period, or only these of them."""

    holder: str | None = None
    """Rep who had it when it was answered, or has it; `-`: nobody."""
    holder_team: str | None = None
    """That rep's team."""
    hour: Annotated[int, Field(ge=0, le=167)] | None = None
    """Of the week in which it was raised, in the house's zone: 0 is Monday from 0:00 to 1:00."""
    state: Literal["answered", "waiting", "untouched"] | None = None
    """`untouched`: it ended without a touch."""


async def speed(scope: ReportScope, query: SpeedQuery) -> Answer:
    """One row for each raised hand of the period, the longest wait first: answered, waiting, or ended without a touch.

    `parts` sum up to `seconds`, for each and for all. The goal is counted in the open hours of the rep, for hands that
    were raised in them. Raises Malformed.
    """
    refuse_unknown(query, scope.agreement)
    rows = [row for row in await waits_of(scope, query) if _is_meant(scope, query, row)]
    times = add_up(rows)
    answer: Answer = {
        **scope.period(query).parameters,
        "answered": times.answered,
        "waiting": times.waiting,
        "ended_untouched": times.untouched,
        "seconds": times.seconds,
        "median_seconds": times.median,
        "p90_seconds": times.p90,
        "parts": [
            {"part": part, "seconds": time, "share": time / times.seconds if times.seconds else None}
            for part, time in times.parts.items()
        ],
        "goal": _goal(scope, [row for row in rows if row["answered"]]),
        "items": sorted(rows, key=itemgetter("seconds"), reverse=True),
    }
    page = page_of(answer, query)
    names = await store.names(scope.tx, (row["id"] for row in page["items"]))
    return {**page, "items": [_item(row, names.get(row["id"], {})) for row in page["items"]]}


def _item(row: DatabaseRow, known: DatabaseRow) -> DatabaseRow:
    """With who it is; `known` is empty for who was merged or erased meanwhile."""
    return {"id": row["id"], "name": known.get("name"), "company": known.get("company"), **row}


def _is_meant(scope: ReportScope, query: SpeedQuery, row: DatabaseRow) -> bool:
    """Whether the query asks for this wait, by who had it, when it was raised, and how it ended."""
    rep = scope.agreement.teams.rep_by_id.get(row["rep"] or "")
    state = "answered" if row["answered"] else "waiting" if row["waits"] else "untouched"
    return (
        query.holder in (None, row["rep"] or NONE)
        and query.holder_team in (None, rep.team if rep else NONE)
        and (query.hour is None or query.hour == hour_of_week(row["raised_at"], scope.zone))
        and query.state in (None, state)
    )


def _goal(scope: ReportScope, replies: list[DatabaseRow]) -> DatabaseRow:
    """Of hands that were raised on shift: how many were answered within the goal, and the median of open time."""
    goal = scope.agreement.service_levels.answer_goal
    open_seconds = [row["open_seconds"] for row in replies if row["on_shift"]]
    within = sum(1 for one in open_seconds if one <= goal.timedelta.total_seconds())
    return {
        "goal": str(goal),
        "seconds": goal.timedelta.total_seconds(),
        "met": within,
        "total": len(open_seconds),
        "share": rates.rate(within, len(open_seconds)),
        "median_seconds": median(open_seconds) if open_seconds else None,
    }


def _flat(answer: Answer) -> Iterable[DatabaseRow]:
    """For the file: a column for each part."""
    return ({**row, **{f"{part}_seconds": row["parts"][part] for part in WAIT_PARTS}} for row in answer["items"])


SPEED = Report(
    "speed",
    SpeedQuery,
    speed,
    columns=(
        Column("name", "Lead", "lead"),
        Column("id"),
        Column("company", "Company", wide=True),
        Column("kind", "Raised by", "words"),
        Column("rep", "Rep", "rep"),
        Column("raised_at", "At", "when"),
        Column("touched_at"),
        Column("waits"),
        Column("seconds", "Waited", "duration"),
        *(Column(f"{part}_seconds", humanize_first(part), "duration") for part in WAIT_PARTS),
        Column("on_shift"),
        Column("open_seconds"),
    ),
    summary="From a raised hand to the first touch: where the minutes went",
    title="How fast we answer",
    note="Each minute from a raised hand to the first touch is booked to one part.",
    rows=_flat,
)
