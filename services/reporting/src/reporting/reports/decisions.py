"""What waits for a manager: everybody has had the lead, or it was passed on too often."""

from reporting.filters import DecisionsQuery, next_of, offset_of
from reporting.reports.inbox import rep_id
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import places as store


async def decisions(scope: ReportScope, query: DecisionsQuery) -> Answer:
    """Leads that wait for a manager's decision, with the choices. Raises Malformed for a manager nobody knows."""
    manager = rep_id(scope, query.manager, "manager")
    rows = await store.decisions(scope.tx, manager, query.limit + 1, offset_of(query))
    items = [
        {
            **row,
            "manager_name": scope.people.name(row["manager"]),
            "owner_name": scope.people.name(row["owner"]) if row["owner"] else None,
            "candidates": row["candidates"] or [],
        }
        for row in rows[: query.limit]
    ]
    return {"items": items, "next": next_of(rows, query)}


async def to_decide(scope: ReportScope, listed: Answer, manager: str | None) -> int:
    """How many leads wait in all, of which an answer of `decisions` lists the first ones."""
    if listed["next"] is None:
        return len(listed["items"])
    return await store.to_decide(scope.tx, rep_id(scope, manager, "manager"))


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
