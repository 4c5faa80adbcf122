"""Service levels: both sides' promises from their clocks, and their monthly commitments, judged or as they run."""

from datetime import datetime
from typing import Final

from agreement.months import MqlEntry
from agreement.service_levels import WITHOUT_CLOCK, CompletenessGoal, Promise, Volume
from reporting.decide import rates
from reporting.filters import ReportQuery, link, link_to_entered
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import service_levels as store
from reporting.store.conditions import DatabaseRow

BY_URGENCY: Final = "by urgency"
"""Target of a promise that takes it from the lead's urgency."""
_STATES: Final = ("met", "late", "breached", "running")


async def service_levels(scope: ReportScope, query: ReportQuery) -> Answer:
    """By side: the commitments of the running month, the last judgement of each, and the promises of the period."""
    days = scope.period(query)
    rows = await store.promises(scope.tx, days.start, days.end)
    answer: Answer = {**days.parameters, "marketing": [], "sales": []}
    for level in [*await _running(scope), *await _judged(scope)]:
        answer[level["side"]].append(level)
    for promise in scope.agreement.service_levels.promises:
        mine = [row for row in rows if row["promise"] == promise.name]
        answer[promise.side].append(_level_of(scope, query, promise, mine))
    return answer


def _level_of(scope: ReportScope, query: ReportQuery, promise: Promise, rows: list[DatabaseRow]) -> DatabaseRow:
    by_fact = not WITHOUT_CLOCK.isdisjoint(promise.starts)
    whole = next((row for row in rows if row["whole"]), None)
    return {
        **_counts(whole),
        "name": promise.name,
        "title": promise.title,
        "side": promise.side,
        "target": str(promise.target) if promise.target else BY_URGENCY,
        "leads": scope.leads(query, promise=promise.name, kept="judged"),
        "missed_leads": scope.leads(query, promise=promise.name, kept="late" if by_fact else "breached"),
        "facts": link("/api/status-updates", **scope.period(query).parameters, late="true") if by_fact else None,
        "teams": [{"team": row["team"], **_counts(row)} for row in rows if not row["whole"]],
    }


def _counts(row: DatabaseRow | None) -> DatabaseRow:
    """How often a promise was kept; running ones are in no total."""
    met, late, breached, running = (row[state] if row else 0 for state in _STATES)
    total = met + late + breached
    return {
        "kind": "promise",
        "counted": False,
        "actual": rates.rate(met, total),
        "met": met,
        "total": total,
        "late": late,
        "breached": breached,
        "running": running,
        "median_seconds": row["median_seconds"] if row else None,
        "state": "no_data" if not total else "met" if met == total else "missed",
    }


async def _running(scope: ReportScope) -> list[DatabaseRow]:
    """Volume and completeness of the running month, as `agreement.months` counts them: as they will be judged."""
    terms = scope.agreement.service_levels.commitments
    month = scope.month()
    mqls, complete = await mqls_between(scope, month.start, month.end)
    goal = terms.volume.per_month + await store.guarantee(scope.tx, month.start, month.end)
    behind = link_to_entered("mql", month.parameters)
    volume, completeness = terms.volume, terms.completeness
    levels: list[tuple[str, Volume | CompletenessGoal, DatabaseRow]] = [
        ("volume", volume, {"target": goal, "actual": mqls, "met": mqls, "total": goal}),
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
            "leads": link_to_entered("mql", {"from": row["starts"], "to": row["ends"]}),
        }
        for row in await store.commitments(scope.tx)
    ]


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
    ),
    summary="What both teams promised, and what they kept",
    title="What each side owes the other",
    rows=lambda answer: answer["marketing"] + answer["sales"],
    panel="wide",
)
