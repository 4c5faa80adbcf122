"""What a manager of sales asks first: who is late now, and how each rep keeps each promise."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from reporting.decide import rates
from reporting.decide.tallies import counted, instants_of, parts_of
from reporting.filters import OUTCOMES as OUTCOMES_LIST
from reporting.filters import ListQuery, ReportQuery, link, next_of, offset_of, refuse_unknown
from reporting.period import Period
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import service_levels
from reporting.store import team as store
from reporting.store.conditions import DatabaseRow

SHOWN_WEEKS: Final = 8


class LateQuery(ListQuery):
    """Whose open work; which promise, or any. The days mean nothing here: it is about now."""

    promise: str | None = None


async def late(scope: ReportScope, query: LateQuery) -> Answer:
    """Open work that is late now, the longest first: what its owner owes, and for how long. Raises Malformed."""
    refuse_unknown(query, scope.agreement)
    page = {"promise": query.promise, "now": scope.now, "limit": query.limit + 1, "offset": offset_of(query)}
    rows = await store.late(scope.tx, scope.filters(query, **page))
    calendars, known = scope.agreement.calendars, scope.agreement.teams.rep_by_id
    promises = scope.agreement.service_levels.by_name
    items = [
        {
            **row,
            "rep_name": scope.people.name(row["rep"]),
            "owes": ", ".join(promises[one].title if one in promises else one for one in row["promises"]),
            "seconds": (
                calendars.of_rep(row["rep"]).elapsed(row["due"], scope.now)
                if row["rep"] in known
                else scope.now - row["due"]
            ).total_seconds(),
        }
        for row in rows[: query.limit]
    ]
    return {"items": items, "next": next_of(rows, query)}


async def promises_by_rep(scope: ReportScope, query: ReportQuery) -> Answer:
    """Each rep with each promise of sales, those who keep least first. Raises Malformed."""
    refuse_unknown(query, scope.agreement)
    days = scope.period(query)
    weeks = days.weeks_up_to(SHOWN_WEEKS)
    instants = instants_of((one.start, one.end) for one in (days, *weeks))
    tallies = await service_levels.promises_by_rep(scope.tx, query.dimensions(), instants)

    def counts(period: Period) -> dict[tuple[str, str], DatabaseRow]:
        rows = counted(tallies, parts_of(instants, period.start, period.end), ("rep", "promise"))
        return {(rep, promise): _of_rep(rep, promise, row) for (rep, promise), row in rows.items()}

    by_week = [counts(week) for week in weeks]
    behind = {**days.parameters, **query.dimensions()}
    known = scope.agreement.teams.rep_by_id
    items = [_cell(scope, row, by_week, behind) for row in counts(days).values() if row["rep"] in known]
    return {**days.parameters, "items": sorted(items, key=_worst_first)}


def _of_rep(rep: str, promise: str, row: DatabaseRow) -> DatabaseRow:
    missed = row["late"] + row["breached"]
    return {"rep": rep, "promise": promise, "met": row["met"], "missed": missed, "running": row["running"]}


def _cell(
    scope: ReportScope, row: DatabaseRow, weeks: Sequence[dict[tuple[str, str], DatabaseRow]], behind: dict[str, Any]
) -> DatabaseRow:
    levels = scope.agreement.service_levels
    promise = levels.by_name.get(row["promise"])
    total = row["met"] + row["missed"]
    wanted = levels.kept_percent_of(promise) if promise else None
    here = {**behind, "promise": row["promise"], "rep": row["rep"]}
    return {
        **row,
        "name": scope.people.name(row["rep"]),
        "title": promise.title if promise else row["promise"],
        "total": total,
        "kept": rates.rate(row["met"], total),
        "colour": _colour(100 * row["met"] / total, wanted, levels.amber_within_points) if total and wanted else None,
        "weeks": [_week(week.get((row["rep"], row["promise"]))) for week in weeks],
        "links": {
            "met": link(OUTCOMES_LIST, **here, kept="met"),
            "total": link(OUTCOMES_LIST, **here, kept="judged"),
            "missed": link(OUTCOMES_LIST, **here, kept="missed"),
            "running": link(OUTCOMES_LIST, **here, kept="running"),
        },
    }


def _colour(kept: float, wanted: float, margin: float) -> str:
    return "green" if kept >= wanted else "amber" if kept >= wanted - margin else "red"


def _week(row: DatabaseRow | None) -> float | None:
    return rates.rate(row["met"], row["met"] + row["missed"]) if row else None


def _worst_first(one: DatabaseRow) -> tuple[float, int, str, str]:
    return (one["kept"] if one["kept"] is not None else 2.0, -one["total"], one["name"], one["promise"])


def late_words(items: Iterable[DatabaseRow]) -> str:
    """How many leads are late, and whose most of them are: `4 leads are late, 3 of them Dan Kowalski's`."""
    names = [one["rep_name"] for one in items]
    if not names:
        return "No promise is late"
    most = max(dict.fromkeys(names), key=names.count)
    count = names.count(most)
    if len(names) == 1:
        return f"1 lead is late, {most}'s"
    if count == len(names):
        return f"{len(names)} leads are late, all of them {most}'s"
    return f"{len(names)} leads are late, {count} of them {most}'s"


def kept_words(items: Sequence[DatabaseRow]) -> str | None:
    """Who keeps the smallest share of the promises, where any was judged; null before that."""
    met, total, names = Counter[str](), Counter[str](), dict[str, str]()
    for one in items:
        met[one["rep"]] += one["met"]
        total[one["rep"]] += one["total"]
        names[one["rep"]] = one["name"]
    judged = [rep for rep in names if total[rep]]
    if not judged:
        return None
    if sum(met.values()) == sum(total.values()):
        return f"Everybody keeps their word: {sum(total.values())} promises"
    worst = min(judged, key=lambda rep: (met[rep] / total[rep], -total[rep], names[rep]))
    return f"{names[worst]} keeps the fewest promises: {met[worst]} of {total[worst]}"


LATE = Report(
    "late",
    LateQuery,
    late,
    columns=(
        Column("id"),
        Column("name", "Lead", "lead"),
        Column("email"),
        Column("company", "Company", wide=True),
        Column("total", "Score", "score", wide=True),
        Column("band"),
        Column("owes", "Owed"),
        Column("rep", "Who has it", "rep"),
        Column("due", "Was due", "when"),
        Column("seconds", "Late by, in working time", "duration"),
        Column("pool"),
        Column("assignment"),
    ),
    summary="Open work that is late now: what its owner owes, and since when",
    title="Late now",
    definition="Open work whose owner owes what was due by now; how late it is, in the owner's working time.",
    chapter="service_levels",
    ignores=("from", "to", "range"),
    finding=lambda answer: late_words(answer["items"]),
    page=True,
)
PROMISES_BY_REP = Report(
    "promises-by-rep",
    ReportQuery,
    promises_by_rep,
    columns=(
        Column("rep"),
        Column("name", "Rep"),
        Column("promise"),
        Column("title", "Promise"),
        Column("kept", "Kept", "percent", better="more"),
        Column("met", "Met", "number", link="links.met"),
        Column("total", "Of", "number", link="links.total"),
        Column("missed", "Missed", "number", link="links.missed", better="less"),
        Column("running", "Running", "number", link="links.running"),
        Column("colour"),
    ),
    summary="How each rep keeps each promise of sales",
    title="Who keeps which promise",
    definition=(
        "A promise is counted once for each time that it began in these days, for who had to keep it; those that still "
        "run, and those that are charged to the system, are in no share."
    ),
    chapter="service_levels",
    key=("rep", "promise"),
    finding=lambda answer: kept_words(answer["items"]),
    page=True,
)
