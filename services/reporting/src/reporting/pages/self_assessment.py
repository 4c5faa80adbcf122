"""The page of the self-assessment: the score of each question with its evidence, and the yearly form."""

from fastapi import Request
from fastapi.responses import Response

from reporting.filters import NoQuery
from reporting.pages.page_router import PageRouter, query_of
from reporting.pages.panels import panel_of
from reporting.reports.report import ReportScope
from reporting.reports.self_assessment import SELF_ASSESSMENT


def add_self_assessment(pages: PageRouter) -> None:
    """Adds `/self-assessment`; an answer is the fact `assessed`, posted to ingest by a form of its own."""

    @pages.page("/self-assessment")
    async def self_assessment_page(request: Request, scope: ReportScope) -> Response:
        query_of(NoQuery, request)
        panel = await panel_of(pages, request, scope, SELF_ASSESSMENT)
        return pages.renderer.page(request, "self_assessment.html", scope.now, panel=panel)
