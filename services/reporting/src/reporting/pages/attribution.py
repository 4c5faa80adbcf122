"""The page of attribution: all models side by side, divided as one likes, and what customers say of it themselves."""

from typing import Final

from fastapi import Request
from fastapi.responses import Response

from reporting.filters import DashboardQuery, refuse_unknown
from reporting.pages.dashboard import bar_of, shared_of
from reporting.pages.page_router import PageRouter
from reporting.pages.panels import card_of, narrowed
from reporting.reports.attribution_groups import ATTRIBUTION_GROUPS
from reporting.reports.models import MODELS
from reporting.reports.report import ReportScope
from reporting.reports.self_reported import SELF_REPORTED

PATH: Final = "/attribution"


def add_attribution(pages: PageRouter) -> None:
    """Adds `/attribution`; `by` says how the credited touches are divided."""

    @pages.page(PATH)
    async def attribution_page(request: Request, scope: ReportScope) -> Response:
        query = narrowed(DashboardQuery, request)
        refuse_unknown(query, scope.agreement)
        values = await shared_of(request, scope, query, PATH)
        shown = (MODELS, ATTRIBUTION_GROUPS, SELF_REPORTED)
        cards = [await card_of(pages, request, report, scope.now, values) for report in shown]
        idle = cards[0].idle
        bar = await bar_of(pages, request, scope, query, PATH)
        return pages.renderer.page(request, "attribution.html", scope.now, cards=cards, idle=idle, **bar, **values)
