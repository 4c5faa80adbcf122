"""Service levels: both sides' promises from their clocks, and their monthly commitments, judged or as they run."""

from collections.abc import Iterable
from math import floor
from typing import Any, Final

from agreement.service_levels import WITHOUT_CLOCK, Promise
from reporting.decide import rates
from reporting.decide.tallies import STATES, counted, instants_of, parts_of, with_quantiles
from reporting.filters import LEADS, NONE, OUTCOMES, ReportQuery, link, refuse_unknown
from reporting.period import Period
from reporting.reports.commitments import last_judgements, running_commitments
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import service_levels as store
from reporting.store.conditions import DatabaseRow

BY_URGENCY: Final = "by urgency"
"""Target of a promise that takes it from the lead's urgency."""
SHOWN_WEEKS: Final = 8
_BEHIND: Final = {"met": "met", "total": "judged", "missed": "missed", "running": "running", "system": "system"}
"""A count of a promise, and the `kept` of its list."""


async def service_levels(scope: ReportScope, query: ReportQuery) -> Answer:
    """By side: the commitments of the running month, the last judgement of each, and the promises of the period.

    Filters narrow the promises (`rep` and `team`: who had to keep them), never the commitments. Raises Malformed.
    """
    refuse_unknown(query, scope.agreement)
    days, month = scope.period(query), scope.month()
    weeks = days.weeks_up_to(SHOWN_WEEKS)
    instants = instants_of((one.start, one.end) for one in (days, month, *weeks))
    tallies = await store.timed_tallies(scope.tx, query.dimensions(), instants, (days.start, days.end))

    def parts(period: Period) -> range:
        return parts_of(instants, period.start, period.end)

    whole, by_team = (
        with_quantiles(counted(tallies, parts(days), by), tallies, by) for by in (("promise",), ("promise", "team"))
    )
    of_month = counted(tallies, parts(month), ("promise",))
    by_week = [counted(tallies, parts(week), ("promise",)) for week in weeks]
    answer: Answer = {**days.parameters, "marketing": [], "sales": []}
    for level in [*await running_commitments(scope, month.weeks_up_to(SHOWN_WEEKS)), *await last_judgements(scope)]:
        answer[level["side"]].append(level)
    for promise in scope.agreement.service_levels.promises:
        name = (promise.name,)
        teams = [{**row, "team": team} for (one, team), row in sorted(by_team.items()) if one == promise.name]
        level = {
            **_level_of(scope, query, promise, whole.get(name), teams),
            "budget": _budget(scope, query, promise, of_month.get(name)),
            "weeks": [_week(week, counts.get(name)) for week, counts in zip(weeks, by_week, strict=True)],
        }
        answer[promise.side].append(level)
    return answer


def _week(week: Period, row: DatabaseRow | None) -> DatabaseRow:
    met, late, breached, *_ = (row[state] if row else 0 for state in STATES)
    total = met + late + breached
    return {**week.parameters, "met": met, "total": total, "actual": rates.rate(met, total)}


def _level_of(
    scope: ReportScope, query: ReportQuery, promise: Promise, whole: DatabaseRow | None, of_teams: list[DatabaseRow]
) -> DatabaseRow:
    by_fact = not WITHOUT_CLOCK.isdisjoint(promise.starts)
    teams = [_team(scope, query, promise, row) for row in of_teams]
    behind = {**scope.period(query).parameters, **query.dimensions()}
    return {
        **_counts(scope, promise, whole),
        "level": promise.level,
        "name": promise.name,
        "title": promise.title,
        "side": promise.side,
        "target": str(promise.target) if promise.target else BY_URGENCY,
        "leads": scope.leads(query, promise=promise.name, kept="judged"),
        "missed_leads": scope.leads(query, promise=promise.name, kept="missed"),
        "system_leads": scope.leads(query, promise=promise.name, kept="system"),
        "facts": link("/api/status-updates", **behind, late="true") if by_fact else None,
        "links": _links(scope, query, promise),
        "teams": teams,
        "worst": _worst(teams),
        "not_filtered_by": [],
    }


def _links(scope: ReportScope, query: ReportQuery, promise: Promise, **more: Any) -> DatabaseRow:
    """Addresses of the list of promises behind each count."""
    behind = {**scope.period(query).parameters, **query.dimensions(), "promise": promise.name, **more}
    address = link(OUTCOMES, **behind)
    return {count: f"{address}&kept={kept}" for count, kept in _BEHIND.items()}


def _team(scope: ReportScope, query: ReportQuery, promise: Promise, row: DatabaseRow) -> DatabaseRow:
    team = scope.agreement.teams.team_by_id.get(row["team"])
    return {
        "team": row["team"] if row["team"] != NONE else None,
        "title": team.name if team else row["team"],
        **_counts(scope, promise, row),
        "links": _links(scope, query, promise, team=row["team"]),
    }


def _worst(teams: list[DatabaseRow]) -> DatabaseRow | None:
    """The team that kept the smallest share, where several were asked and one of them kept too few."""
    judged = [team for team in teams if team["total"]]
    worst = min(judged, key=lambda team: (team["actual"], -team["total"]), default=None)
    return worst if worst and len(judged) > 1 and worst["state"] != "met" else None


def _counts(scope: ReportScope, promise: Promise, row: DatabaseRow | None) -> DatabaseRow:
    """How often a promise was kept; running ones are in no total, nor those that are charged to the system."""
    met, late, breached, running, system = (row[state] if row else 0 for state in STATES)
    total = met + late + breached
    levels = scope.agreement.service_levels
    wanted = levels.kept_percent_of(promise)
    return {
        "kind": "promise",
        "counted": False,
        "actual": rates.rate(met, total),
        "met": met,
        "total": total,
        "missed": late + breached,
        "late": late,
        "breached": breached,
        "running": running,
        "system": system,
        "kept_percent": wanted,
        "median_seconds": row["median_seconds"] if row else None,
        **_verdict(100 * met / total if total else None, wanted, levels.amber_within_points),
    }


def _verdict(kept: float | None, wanted: float, margin: float) -> DatabaseRow:
    """Green from the agreed share on, amber within a margin of points below it, red further down; all in per cent."""
    if kept is None:
        return {"state": "no_data", "colour": None}
    if kept >= wanted:
        return {"state": "met", "colour": "green"}
    return {"state": "near", "colour": "amber"} if kept >= wanted - margin else {"state": "missed", "colour": "red"}


def _budget(scope: ReportScope, query: ReportQuery, promise: Promise, row: DatabaseRow | None) -> DatabaseRow:
    """Breaches of the running month: `allowed` by the agreed share of the clocks begun so far, `used`, and `left`.

    `left` below 0: the promise is broken for this month, as far as it goes.
    """
    month = scope.month().parameters
    met, late, breached, running, _ = (row[state] if row else 0 for state in STATES)
    total, used = met + late + breached + running, late + breached
    allowed = floor(round(total * (100 - scope.agreement.service_levels.kept_percent_of(promise)) / 100, 6))
    behind = {**month, **query.dimensions(), "promise": promise.name, "kept": "missed"}
    return {
        **month,
        "total": total,
        "allowed": allowed,
        "used": used,
        "left": allowed - used,
        "leads": link(LEADS, **behind),
        "link": link(OUTCOMES, **behind),
    }


def _rows(answer: Answer) -> Iterable[DatabaseRow]:
    """For the file: of promises the budget too."""
    nothing = {"allowed": None, "used": None, "left": None, "link": None}
    for level in (*answer["marketing"], *answer["sales"]):
        budget = level.get("budget") or nothing
        yield {
            **dict.fromkeys(("kept_percent", "system", "running", "missed")),
            **level,
            **{f"budget_{name}": budget[name] for name in nothing},
        }


def _finding(answer: Answer) -> str:
    """How many promises of each side are kept, and the worst of them."""
    levels = [level for side in ("marketing", "sales") for level in answer[side] if level["colour"]]
    late = sorted((one for one in levels if one["colour"] != "green"), key=lambda one: one["actual"] or 0)
    if not levels:
        return "Do we keep our word? Nothing is judged yet"
    if not late:
        return f"We keep our word: all {len(levels)} of {len(levels)} promises"
    worst = late[0]
    reason = f", {worst['worst']['title']} most of all" if worst.get("worst") else ""
    return (
        f"{len(levels) - len(late)} of {len(levels)} promises are kept; “{worst['title']}” is the furthest off{reason}"
    )


SERVICE_LEVELS = Report(
    "service-levels",
    ReportQuery,
    service_levels,
    columns=(
        Column("side", "Side"),
        Column("name"),
        Column("title", "Promise"),
        Column("target", "Target"),
        Column("actual", "Kept", "percent", better="more"),
        Column("met", "Met", "number", link="links.met"),
        Column("total", "Of", "number", link="links.total"),
        Column("missed", "Missed", "number", link="links.missed", better="less"),
        Column("running", "Running", "number", link="links.running"),
        Column("state", "State", "words"),
        Column("kept_percent"),
        Column("colour"),
        Column("system", "Charged to the system", "number", link="links.system"),
        Column("budget_allowed"),
        Column("budget_used", "Missed this month", "number", link="budget_link"),
        Column("budget_left"),
    ),
    summary="What both teams promised, and what they kept",
    title="Do we keep our word?",
    definition=(
        "A promise is counted once for each time that it began in these days; those that still run are in no share. "
        "Monthly commitments are the whole house's."
    ),
    chapter="service_levels",
    finding=_finding,
    rows=_rows,
    panel="wide",
    page=True,
    key=("side", "name", "kind"),
)
