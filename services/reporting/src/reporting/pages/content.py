"""The page of the content library: what reaches whom, what sales asks for, and the forms of both teams."""

from fastapi import Request
from fastapi.responses import Response

from agreement.content import PERSONA_WORDS
from events.vocabulary import FUNNEL_STAGES
from reporting.filters import PageQuery
from reporting.pages.page_router import PageRouter, query_of
from reporting.reports.content import CONTENT, REASONS, content
from reporting.reports.report import ReportScope


def add_content(pages: PageRouter) -> None:
    """Adds `/content`; its forms are posted to ingest (`/sales`, `/api/content`)."""

    @pages.page("/content")
    async def content_page(request: Request, scope: ReportScope) -> Response:
        query = query_of(PageQuery, request).model_copy(update={"limit": 500})
        shown = await content(scope, query)
        return pages.renderer.page(
            request,
            "content.html",
            scope.now,
            content=shown,
            heading=CONTENT.finding(shown) or "What marketing published, and whether anybody uses it",
            definition=CONTENT.definition,
            personas=PERSONA_WORDS,
            stages=FUNNEL_STAGES,
            reasons=REASONS,
        )
