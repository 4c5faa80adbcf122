"""The monthly commitments: of the running month as they will be judged, and the last judgement of each."""

from datetime import datetime
from typing import Any, Final

from agreement.months import MqlEntry
from agreement.service_levels import CompletenessGoal, Volume
from reporting.decide import rates
from reporting.filters import FILTERS, LEADS, link, link_to_entered
from reporting.period import Period
from reporting.reports.report import ReportScope
from reporting.store import service_levels as store
from reporting.store.conditions import DatabaseRow

COLOURS: Final = {"met": "green", "review": "amber", "missed": "red"}
"""Of a judgement; a month that runs has none."""
_WHOLE_HOUSE: Final = dict.fromkeys(("source", "campaign", "segment", "team", "rep", "product"))
"""The filters of the store for all leads."""


async def running_commitments(scope: ReportScope, weeks: list[Period]) -> list[DatabaseRow]:
    """Volume and completeness of the running month, as `agreement.months` counts them, and of each of the `weeks`.

    A commitment is the whole house's: no filter narrows it.
    """
    terms = scope.agreement.service_levels.commitments
    month = scope.month()
    mqls, complete = await mqls_between(scope, month.start, month.end)
    returned = await store.guarantee(scope.tx, {**_WHOLE_HOUSE, "start": month.start, "end": month.end})
    goal = terms.volume.per_month + returned
    parts = await mqls_by_part(scope, weeks)
    return [
        _running(
            scope,
            "volume",
            terms.volume,
            {
                "target": goal,
                "actual": mqls,
                "met": mqls,
                "total": goal,
                "agreed": terms.volume.per_month,
                "owed": returned,
            }
            | {"owed_leads": link("/api/lead-guarantee", **month.parameters)},
            [{**week.parameters, "met": count, "total": None, "actual": count} for week, count, _ in parts],
        ),
        _running(
            scope,
            "completeness",
            terms.completeness,
            {
                "target": terms.completeness.target_percent / 100,
                "actual": rates.rate(complete, mqls),
                "met": complete,
                "total": mqls,
            },
            [
                {**week.parameters, "met": whole, "total": count, "actual": rates.rate(whole, count)}
                for week, count, whole in parts
            ],
        ),
    ]


def _running(
    scope: ReportScope, name: str, goal: Volume | CompletenessGoal, counts: DatabaseRow, weeks: list[DatabaseRow]
) -> DatabaseRow:
    month = scope.month().parameters
    behind = link_to_entered("mql", month)
    return {
        "kind": "commitment",
        "name": name,
        "counted": scope.agreement.service_levels.commitments.is_count(name),
        "title": goal.title,
        "side": goal.side,
        **counts,
        "state": "running" if counts["total"] else "no_data",
        "colour": None,
        **month,
        "leads": behind,
        "links": {"total": behind if name != "volume" else None, "met": behind if name == "volume" else None},
        "weeks": weeks,
        "not_filtered_by": list(FILTERS),
    }


async def mqls_by_part(scope: ReportScope, weeks: list[Period]) -> list[tuple[Period, int, int]]:
    """Of days that follow each other, each with its MQLs, and the complete ones among them."""
    goal = scope.agreement.service_levels.commitments.completeness
    counts = {number: [0, 0] for number in range(1, len(weeks) + 1)}
    entries = await store.mql_entries_by_part(scope.tx, [week.start for week in weeks], weeks[-1].end)
    for part, kind, count in entries:
        entry = MqlEntry(**kind)
        counts[part][0] += count * entry.counts
        counts[part][1] += count * entry.complete(goal)
    return [(week, *counts[number]) for number, week in enumerate(weeks, 1)]  # type: ignore[misc]


async def mqls_between(scope: ReportScope, start: datetime, end: datetime) -> tuple[int, int]:
    """MQLs that entered in the time, and how many of them were complete: each by `MqlEntry`."""
    goal = scope.agreement.service_levels.commitments.completeness
    entries = [(MqlEntry(**kind), count) for _, kind, count in await store.mql_entries_by_part(scope.tx, [start], end)]
    mqls = sum(count for entry, count in entries if entry.counts)
    return mqls, sum(count for entry, count in entries if entry.complete(goal))


async def last_judgements(scope: ReportScope) -> list[DatabaseRow]:
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
            "colour": COLOURS.get(row["state"]),
            "from": row["starts"].isoformat(),
            "to": row["ends"].isoformat(),
            "leads": _behind(row["name"], {"from": row["starts"], "to": row["ends"]}),
            "links": {"met": None, "total": None},
            "weeks": [],
            "not_filtered_by": list(FILTERS),
        }
        for row in await store.commitments(scope.tx)
    ]


def _behind(name: str, days: dict[str, Any]) -> str:
    """The leads that a commitment is counted in: the rated ones, or the month's MQLs."""
    return link(LEADS, **days, rated="true") if name == "feedback" else link_to_entered("mql", days)
