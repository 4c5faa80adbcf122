"""Service levels: both sides' promises from their clocks, and their monthly commitments, judged or as they run."""

from collections.abc import Iterable
from datetime import datetime
from math import floor
from typing import Final

from agreement.months import MqlEntry
from agreement.service_levels import WITHOUT_CLOCK, CompletenessGoal, Promise, Volume
from reporting.decide import rates
from reporting.filters import LEADS, ReportQuery, link, link_to_entered
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import service_levels as store
from reporting.store.conditions import DatabaseRow

BY_URGENCY: Final = "by urgency"
"""Target of a promise that takes it from the lead's urgency."""
_STATES: Final = ("met", "late", "breached", "running", "system")


async def service_levels(scope: ReportScope, query: ReportQuery) -> Answer:
    """By side: the commitments of the running month, the last judgement of each, and the promises of the period."""
    days = scope.period(query)
    rows = await store.promises(scope.tx, days.start, days.end)
    month = scope.month()
    running = {row["promise"]: row for row in await store.promises(scope.tx, month.start, month.end) if row["whole"]}
    answer: Answer = {**days.parameters, "marketing": [], "sales": []}
    for level in [*await _running(scope), *await _judged(scope)]:
        answer[level["side"]].append(level)
    for promise in scope.agreement.service_levels.promises:
        mine = [row for row in rows if row["promise"] == promise.name]
        budget = _budget(scope, promise, running.get(promise.name))
        answer[promise.side].append({**_level_of(scope, query, promise, mine), "budget": budget})
    return answer


def _level_of(scope: ReportScope, query: ReportQuery, promise: Promise, rows: list[DatabaseRow]) -> DatabaseRow:
    by_fact = not WITHOUT_CLOCK.isdisjoint(promise.starts)
    whole = next((row for row in rows if row["whole"]), None)
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
        "facts": link("/api/status-updates", **scope.period(query).parameters, late="true") if by_fact else None,
        "teams": [{"team": row["team"], **_counts(scope, promise, row)} for row in rows if not row["whole"]],
    }


def _counts(scope: ReportScope, promise: Promise, row: DatabaseRow | None) -> DatabaseRow:
    """How often a promise was kept; running ones are in no total, nor those that are charged to the system."""
    met, late, breached, running, system = (row[state] if row else 0 for state in _STATES)
    total = met + late + breached
    levels = scope.agreement.service_levels
    wanted = levels.kept_percent_of(promise)
    return {
        "kind": "promise",
        "counted": False,
        "actual": rates.rate(met, total),
        "met": met,
        "total": total,
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


def _budget(scope: ReportScope, promise: Promise, row: DatabaseRow | None) -> DatabaseRow:
    """Breaches of the running month: `allowed` by the agreed share of the clocks begun so far, `used`, and `left`.

    `left` below 0: the promise is broken for this month, as far as it goes.
    """
    month = scope.month().parameters
    met, late, breached, running, _ = (row[state] if row else 0 for state in _STATES)
    total, used = met + late + breached + running, late + breached
    allowed = floor(round(total * (100 - scope.agreement.service_levels.kept_percent_of(promise)) / 100, 6))
    behind = link(LEADS, **month, promise=promise.name, kept="missed")
    return {**month, "total": total, "allowed": allowed, "used": used, "left": allowed - used, "leads": behind}


async def _running(scope: ReportScope) -> list[DatabaseRow]:
    """Volume and completeness of the running month, as `agreement.months` counts them: as they will be judged."""
    terms = scope.agreement.service_levels.commitments
    month = scope.month()
    mqls, complete = await mqls_between(scope, month.start, month.end)
    goal = terms.volume.per_month + await store.guarantee(scope.tx, month.start, month.end)
    behind = link_to_entered("mql", month.parameters)
    volume, completeness = terms.volume, terms.completeness
    levels: list[tuple[str, Volume | CompletenessGoal, DatabaseRow]] = [
        (
            "volume",
            volume,
            {
                **{"target": goal, "actual": mqls, "met": mqls, "total": goal},
                "agreed": terms.volume.per_month,
                "owed": goal - terms.volume.per_month,
                "owed_leads": link("/api/lead-guarantee", **month.parameters),
            },
        ),
        (
            "completeness",
            completeness,
            {
                "target": completeness.target_percent / 100,
                "actual": rates.rate(complete, mqls),
                "met": complete,
                "total": mqls,
            },
        ),
    ]
    return [
        {
            "kind": "commitment",
            "name": name,
            "counted": terms.is_count(name),
            "title": goal.title,
            "side": goal.side,
            **counts,
            "state": "running" if counts["total"] else "no_data",
            **month.parameters,
            "leads": behind,
        }
        for name, goal, counts in levels
    ]


async def mqls_between(scope: ReportScope, start: datetime, end: datetime) -> tuple[int, int]:
    """MQLs that entered in the time, and how many of them were complete: each by `MqlEntry`."""
    goal = scope.agreement.service_levels.commitments.completeness
    entries = [(MqlEntry(**kind), count) for kind, count in await store.mql_entries(scope.tx, start, end)]
    mqls = sum(count for entry, count in entries if entry.counts)
    return mqls, sum(count for entry, count in entries if entry.complete(goal))


def _behind(name: str, days: DatabaseRow) -> str:
    """The leads that a commitment is counted in: the rated ones, or the month's MQLs."""
    return link(LEADS, **days, rated="true") if name == "feedback" else link_to_entered("mql", days)


async def _judged(scope: ReportScope) -> list[DatabaseRow]:
    """The last judgement of each commitment."""
    terms = scope.agreement.service_levels.commitments
    return [
        {
            "kind": "commitment",
            "name": row["name"],
            "counted": terms.is_count(row["name"]),
            "title": getattr(getattr(terms, row["name"], None), "title", row["name"]),
            "side": row["side"],
            "target": row["target"],
            "actual": row["actual"],
            "met": row["numerator"],
            "total": row["denominator"],
            "state": row["state"],
            "from": row["starts"].isoformat(),
            "to": row["ends"].isoformat(),
            "leads": _behind(row["name"], {"from": row["starts"], "to": row["ends"]}),
        }
        for row in await store.commitments(scope.tx)
    ]


def _rows(answer: Answer) -> Iterable[DatabaseRow]:
    """For the file: of promises the budget too."""
    nothing = {"allowed": None, "used": None, "left": None}
    for level in (*answer["marketing"], *answer["sales"]):
        budget = level.get("budget") or nothing
        yield {
            **dict.fromkeys(("kept_percent", "colour", "system")),
            **level,
            **{f"budget_{name}": budget[name] for name in nothing},
        }


SERVICE_LEVELS = Report(
    "service-levels",
    ReportQuery,
    service_levels,
    columns=(
        Column("side", "Side"),
        Column("name"),
        Column("title", "Promise"),
        Column("target", "Target"),
        Column("actual", "Kept", "percent", link="leads"),
        Column("met", "Met", "number"),
        Column("total", "Of", "number"),
        Column("state", "State", "words"),
        Column("kept_percent"),
        Column("colour"),
        Column("system"),
        Column("budget_allowed"),
        Column("budget_used"),
        Column("budget_left"),
    ),
    summary="What both teams promised, and what they kept",
    title="What each side owes the other",
    rows=_rows,
    panel="wide",
    page=True,
)
