"""Action items of the meetings: an open one is carried over from pack to pack until somebody ticks it."""

from typing import Literal
from zoneinfo import ZoneInfo

from reporting.filters import PageQuery, page_of
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import teamwork as store


class ActionItemsQuery(PageQuery):
    """Of which pack, with what was carried over into it; all packs' without one."""

    pack: str | None = None
    state: Literal["open", "done"] | None = None


async def action_items(scope: ReportScope, query: ActionItemsQuery) -> Answer:
    """Open ones first, by their due date. `carried`: it is of another pack than the one asked for. `open` counts."""
    today = scope.now.astimezone(ZoneInfo(scope.zone)).date()
    every = await store.action_items(scope.tx)
    items = [
        {
            **row,
            "owner_name": scope.people.name(row["owner"]) if row["owner"] else None,
            "overdue": bool(row["due"] and not row["done"] and row["due"] < today),
            "carried": query.pack is not None and row["pack"] != query.pack,
        }
        for row in every
        if (query.state is None or row["done"] == (query.state == "done"))
        and (query.pack is None or row["pack"] == query.pack or not row["done"])
    ]
    return page_of({"open": sum(not row["done"] for row in every), "items": items}, query)


ACTION_ITEMS = Report(
    "action-items",
    ActionItemsQuery,
    action_items,
    columns=(
        Column("item"),
        Column("text", "What"),
        Column("owner_name", "Who"),
        Column("owner"),
        Column("due", "Due"),
        Column("overdue"),
        Column("pack", "From"),
        Column("carried"),
        Column("done", "Done"),
        Column("since"),
        Column("by"),
        Column("done_by"),
        Column("done_at"),
    ),
    summary="Action items of the meetings, carried over until they are done",
    title="Action items",
    page=True,
)
