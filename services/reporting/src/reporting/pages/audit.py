"""The audit as a page and as JSON: who did what to which object, the newest first."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from reporting.pages.page_router import PageRouter, address_with, query_of
from reporting.reports.report import Answer, ReportScope
from runtime.database.connection import Connection
from runtime.http.access import require
from runtime.http.audit import audit_entries, object_id
from runtime.http.lazy_route import LazyRoute
from runtime.service import Context

MANNERS: Final = {"switch": "on this machine"}
"""What is said beside the name of how somebody was known, where the name does not say it."""
_NEWEST: Final = 2**63 - 1


class AuditQuery(BaseModel):
    """One page of the audit; by who did it, or by what it was done to."""

    model_config = ConfigDict(extra="forbid")

    who: Annotated[str | None, Field(max_length=200)] = None
    object: Annotated[str | None, Field(max_length=1000)] = None
    limit: Annotated[int, Field(ge=1, le=500)] = 50
    after: Annotated[int | None, Field(ge=1, le=_NEWEST)] = None
    """Take it from `next` of the page before."""


async def audit(tx: Connection, query: AuditQuery) -> Answer:
    """`items` and `next`."""
    rows: list[dict[str, Any]] = await audit_entries(
        tx,
        limit=query.limit + 1,
        before=query.after,
        who=query.who,
        about=object_id(query.object) if query.object else None,
    )
    shown = rows[: query.limit]
    return {"items": shown, "next": str(shown[-1]["id"]) if len(rows) > query.limit else None}


def add_audit(pages: PageRouter) -> None:
    """Adds `/audit`."""

    @pages.page("/audit", scope="admin")
    async def audit_page(request: Request, scope: ReportScope) -> Response:
        query = query_of(AuditQuery, request)
        return pages.renderer.page(
            request, "audit.html", scope.now, **await audit(scope.tx, query), query=query, with_=address_with(request),
            manners=MANNERS,
        )  # fmt: skip


def router(context: Context) -> APIRouter:
    """`GET /api/audit`."""
    routes = APIRouter(
        route_class=LazyRoute, prefix="/api", tags=["reporting"], dependencies=[Depends(require("admin"))]
    )

    @routes.get("/audit", summary="Who did what to which object, and who looked at whose data")
    async def listed(query: Annotated[AuditQuery, Query()]) -> Answer:
        async with context.database.begin() as tx:
            return await audit(tx, query)

    return routes
