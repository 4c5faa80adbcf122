"""Routes of interface.md, section 3: each asks one answer in one transaction."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from reporting.answers import credit, lanes, leads, reports, work
from reporting.api import exports
from reporting.asked import Asked, AskedAttribution, AskedFunnel, AskedLeads, AskedList, paged
from runtime.http.access import require
from runtime.service import Context

Answer = dict[str, Any]
Limit = Annotated[int, Query(ge=1, le=500)]


def router(context: Context) -> APIRouter:
    routes = APIRouter(prefix="/api", tags=["reporting"], dependencies=[Depends(require("read"))])
    _about_leads(routes, context)
    _about_reports(routes, context)
    _about_work(routes, context)
    exports.routes(routes, context)
    return routes


def _about_leads(routes: APIRouter, context: Context) -> None:
    agreed = context.agreement

    @routes.get("/leads", summary="The list behind every number")
    async def list_leads(asked: Annotated[AskedLeads, Query()]) -> Answer:
        async with context.database.begin() as tx:
            return await leads.listed(tx, agreed, asked, await context.clock.now(tx))

    @routes.get("/leads/{lead}", summary="All that is known of a lead, by id or e-mail address")
    async def one_lead(lead: str) -> Answer:
        async with context.database.begin() as tx:
            return await leads.one(tx, agreed, lead)


def _about_reports(routes: APIRouter, context: Context) -> None:
    agreed = context.agreement

    @routes.get("/funnel", summary="Stages, conversions and times, by cohort or by activity")
    async def funnel(asked: Annotated[AskedFunnel, Query()]) -> Answer:
        async with context.database.begin() as tx:
            return await reports.funnel(tx, agreed, asked, await context.clock.now(tx))

    @routes.get("/service-levels", summary="What both teams promised, and what they kept")
    async def service_levels(asked: Annotated[Asked, Query()]) -> Answer:
        async with context.database.begin() as tx:
            return await reports.service_levels(tx, agreed, asked, await context.clock.now(tx))

    @routes.get("/rejections", summary="Offers that came back, by reason")
    async def rejections(asked: Annotated[Asked, Query()]) -> Answer:
        async with context.database.begin() as tx:
            return await reports.rejections(tx, agreed, asked, await context.clock.now(tx))

    @routes.get("/sources", summary="Where leads come from, what they cost and bring")
    async def sources(asked: Annotated[AskedList, Query()]) -> Answer:
        async with context.database.begin() as tx:
            found = await reports.sources(tx, agreed, asked, await context.clock.now(tx))
        return paged(found, asked.limit, asked.after)

    @routes.get("/attribution", summary="Revenue credited to touches, under a named model")
    async def attribution(asked: Annotated[AskedAttribution, Query()]) -> Answer:
        async with context.database.begin() as tx:
            found = await credit.attribution(tx, agreed, asked, await context.clock.now(tx))
        return paged(found, asked.limit, asked.after)

    @routes.get("/goals", summary="Revenue goals worked backwards")
    async def goals() -> Answer:
        async with context.database.begin() as tx:
            return await reports.goals(tx, agreed, await context.clock.now(tx))


def _about_work(routes: APIRouter, context: Context) -> None:
    agreed = context.agreement

    @routes.get("/inbox", summary="Open work of a rep, most urgent first")
    async def inbox(rep: str | None = None, limit: Limit = 50, after: str | None = None) -> Answer:
        async with context.database.begin() as tx:
            now = await context.clock.now(tx)
            return await work.inbox(tx, agreed, rep, now, limit=limit, after=after)

    @routes.get("/pools", summary="Pools with their members and turns")
    async def pools(limit: Limit = 50, after: str | None = None) -> Answer:
        async with context.database.begin() as tx:
            return paged(await work.pools(tx, agreed), limit, after)

    @routes.get("/pools/{pool}", summary="One pool with its last picks and their candidate tables")
    async def pool(pool: str) -> Answer:
        async with context.database.begin() as tx:
            return await work.pool(tx, agreed, pool)

    @routes.get("/explain/{decision:path}", summary="A decision down to its events")
    async def explain(decision: str) -> Answer:
        async with context.database.begin() as tx:
            return await work.explain(tx, agreed, decision)

    @routes.get("/lanes", summary="How far every lane has read, said and shipped; dead letters; versions")
    async def all_lanes(limit: Limit = 500, after: str | None = None) -> Answer:
        async with context.database.begin() as tx:
            return paged(await lanes.lanes(tx, agreed, ships=context.settings.kafka is not None), limit, after)
