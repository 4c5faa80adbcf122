"""GET /api/outbox: notices as delivered or waiting, with the text people read (or would read now)."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from pydantic import AwareDatetime, BaseModel

from notifier.decide import LeadView, Terms
from notifier.deliver import HandOver
from notifier.render import MAIL_POLICY, SLACK_POLICY, NoticeView, message, slack_page, text
from notifier.render.wording import format_time
from notifier.store import leads, listing, queue
from runtime.errors import InputProblem, Refused
from runtime.http.access import Caller, require
from runtime.http.lazy_route import LazyRoute
from runtime.http.page_forms import page_form
from runtime.http.problems import Malformed
from runtime.service import Context

NoticeReader = Annotated[Caller, Depends(require("read"))]

NoticeSender = Annotated[Caller, Depends(require("admin"))]


class NoSuchNotice(Refused):
    """There is no such notice."""

    status = 404


class NotSentAgain(Refused):
    """This notice cannot be sent again."""

    status = 409


class NoticeItem(BaseModel):
    """One notice as the list shows it."""

    id: str
    lead: str
    kind: str
    channel: str
    to: str
    assignment: str | None
    state: str
    attempts: int
    at: AwareDatetime
    next_at: AwareDatetime | None
    error: str | None
    outbox: bool
    message: str | None
    """Id of the message in which it travels with others; null: it is one by itself."""
    text: str | None
    """Null: the person left, or nobody knows yet who it is."""


class NoticeDetail(NoticeItem):
    """One notice with its whole message, as its channel shows it."""

    reference: str | None
    digest: str | None
    subject: str | None = None
    html: str | None = None
    blocks: list[dict[str, Any]] | None = None


class StoppedPlace(BaseModel):
    """Nothing gets through here until somebody acts: a revoked token, an archived channel."""

    place: str
    reason: str
    next_try: AwareDatetime


class NoticePage(BaseModel):
    """One page of the list; `next` continues it."""

    items: list[NoticeItem]
    next: str | None
    stopped: list[StoppedPlace]


def router(context: Context, terms: Terms, hand_over: HandOver) -> APIRouter:
    """Holds the texts, and so the personal data, behind the same door as every other answer."""
    routes = APIRouter(route_class=LazyRoute, prefix="/api/outbox", tags=["outbox"])

    @routes.get("", summary="Notices, newest first")
    async def outbox(
        caller: NoticeReader,
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
        after: str | None = None,
        lead: str | None = None,
        state: str | None = None,
    ) -> NoticePage:
        async with context.database.begin() as tx:
            position = _decode_cursor(after) if after else None
            rows = await listing.notices(
                tx, limit=limit + 1, after=position, lead=lead, state=state, reader=_own(caller)
            )
            views = await leads.load(tx, sorted({row["lead"] for row in rows}))
            stopped = await listing.stopped_places(tx)
        shown = rows[:limit]
        after_this = _encode_cursor(shown[-1]) if len(rows) > limit else None
        items = [NoticeItem.model_validate(_item(row, views, terms, context.settings.url)) for row in shown]
        return NoticePage(
            items=items, next=after_this, stopped=[StoppedPlace.model_validate(dict(stop)) for stop in stopped]
        )

    @routes.get("/{notice}", summary="One notice with its whole body")
    async def one(notice: str, caller: NoticeReader) -> NoticeDetail:
        async with context.database.begin() as tx:
            row = await listing.notice(tx, notice, _own(caller))
            views = await leads.load(tx, [row["lead"]] if row else [])
        if row is None:
            raise NoSuchNotice(f"no notice {notice}")
        body = row["body"] or {}
        item = _item(row, views, terms, context.settings.url)
        more = {"subject": body.get("subject"), "html": body.get("html"), "blocks": body.get("call", {}).get("blocks")}
        return NoticeDetail.model_validate({**item, **more, "reference": row["reference"], "digest": row["digest"]})

    _add_frame(routes, context, terms)
    _add_send(routes, context, hand_over)
    return routes


def _add_frame(routes: APIRouter, context: Context, terms: Terms) -> None:
    @routes.get("/{notice}/frame", summary="One notice as its channel draws it", response_class=HTMLResponse)
    async def frame(notice: str, caller: NoticeReader) -> HTMLResponse:
        async with context.database.begin() as tx:
            row = await listing.notice(tx, notice, _own(caller))
        body = (row["body"] or {}) if row else {}
        if row and body.get("call", {}).get("blocks"):
            at = format_time(row["at"], terms.zone)
            page = slack_page(body["call"]["blocks"], sender=terms.notices.sender.name, at=at)
            return _framed(page, SLACK_POLICY)
        if body.get("html"):
            return _framed(body["html"], MAIL_POLICY)
        raise NoSuchNotice("nothing is kept of it: it waits still, went to a machine, or its person left")


def _add_send(routes: APIRouter, context: Context, hand_over: HandOver) -> None:
    @routes.post("/{notice}/send", summary="Send one notice again", status_code=202)
    async def send(request: Request, notice: str, caller: NoticeSender) -> Response:
        form = await page_form(request, caller)
        async with context.database.begin() as tx:
            row = await listing.notice(tx, notice, _own(caller))
            if row is None:
                raise NoSuchNotice(f"no notice {notice}")
            again = await queue.send_again(tx, notice, await context.clock.now(tx))
        if not again:
            raise NotSentAgain("it is on its way already, or its person left")
        hand_over.wake([row["channel"]])
        if form is not None:
            return RedirectResponse(f"/outbox?lead={quote(row['lead'], safe='')}&sent=again", 303)
        return JSONResponse({"id": notice, "state": "pending"}, 202)


def _framed(page: str, policy: str) -> HTMLResponse:
    """A page of its own, without scripts, that only our pages may frame."""
    headers = {"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
    return HTMLResponse(page, headers={**headers, "Referrer-Policy": "no-referrer"})


def _own(caller: Caller) -> str | None:
    """The rep to whom alone messages are shown; None for who may see all."""
    return caller.user.id if caller.user is not None and not caller.user.sees_all else None


def _item(row: Mapping[str, Any], views: Mapping[str, LeadView], terms: Terms, url: str) -> dict[str, Any]:
    view = views.get(row["lead"])
    item = {**row, "to": row["recipient"], "message": row["digest"]}
    return {**item, "text": (row["body"] or {}).get("text") or _text_now(row, view, terms, url)}


def _text_now(row: Mapping[str, Any], view: LeadView | None, terms: Terms, url: str) -> str | None:
    """How a waiting notice reads at this moment."""
    if row["state"] not in ("pending", "sending") or view is None or not view.person.facts:
        return None
    fields = {name: row[name] for name in ("id", "kind", "lead", "about", "recipient", "payload")}
    return text(message(NoticeView(**fields, lead_view=view, terms=terms, url=url)))


def _encode_cursor(row: Mapping[str, Any]) -> str:
    return urlsafe_b64encode(f"{row['made_at'].isoformat()} {row['id']}".encode()).decode()


def _decode_cursor(after: str) -> tuple[datetime, str]:
    try:
        made_at, _, identity = urlsafe_b64decode(after.encode()).decode().partition(" ")
        return datetime.fromisoformat(made_at), identity
    except ValueError as error:
        raise Malformed("`after` is not a cursor of this list", errors=[_AFTER]) from error


_AFTER: InputProblem = {"pointer": "/query/after", "detail": "take it from `next` of the page before"}
