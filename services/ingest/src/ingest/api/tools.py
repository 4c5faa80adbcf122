"""Which tools send, how much a day, since when one is silent, and what of it nobody knows."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query

from ingest import store
from ingest.api.checks import allow
from runtime.http.lazy_route import LazyRoute
from runtime.service import Context

_LONGEST: Final = 31


def router(context: Context) -> APIRouter:
    """`GET /api/tools`; days are those of the house."""
    zone = context.agreement.definitions.house.zone
    routes = APIRouter(route_class=LazyRoute, prefix="/api", tags=["turned away"])

    @routes.get("/tools", summary="Events a day by tool, the last of each, and names of events that nobody knows")
    async def tools(
        _: Annotated[object, Depends(allow("read"))], days: Annotated[int, Query(ge=1, le=_LONGEST)] = 14
    ) -> dict[str, list[dict[str, Any]]]:
        async with context.database.begin() as tx:
            by_day = await store.events_by_day(tx, await context.clock.now(tx), days, zone)
            unknown = await store.unknown_names(tx)
        return {"items": by_source(by_day), "unknown": unknown}

    return routes


def by_source(by_day: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row for each source: its days with their counts, all of them together, and when the last event came."""
    rows: dict[str, dict[str, Any]] = {}
    for one in by_day:
        row = rows.setdefault(one["source"], {"source": one["source"], "events": 0, "last_at": None, "days": {}})
        row["days"][one["day"].isoformat()] = one["events"]
        row["events"] += one["events"]
        row["last_at"] = max(filter(None, (row["last_at"], one["last_at"])))
    return sorted(rows.values(), key=lambda row: -row["events"])
