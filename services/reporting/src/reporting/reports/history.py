"""History: what would have happened, had an import or a batch of old news come in time. History calls nobody."""

from urllib.parse import quote

from reporting.filters import PageQuery, next_of, offset_of
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import history as store
from runtime.errors import Refused


class NoSuchBatch(Refused):
    """No old news came under this name that would have called anybody."""

    status = 404


async def history(scope: ReportScope, query: PageQuery) -> Answer:
    """One page of the imports and batches of old news, the last received first, each with the list behind it."""
    rows = await store.batches(scope.tx, query.limit + 1, offset_of(query))
    items = [{**row, "list": f"/api/history/{quote(row['batch'], safe='')}"} for row in rows[: query.limit]]
    return {"items": items, "next": next_of(rows, query)}


async def batch(scope: ReportScope, name: str, query: PageQuery) -> Answer:
    """Who would have been called by one import or batch, when and by which rule. Raises NoSuchBatch."""
    rows = await store.batch(scope.tx, name, query.limit + 1, offset_of(query))
    if not rows and not offset_of(query):
        raise NoSuchBatch(f"nothing came as {name!r} that would have called anybody")
    items = [{**row, "rep_name": scope.people.name(row["rep"]) if row["rep"] else None} for row in rows[: query.limit]]
    return {"batch": name, "items": items, "next": next_of(rows, query)}


HISTORY = Report(
    "history",
    PageQuery,
    history,
    columns=(
        Column("batch", "Import or batch"),
        Column("calls", "Calls", "number", link="list"),
        Column("leads", "Leads", "number"),
        Column("first_at", "From", "when"),
        Column("last_at", "To", "when"),
        Column("received_at", "Received", "relative"),
    ),
    summary="What would have happened, had old news come in time",
    title="History",
    note="Who would have been called; history calls nobody",
)
