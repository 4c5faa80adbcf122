"""Routes of the pages: ask the same answers as the API, and dress them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from reporting.answers import lanes, leads, work
from reporting.asked import Asked, AskedFunnel, AskedLeads, link
from reporting.pages import dashboard, demo
from reporting.pages.chapters import chapters
from reporting.pages.frame import Frame
from reporting.pages.live import Pulse
from reporting.store import leads as lead_store
from reporting.store import reports as report_store
from reporting.store import work as work_store
from runtime.errors import Refused
from runtime.http.access import require
from runtime.service import Context

A = TypeVar("A", bound=Asked)
Shown = Callable[[Request], Awaitable[Response]]
_QUIET = ("clock.started", "clock.reminded", "notice.", "lead.scored", "lead.updated", "clock.voided")
_STRONG = ("lead.assigned", "lead.accepted", "lead.returned", "lead.qualified", "deal.", "clock.breached")


def router(context: Context, pulse: Pulse) -> APIRouter:
    pages = APIRouter(include_in_schema=False)
    frame = Frame(context)
    seen = [Depends(require("read"))]

    def page(path: str) -> Callable[[Shown], Shown]:
        def keep(shown: Shown) -> Shown:
            async def guarded(request: Request) -> Response:
                request.state.seen = await pulse.look()
                try:
                    return await shown(request)
                except ValidationError:
                    return RedirectResponse(request.url.path, 303)
                except Refused as refusal:
                    async with context.database.begin() as tx:
                        now = await context.clock.now(tx)
                    given = {"title": refusal.title, "detail": refusal.detail or refusal.title}
                    return frame.page(request, "problem.html", now, refusal.status, **given)

            pages.add_api_route(path, guarded, methods=["GET"], dependencies=seen, response_model=None)
            return shown

        return keep

    _overview(page, frame, context)
    _of_leads(page, frame, context)
    _of_work(page, frame, context)
    _of_house(page, frame, context)
    demo.routes(pages, frame, context)

    @pages.get("/live", response_class=EventSourceResponse, dependencies=seen)
    async def live(seen: int | None = None) -> AsyncIterator[ServerSentEvent]:
        async for one in pulse.news(seen):
            yield one

    @pages.get("/static/{name}")
    async def static(name: str) -> Response:
        return frame.file(name)

    return pages


Page = Callable[[str], Callable[[Shown], Shown]]


def given(model: type[A], request: Request) -> A:
    """The page's filters; empty ones are as if they were not there. Raises ValidationError for nonsense."""
    return model.model_validate({name: value for name, value in request.query_params.items() if value})


def changed(request: Request) -> Callable[..., str]:
    """Makes the address of this page with other parameters; null takes one away, and lists start anew."""

    def with_(**other: Any) -> str:
        kept = {name: value for name, value in request.query_params.items() if value and name != "after"}
        if "range" in other:
            kept = {name: value for name, value in kept.items() if name not in ("from", "to")}
        return link(request.url.path, **{**kept, **other})

    return with_


def _overview(page: Page, frame: Frame, context: Context) -> None:
    @page("/")
    async def home(request: Request) -> Response:
        asked = given(AskedFunnel, request)
        async with context.database.begin() as tx:
            now = await context.clock.now(tx)
            shown = await dashboard.gather(tx, context.agreement, asked, now)
        return frame.page(request, "dashboard.html", now, with_=changed(request), **shown)


def _of_leads(page: Page, frame: Frame, context: Context) -> None:
    agreed = context.agreement

    @page("/leads")
    async def listed(request: Request) -> Response:
        asked = given(AskedLeads, request)
        with_ = changed(request)
        async with context.database.begin() as tx:
            now = await context.clock.now(tx)
            found = await leads.listed(tx, agreed, asked, now)
            total = await lead_store.count(tx, await leads.wanted(tx, asked, agreed, now))
            some = (await report_store.values(tx))["leads"]
        in_form = {"q", "stage", "band", "owner", "after"}
        filters = {k: v for k, v in request.query_params.items() if v and k not in in_form}
        chips = [
            (name, value, with_(**{name: None})) for name, value in filters.items() if name not in ("sort", "limit")
        ]
        return frame.page(
            request,
            "leads.html",
            now,
            **found,
            asked=asked,
            total=total,
            some=some,
            with_=with_,
            kept=list(filters.items()),
            chips=chips,
            behind=_behind(asked),
            query=request.url.query,
            stages=[term.name for term in agreed.definitions.stages],
            reps=agreed.teams.reps,
        )

    @page("/leads/{lead}")
    async def one(request: Request) -> Response:
        async with context.database.begin() as tx:
            now = await context.clock.now(tx)
            lead = await leads.one(tx, agreed, request.path_params["lead"])
        for line in lead["timeline"]:
            quiet, strong = line["type"].startswith(_QUIET), line["type"].startswith(_STRONG)
            line["weight"] = "quiet" if quiet else "strong" if strong else ""
        titles = {promise.name: promise.title for promise in agreed.service_levels.promises}
        return frame.page(request, "lead.html", now, lead=lead, titles=titles)

    @page("/explain/{decision:path}")
    async def why(request: Request) -> Response:
        async with context.database.begin() as tx:
            now = await context.clock.now(tx)
            found = await work.explain(tx, agreed, request.path_params["decision"])
        return frame.page(request, "explain.html", now, found=found)


def _behind(asked: AskedLeads) -> str:
    """What number this list stands behind, in words."""
    if asked.reached and asked.stalled:
        return f"that reached {asked.reached} and not yet {asked.stalled}"
    if asked.reached:
        return f"behind the number of {asked.reached} in the funnel"
    if asked.rejected:
        return f"that came back: {asked.rejected.replace('_', ' ')}"
    if asked.promise:
        return f"behind the promise “{asked.promise.replace('_', ' ')}” ({asked.kept or 'judged'})"
    return ""


def _of_work(page: Page, frame: Frame, context: Context) -> None:
    agreed = context.agreement

    @page("/inbox")
    async def inbox(request: Request) -> Response:
        who = request.query_params.get("rep") or None
        async with context.database.begin() as tx:
            now = await context.clock.now(tx)
            found = await work.inbox(tx, agreed, who, now, after=request.query_params.get("after"))
            open_work = await work_store.open_work(tx)
            some = (await report_store.values(tx))["leads"]
        reps = [
            {"id": rep.id, "name": rep.name, "open": open_work.get(rep.id, {}).get("open", 0)}
            for rep in sorted(agreed.teams.reps, key=lambda rep: rep.name)
        ]
        reasons = [reason for reason in agreed.routing.reject_reasons if reason.chosen_by_rep]
        return frame.page(request, "inbox.html", now, **found, who=who, reps=reps, reasons=reasons, some=some)

    @page("/pools")
    async def pools(request: Request) -> Response:
        async with context.database.begin() as tx:
            now = await context.clock.now(tx)
            found = await work.pools(tx, agreed)
        return frame.page(request, "pools.html", now, pools=found["items"], pool=None)

    @page("/pools/{pool}")
    async def pool(request: Request) -> Response:
        async with context.database.begin() as tx:
            now = await context.clock.now(tx)
            found = await work.pool(tx, agreed, request.path_params["pool"])
        return frame.page(request, "pools.html", now, pools=[], pool=found)

    @page("/outbox")
    async def outbox(request: Request) -> Response:
        async with context.database.begin() as tx:
            now = await context.clock.now(tx)
            found = await work_store.notices(tx)
        return frame.page(request, "outbox.html", now, notices=found)


def _of_house(page: Page, frame: Frame, context: Context) -> None:
    agreed = context.agreement
    book = chapters(agreed)

    async def moment(tx: AsyncConnection) -> Any:
        return await context.clock.now(tx)

    @page("/agreement")
    async def agreement(request: Request) -> Response:
        async with context.database.begin() as tx:
            now = await moment(tx)
        return frame.page(request, "agreement.html", now, agreement=agreed, chapters=book)

    @page("/operations")
    async def operations(request: Request) -> Response:
        async with context.database.begin() as tx:
            now = await moment(tx)
            found = await lanes.lanes(tx, agreed, ships=context.settings.kafka is not None)
        return frame.page(request, "operations.html", now, lanes=found, services=lanes.by_service(found["items"]))
