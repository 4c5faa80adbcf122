"""All pages: those of the reports, of leads, of work, of the house; the live stream and the static files."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from reporting.filters import LanesQuery, PageQuery, StewardsQuery
from reporting.pages.agreement import MarkOf, chapters, no_mark
from reporting.pages.dashboard import add_dashboard
from reporting.pages.deals import add_deals
from reporting.pages.demo import add_demo
from reporting.pages.leads import add_leads
from reporting.pages.live import LiveUpdates
from reporting.pages.page_router import PageRouter
from reporting.pages.work import add_work
from reporting.reports import REPORTS
from reporting.reports.history import history
from reporting.reports.lanes import by_service, lanes
from reporting.reports.report import Report, ReportScope
from reporting.reports.stewards import stewards
from reporting.reports.unowned import count_places, unowned
from runtime.service import Context

SHOWN_QUESTIONS: Final = 20
SHOWN_DECISIONS: Final = 5
"""What the operations page shows of the stewards' queue."""


def router(
    context: Context, updates: LiveUpdates, reports: Sequence[Report[Any]] = REPORTS, mark: MarkOf = no_mark
) -> APIRouter:
    """`mark` says of a field of the agreement that it is prose, or moves nothing yet (pages/agreement.py)."""
    pages = PageRouter(context, updates)
    add_dashboard(pages, reports)
    add_leads(pages)
    add_deals(pages)
    add_work(pages)
    _add_house(pages, mark)
    add_demo(pages)

    @pages.routes.get("/live", response_class=EventSourceResponse, dependencies=pages.readers)
    async def live(seen: int | None = None) -> AsyncIterator[ServerSentEvent]:
        async for news in updates.news(seen):
            yield news

    @pages.routes.get("/static/{name}")
    async def static(name: str) -> Response:
        return pages.renderer.file(name)

    return pages.routes


def _add_house(pages: PageRouter, mark: MarkOf) -> None:
    shown = chapters(pages.context.agreement, mark)

    @pages.page("/agreement")
    async def agreement_page(request: Request, scope: ReportScope) -> Response:
        return pages.renderer.page(
            request, "agreement.html", scope.now, version=scope.agreement.version, chapters=shown
        )

    @pages.page("/operations")
    async def operations_page(request: Request, scope: ReportScope) -> Response:
        answer = await lanes(scope, LanesQuery())
        services = by_service(answer["items"])
        places = await count_places(scope)
        astray = await unowned(scope, PageQuery()) if places["unowned"] else None
        return pages.renderer.page(
            request,
            "operations.html",
            scope.now,
            lanes=answer,
            services=services,
            places=places,
            astray=astray,
            stewards=await stewards(scope, StewardsQuery(limit=SHOWN_QUESTIONS)),
            decided=await stewards(scope, StewardsQuery(limit=SHOWN_DECISIONS, closed=True)),
            past=(await history(scope, PageQuery(limit=10)))["items"],
        )
