"""Claiming: which of the due notices are still true, which of them travel together, and how each of them reads now."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

import structlog
from jinja2 import TemplateError

from notifier.channels.base import Channel, OutgoingMessage
from notifier.decide import LeadView, Terms, is_stale
from notifier.render import Message, NoticeView, digest, message, text
from notifier.store import leads, queue
from notifier.store.queue import AttemptRecord, DueNotice
from runtime.database.connection import Connection

_MOST: Final = 200
_UNREADABLE: Final = (ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError, TemplateError)
_log = structlog.get_logger()
_NAMESPACE: Final = UUID("0b1c7f0e-8a54-5a0b-8c1f-2f1f6d1b7d55")


@dataclass(frozen=True, slots=True)
class RenderedNotice:
    """A notice and how it reads now."""

    row: DueNotice
    lead: LeadView
    message: Message
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One call to the outside world; a digest carries several notices."""

    rows: Sequence[DueNotice]
    message: OutgoingMessage
    body: Mapping[str, Any]
    """The call's."""
    bodies: Sequence[Mapping[str, Any] | None]
    """What is kept of each notice, by itself; nothing when the person left."""


@dataclass(slots=True)
class ClaimResult:
    """What was due, by what is to happen with it."""

    deliveries: list[Delivery] = field(default_factory=list)
    records: list[AttemptRecord] = field(default_factory=list)
    """Needs no call: overtaken by events, or looks as it did."""
    orphans: list[DueNotice] = field(default_factory=list)
    """Somebody died while sending these."""
    unreadable: list[DueNotice] = field(default_factory=list)
    """Our bug: these cannot be rendered."""

    def __bool__(self) -> bool:
        """Something was due."""
        return bool(self.deliveries or self.records or self.orphans or self.unreadable)


async def claim(tx: Connection, channel: Channel, *, terms: Terms, url: str, now: datetime, most: int) -> ClaimResult:
    """Takes up to so many deliveries for one channel; what needs no call is for the caller to record."""
    result = ClaimResult()
    rows = await queue.load_due(tx, channel.name, now, _MOST)
    if not rows:
        return result
    views = await leads.load(tx, sorted({row.lead for row in rows}))
    rendered = list[RenderedNotice]()
    for row in rows:
        lead = views.get(row.lead, LeadView())
        reason = None if row.is_redraw else is_stale(row.kind, row.about, row.assignment, lead)
        if row.state == "sending" and not channel.outbox:
            result.orphans.append(row)
        elif reason and not (lead.person.removed and row.state == "unknown"):
            state = "unknown" if row.state == "unknown" else "dropped"
            result.records.append(AttemptRecord(row.id, row.attempts, state, error=reason))
        elif (one := _render(row, lead, channel, _view(row, lead, terms, url))) is None:
            result.unreadable.append(row)
        else:
            rendered.append(one)
    ready = [_delivery(identity, group, channel, now) for identity, group in _group(rendered, terms)]
    unchanged = [delivery for delivery in ready if _unchanged(delivery)]
    result.records += [
        AttemptRecord(row.id, row.attempts, "sent", version=row.version) for p in unchanged for row in p.rows
    ]
    result.deliveries = await _take(tx, [p for p in ready if not _unchanged(p)][:most], channel, now)
    return result


def _view(row: DueNotice, lead: LeadView, terms: Terms, url: str) -> NoticeView:
    return NoticeView(
        id=row.id,
        kind=row.kind,
        lead=row.lead,
        about=row.about,
        recipient=row.recipient,
        payload=row.payload,
        lead_view=lead,
        terms=terms,
        url=url,
    )


def _render(row: DueNotice, lead: LeadView, channel: Channel, view: NoticeView) -> RenderedNotice | None:
    """None when it cannot be rendered: one such notice must not keep the others waiting."""
    try:
        written = message(view)
        return RenderedNotice(row, lead, written, {"text": text(written), **channel.compose(written, row.id)})
    except _UNREADABLE as error:
        _log.error("unreadable", notice=row.id, kind=row.kind, error=type(error).__name__)
        return None


def _group(rendered: Sequence[RenderedNotice], terms: Terms) -> Iterator[tuple[str, list[RenderedNotice]]]:
    """A crowd of notices for one recipient becomes one message; what was one message before stays one."""
    rules = terms.notices.by_kind
    groups = dict[str, list[RenderedNotice]]()
    for one in rendered:
        row = one.row
        rule = rules.get(row.kind)
        if row.is_redraw or (row.digest is None and (row.state != "pending" or rule is None or not rule.digest)):
            key = row.id
        else:
            key = row.digest or row.address
        groups.setdefault(key, []).append(one)
    for key, group in groups.items():
        if key == group[0].row.digest:
            yield key, group
        elif len(group) > terms.notices.digest.more_than:
            yield str(uuid5(_NAMESPACE, ",".join(sorted(one.row.id for one in group)))), group
        else:
            yield from ((one.row.id, [one]) for one in group)


def _delivery(identity: str, group: Sequence[RenderedNotice], channel: Channel, now: datetime) -> Delivery:
    row, removed = group[0].row, bool(group[0].lead.person.removed)
    written = group[0].message if len(group) == 1 else digest([one.message for one in group])
    message = OutgoingMessage(
        id=identity,
        kind=row.kind if len(group) == 1 else "digest",
        lead=row.lead,
        recipient=row.recipient,
        address=row.address,
        content=written,
        now=now,
        doubtful=row.state == "unknown",
        lost_answers=row.lost_answers,
        place=row.place,
        reference=row.reference if row.is_redraw else None,
        removed=removed,
    )
    body = group[0].body if len(group) == 1 else channel.compose(written, identity)
    return Delivery([one.row for one in group], message, body, [None if removed else one.body for one in group])


def _unchanged(delivery: Delivery) -> bool:
    """A card is only redrawn when something on it changed."""
    return delivery.rows[0].is_redraw and not delivery.message.removed and delivery.rows[0].body == delivery.bodies[0]


async def _take(tx: Connection, deliveries: Sequence[Delivery], channel: Channel, now: datetime) -> list[Delivery]:
    """One for each address where a pace is kept, and only if nobody else is using that address."""
    taken = list(deliveries)
    if channel.pace and deliveries:
        first = {f"{channel.name}:{delivery.message.address}": delivery for delivery in reversed(deliveries)}
        free = await queue.take_places(tx, list(first), now, channel.pace)
        taken = [delivery for place, delivery in first.items() if place in free]
    if taken:
        held = [(row.id, p.message.id if p.message.kind == "digest" else row.digest) for p in taken for row in p.rows]
        ids, digests = zip(*held, strict=True)
        await queue.hold(tx, ids, digests, hold=channel.hold, now=now)
    return taken
