"""Routes of the JSON API: two for each report, and those of one lead, one pool, one decision."""

from collections.abc import Iterable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from events.body import plain
from reporting.api.csv import file_of
from reporting.filters import PageQuery, ReportQuery
from reporting.reports import REPORTS, deals, fairness, history, packs, partners, pools
from reporting.reports import account as accounts
from reporting.reports import decision as decisions
from reporting.reports import lead as leads
from reporting.reports.answering import answer_of
from reporting.reports.report import Answer, Report, open_scope
from runtime.http.access import require
from runtime.http.audit import identify
from runtime.http.lazy_route import LazyRoute
from runtime.service import Context


def router(context: Context, reports: Iterable[Report[Any]] = REPORTS) -> APIRouter:
    """The routes below `/api`: of each report its JSON and its CSV, then those of one lead, pool or decision."""
    routes = APIRouter(
        route_class=LazyRoute, prefix="/api", tags=["reporting"], dependencies=[Depends(require("read"))]
    )
    for report in reports:
        _json(routes, context, report)
        _csv(routes, context, report)
    _of_one(routes, context)
    return routes


def _json(routes: APIRouter, context: Context, report: Report[Any]) -> None:
    async def endpoint(query: Any, request: Request) -> Answer:
        async with open_scope(context) as scope:
            return _plain(await answer_of(report, scope, query, request.query_params))

    endpoint.__annotations__["query"] = Annotated[report.query, Query()]
    routes.add_api_route(
        f"/{report.name}", endpoint, methods=["GET"], name=report.name.replace("-", "_"), summary=report.summary
    )


def _csv(routes: APIRouter, context: Context, report: Report[Any]) -> None:
    async def endpoint(query: Any) -> Response:
        async with open_scope(context) as scope:
            return await file_of(report, scope, query)

    endpoint.__annotations__["query"] = Annotated[report.query, Query()]
    routes.add_api_route(
        f"/export/{report.name}.csv",
        endpoint,
        methods=["GET"],
        name=f"{report.name.replace('-', '_')}_csv",
        summary=f"{report.name.replace('-', ' ').capitalize()} as CSV",
        response_class=Response,
    )


_RECORD: Final = (
    "In `stages`, `implied` means that the lead skipped the stage, which is filled in, as in the funnel. An offer in "
    "`assignments` that was accepted `by_contact` got no answer: its rep was in contact with the person."
)


def _of_one(routes: APIRouter, context: Context) -> None:
    @routes.get("/leads/{lead}", summary="All that is known of a lead, by id or e-mail address", description=_RECORD)
    async def one_lead(lead: str, request: Request) -> Answer:
        async with open_scope(context) as scope:
            shown = await leads.lead(scope, lead)
        identify(request.scope, shown["id"])
        return _plain(shown)

    @routes.get("/accounts/{domain}", summary="One company: what is known of it, its people, account score and deals")
    async def one_account(domain: str) -> Answer:
        async with open_scope(context) as scope:
            return _plain(await accounts.account(scope, domain))

    @routes.get("/partners/{partner}", summary="One partner: what it brings, the briefing, and what we tell each other")
    async def one_partner(partner: str, query: Annotated[ReportQuery, Query()]) -> Answer:
        async with open_scope(context) as scope:
            return _plain(await partners.partner(scope, partner, query))

    @routes.get("/pools/{pool}", summary="One pool with its last picks and their candidate tables")
    async def one_pool(pool: str) -> Answer:
        async with open_scope(context) as scope:
            return _plain(await pools.pool(scope, pool))

    @routes.get("/fairness/{pool}", summary="The certificate of one pool, with the log of picks that it signs")
    async def one_certificate(pool: str, query: Annotated[fairness.FairnessQuery, Query()]) -> Answer:
        async with open_scope(context) as scope:
            return _plain(await fairness.one_certificate(scope, query.model_copy(update={"pool": pool})))

    @routes.get("/deals/{deal:path}", summary="One deal: contacts, facts, touches, and its credits under each model")
    async def one_deal(deal: str) -> Answer:
        async with open_scope(context) as scope:
            return _plain(await deals.deal(scope, deal))

    @routes.get("/packs/{pack}", summary="One pack: its frozen parts, action items, and what later facts have changed")
    async def one_pack(pack: str) -> Answer:
        async with open_scope(context) as scope:
            return _plain(await packs.pack(scope, pack))

    @routes.get("/history/{batch:path}", summary="Who would have been called by an import or a batch of old news")
    async def one_batch(batch: str, query: Annotated[PageQuery, Query()]) -> Answer:
        async with open_scope(context) as scope:
            return _plain(await history.batch(scope, batch, query))

    @routes.get("/explain/{decision:path}", summary="A decision, or where a lead is, down to its events")
    async def explain(decision: str) -> Answer:
        async with open_scope(context) as scope:
            return _plain(await decisions.decision(scope, decision))


def _plain(answer: Answer) -> Answer:
    """Amounts of money as JSON has them."""
    values: Answer = plain(answer)
    return values
