"""Pages of partners: the comparison for us, and one partner's own page with briefing, performance and notes."""

from typing import Any

from fastapi import Request
from fastapi.responses import Response

from reporting.filters import ListQuery, ReportQuery
from reporting.pages.briefing import briefing
from reporting.pages.filter_choices import RANGES, days_in_words
from reporting.pages.page_router import PageRouter, query_of
from reporting.reports.partners import PARTNERS, own_partner, partner, partners
from reporting.reports.report import ReportScope


def add_partners(pages: PageRouter) -> None:
    """Adds `/partners`, which shows somebody of a partner the own page, and `/partners/{partner}`."""

    @pages.page("/partners")
    async def partners_page(request: Request, scope: ReportScope) -> Response:
        own = own_partner()
        if own is not None:
            return await _one(pages, request, scope, own)
        query = query_of(ListQuery, request)
        shown = await partners(scope, query)
        return pages.renderer.page(
            request,
            "partners.html",
            scope.now,
            partners=shown,
            heading=PARTNERS.finding(shown) or "What each partner brings",
            definition=PARTNERS.definition,
            **_days(scope, query),
        )

    @pages.page("/partners/{partner}")
    async def partner_page(request: Request, scope: ReportScope) -> Response:
        return await _one(pages, request, scope, request.path_params["partner"])


async def _one(pages: PageRouter, request: Request, scope: ReportScope, key: str) -> Response:
    query = query_of(ReportQuery, request)
    return pages.renderer.page(
        request,
        "partner.html",
        scope.now,
        partner=await partner(scope, key, query),
        own=own_partner() is not None,
        briefing=briefing(scope.agreement, scope.people.name),
        agreed=scope.agreement.version,
        **_days(scope, query),
    )


def _days(scope: ReportScope, query: ReportQuery) -> dict[str, Any]:
    return {
        "days": days_in_words(scope.period(query)),
        "range": None if query.from_ or query.to else query.range or "90d",
        "ranges": RANGES,
    }
