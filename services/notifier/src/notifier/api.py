"""GET /api/outbox: notices as delivered or waiting, with the text people read (or would read now)."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel

from notifier.decide import LeadView, Terms
from notifier.render import NoticeView, message, text
from notifier.store import leads, listing
from runtime.errors import InputProblem, Refused
from runtime.http.access import require
from runtime.http.problems import Malformed
from runtime.service import Context


class NoSuchNotice(Refused):
    """There is no such notice."""

    status = 404


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


def router(context: Context, terms: Terms) -> APIRouter:
    """Holds the texts, and so the personal data, behind the same door as every other answer."""
    routes = APIRouter(prefix="/api/outbox", tags=["outbox"], dependencies=[Depends(require("read"))])

    @routes.get("", summary="Notices, newest first")
    async def outbox(
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
        after: str | None = None,
        lead: str | None = None,
        state: str | None = None,
    ) -> NoticePage:
        async with context.database.begin() as tx:
            position = _decode_cursor(after) if after else None
            rows = await listing.notices(tx, limit=limit + 1, after=position, lead=lead, state=state)
            views = await leads.load(tx, sorted({row["lead"] for row in rows}))
            stopped = await listing.stopped_places(tx)
        shown = rows[:limit]
        after_this = _encode_cursor(shown[-1]) if len(rows) > limit else None
        items = [NoticeItem.model_validate(_item(row, views, terms, context.settings.url)) for row in shown]
        return NoticePage(
            items=items, next=after_this, stopped=[StoppedPlace.model_validate(dict(stop)) for stop in stopped]
        )

    @routes.get("/{notice}", summary="One notice with its whole body")
    async def one(notice: str) -> NoticeDetail:
        async with context.database.begin() as tx:
            row = await listing.notice(tx, notice)
            views = await leads.load(tx, [row["lead"]] if row else [])
        if row is None:
            raise NoSuchNotice(f"no notice {notice}")
        body = row["body"] or {}
        item = _item(row, views, terms, context.settings.url)
        more = {"subject": body.get("subject"), "html": body.get("html"), "blocks": body.get("call", {}).get("blocks")}
        return NoticeDetail.model_validate({**item, **more, "reference": row["reference"], "digest": row["digest"]})

    return routes


def _item(row: Mapping[str, Any], views: Mapping[str, LeadView], terms: Terms, url: str) -> dict[str, Any]:
    view = views.get(row["lead"])
    return {**row, "to": row["recipient"], "text": (row["body"] or {}).get("text") or _text_now(row, view, terms, url)}


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


_AFTER: InputProblem = {"pointer": "/after", "detail": "take it from `next` of the page before"}
