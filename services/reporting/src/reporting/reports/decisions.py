"""What waits for a manager: everybody has had the lead, or it was passed on too often."""

from reporting.filters import DecisionsQuery, cursor, read_cursor
from reporting.reports.inbox import rep_id
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import places as store


async def decisions(scope: ReportScope, query: DecisionsQuery) -> Answer:
    """Leads that wait for a manager's decision, with the choices. Raises Malformed for a manager nobody knows."""
    offset = int(read_cursor(query.after, int)[0]) if query.after else 0
    manager = rep_id(scope, query.manager, "manager")
    rows = await store.decisions(scope.tx, manager, query.limit + 1, offset)
    items = [
        {
            **row,
            "manager_name": scope.people.name(row["manager"]),
            "owner_name": scope.people.name(row["owner"]) if row["owner"] else None,
            "candidates": row["candidates"] or [],
        }
        for row in rows[: query.limit]
    ]
    return {"items": items, "next": cursor(offset + query.limit) if len(rows) > query.limit else None}


DECISIONS = Report(
    "decisions",
    DecisionsQuery,
    decisions,
    columns=(
        Column("lead"),
        Column("name", "Name", "lead"),
        Column("company", "Company"),
        Column("total", "Score", "score"),
        Column("status", "Status", "words"),
        Column("owner_name", "Owner"),
        Column("manager_name", "Decides"),
        Column("why", "Why"),
        Column("since", "Since", "relative"),
    ),
    summary="What waits for a manager, with the choices",
    title="Decisions",
)
