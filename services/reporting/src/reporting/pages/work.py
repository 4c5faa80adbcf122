"""Pages of work: the inbox, the pools, the outbox."""

from typing import Final

from fastapi import Request
from fastapi.responses import Response

from reporting.filters import DecisionsQuery, InboxQuery, PageQuery
from reporting.pages.page_router import PageRouter, query_of
from reporting.reports.decisions import decisions
from reporting.reports.expansion import expansion
from reporting.reports.inbox import inbox
from reporting.reports.pools import pool, pools
from reporting.reports.report import ReportScope
from reporting.store import leads
from reporting.store import pools as pool_store
from reporting.store.notices import notices

WORK: Final = ("open", "opportunities")
"""What stands in a rep's inbox."""


def add_work(pages: PageRouter) -> None:
    """Adds the pages of daily work: the inbox, the pools, one pool, and the outbox."""

    @pages.page("/inbox")
    async def inbox_page(request: Request, scope: ReportScope) -> Response:
        query = query_of(InboxQuery, request)
        open_work = await pool_store.open_work(scope.tx)
        return pages.renderer.page(
            request,
            "inbox.html",
            scope.now,
            **await inbox(scope, query),
            who=query.rep,
            decisions=(await decisions(scope, DecisionsQuery(manager=query.rep)))["items"],
            growing=(await expansion(scope, query.model_copy(update={"limit": 50, "after": None})))["items"],
            known=await leads.known(scope.tx),
            reps=[
                {"id": rep.id, "name": rep.name, "work": sum(open_work.get(rep.id, {}).get(one, 0) for one in WORK)}
                for rep in sorted(scope.agreement.teams.reps, key=lambda rep: rep.name)
            ],
            regions=[region.name for region in scope.agreement.routing.regions],
            reasons=[reason for reason in scope.agreement.routing.reject_reasons if reason.chosen_by_rep],
        )

    @pages.page("/pools")
    async def pools_page(request: Request, scope: ReportScope) -> Response:
        answer = await pools(scope, PageQuery(limit=500))
        return pages.renderer.page(request, "pools.html", scope.now, pools=answer["items"], pool=None)

    @pages.page("/pools/{pool}")
    async def pool_page(request: Request, scope: ReportScope) -> Response:
        shown = await pool(scope, request.path_params["pool"])
        return pages.renderer.page(request, "pools.html", scope.now, pools=[], pool=shown)

    @pages.page("/outbox")
    async def outbox_page(request: Request, scope: ReportScope) -> Response:
        return pages.renderer.page(request, "outbox.html", scope.now, notices=await notices(scope.tx))
