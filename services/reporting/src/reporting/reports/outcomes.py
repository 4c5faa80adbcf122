"""Promises one by one: each time one began, who had to keep it, and how that ended. Behind every number of promises."""

from typing import Any

from reporting.filters import OutcomesQuery, next_of, offset_of, refuse_unknown
from reporting.period import WEEK
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import service_levels as store
from reporting.store.conditions import DatabaseRow


async def outcomes(scope: ReportScope, query: OutcomesQuery) -> Answer:
    """Promises that began in the period, the latest first; without `kept` those that are judged.

    `rep` and `team` are who had to keep them. Raises Malformed.
    """
    refuse_unknown(query, scope.agreement)
    wanted = {"promise": query.promise, "kept": query.kept}
    page = {"limit": query.limit + 1, "offset": offset_of(query)}
    rows = await _latest(scope, scope.filters(query, **wanted, **page))
    promises = scope.agreement.service_levels.by_name
    items = [
        {
            **row,
            "title": promises[row["promise"]].title if row["promise"] in promises else row["promise"],
            "seconds": (row["stopped"] - row["started"]).total_seconds() if row["stopped"] else None,
        }
        for row in rows[: query.limit]
    ]
    return {**scope.period(query).parameters, "items": items, "next": next_of(rows, query)}


async def _latest(scope: ReportScope, filters: dict[str, Any]) -> list[DatabaseRow]:
    """A page, by what began in the last week of the period: mostly that is enough; else by all of it."""
    week = {**filters, "start": max(filters["start"], filters["end"] - WEEK)}
    rows = await store.outcomes(scope.tx, week)
    if len(rows) == filters["limit"] or week["start"] == filters["start"]:
        return rows
    return await store.outcomes(scope.tx, filters)


OUTCOMES = Report(
    "outcomes",
    OutcomesQuery,
    outcomes,
    columns=(
        Column("id"),
        Column("name", "Lead", "lead"),
        Column("email"),
        Column("company", "Company", wide=True),
        Column("title", "Promise"),
        Column("promise"),
        Column("side"),
        Column("team", "Team", "team", wide=True),
        Column("holder", "Who had to keep it", "rep"),
        Column("started", "Began", "when"),
        Column("stopped", "Ended", "when", wide=True),
        Column("seconds", "After", "duration"),
        Column("state", "How it ended", "words"),
        Column("charged"),
        Column("deal"),
    ),
    summary="Promises one by one: who had to keep each, and how it ended",
    title="Promises one by one",
    definition="Each time a promise began: an offer to a rep begins two or three of them.",
    chapter="service_levels",
    page=True,
)
