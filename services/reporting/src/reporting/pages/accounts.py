"""The page of one company."""

from fastapi import Request
from fastapi.responses import Response

from reporting.pages.page_router import PageRouter
from reporting.reports.account import account
from reporting.reports.report import ReportScope


def add_accounts(pages: PageRouter) -> None:
    """Adds `/accounts/{domain}`."""

    @pages.page("/accounts/{domain}")
    async def account_page(request: Request, scope: ReportScope) -> Response:
        shown = await account(scope, request.path_params["domain"])
        return pages.renderer.page(request, "account.html", scope.now, account=shown)
