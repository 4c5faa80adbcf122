"""Status updates: each fact of sales, when it occurred, by when it was to be recorded, and when it was."""

from reporting.filters import StatusUpdatesQuery, next_of, offset_of, refuse_unknown
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import service_levels as store


async def status_updates(scope: ReportScope, query: StatusUpdatesQuery) -> Answer:
    """The facts of the period, the latest first; `late` says which. Raises Malformed.

    `rep` and `team` are who reported them.
    """
    refuse_unknown(query, scope.agreement)
    page = {"limit": query.limit + 1, "offset": offset_of(query)}
    rows = await store.status_updates(scope.tx, scope.filters(query, late=query.late, **page))
    return {**scope.period(query).parameters, "items": rows[: query.limit], "next": next_of(rows, query)}


STATUS_UPDATES = Report(
    "status-updates",
    StatusUpdatesQuery,
    status_updates,
    columns=(
        Column("name", "Lead", "lead"),
        Column("id"),
        Column("kind", "Fact", "fact"),
        Column("by", "Reported by", "rep"),
        Column("team"),
        Column("occurred", "Occurred", "when"),
        Column("recorded", "Recorded", "when"),
        Column("due", "To be recorded by", "when"),
        Column("verdict", "Verdict", "words"),
        Column("late"),
        Column("target"),
        Column("fact"),
    ),
    summary="Facts of sales: recorded in time, or late",
    title="Status kept up to date",
    page=True,
)
