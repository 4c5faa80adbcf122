"""Claiming: which of the due notices are still true, which of them travel together, and how each of them reads now."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

import structlog
from jinja2 import TemplateError

from notifier.channels.base import Channel, OutgoingMessage
from notifier.decide import ABOUT_WHO_LEFT, LeadView, Terms, is_stale, why_removed
from notifier.deliver.digests import agreed, crowd, gather, may_be_gathered
from notifier.deliver.library import Library
from notifier.render import Message, NoticeView, digest, message, text
from notifier.store import holds, leads, queue
from notifier.store.leads import REDRAWN
from notifier.store.queue import AttemptRecord, DueNotice
from runtime.database.connection import Connection

_MOST: Final = 200
_HOLD: Final = timedelta(seconds=10)
"""Of what is claimed and waits for its call; short, because nothing but the wait for it follows a death."""
_UNREADABLE: Final = (ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError, TemplateError)
_log = structlog.get_logger()


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

    @property
    def marks(self) -> list[tuple[DueNotice, str | None]]:
        """Its notices, each with the id of the digest that it travels in."""
        return [(row, self.message.id if self.message.kind == "digest" else row.digest) for row in self.rows]


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
    gathered: list[tuple[str, str | None, datetime]] = field(default_factory=list)
    """These wait: id, the digest in which it travels, and when that is."""

    def __bool__(self) -> bool:
        """Something was due."""
        return bool(self.deliveries or self.records or self.orphans or self.unreadable or self.gathered)


@dataclass(frozen=True, slots=True)
class Claims:
    """Claims for one channel: looks at what is due, and takes what can be sent."""

    channel: Channel
    terms: Terms
    url: str
    library: Library = field(default_factory=Library)

    @property
    def hold(self) -> timedelta:
        """How long a claim lasts; it is renewed while its holder lives."""
        return min(_HOLD, self.channel.hold)

    async def claim(self, tx: Connection, now: datetime, most: int, ours: Collection[str] = ()) -> ClaimResult:
        """Takes up to so many deliveries; what needs no call the caller records. `ours`: as `load_due` says."""
        await self.library.refresh(tx)
        rows = await queue.load_due(tx, self.channel.name, now, _MOST, ours)
        if not rows:
            return ClaimResult()
        lately = await self._recent(tx, rows, now)
        planned = {row.digest for row in rows if row.digest and agreed(row, self.terms)}
        sent = await queue.sent_digests(tx, planned) if planned else ()
        views = await leads.load(tx, sorted({row.lead for row in rows}))
        result = self.prepare(rows, views, now, most, lately=lately, sent=sent)
        if result.gathered:
            await queue.gather(tx, result.gathered)
        result.deliveries = await self.take(tx, result.deliveries, now)
        return result

    async def _recent(
        self, tx: Connection, rows: Sequence[DueNotice], now: datetime
    ) -> Mapping[str, queue.RecentNotices]:
        """What the addresses had lately of what may be gathered; no statement when nothing of that kind is due."""
        terms = self.terms.notices
        addresses = {row.address for row in rows if may_be_gathered(row, self.terms)}
        if not addresses:
            return {}
        kinds = [rule.kind for rule in terms.rules if rule.digest]
        return await queue.recent(tx, self.channel.name, addresses, kinds, now - terms.digest.within.timedelta)

    def prepare(
        self,
        rows: Sequence[DueNotice],
        views: Mapping[str, LeadView],
        now: datetime,
        most: int,
        *,
        lately: Mapping[str, queue.RecentNotices] = MappingProxyType({}),
        sent: Collection[str] = (),
    ) -> ClaimResult:
        """Sorts due notices by what is to happen with them, and renders no more than so many deliveries.

        `lately` and `sent`: as `digests.gather` says.
        """
        result = ClaimResult()
        fresh = list[DueNotice]()
        for row in rows:
            lead = views.get(row.lead, LeadView())
            reason = None if row.is_redraw else self._needless(row, lead)
            if row.state == "sending" and not self.channel.outbox:
                result.orphans.append(row)
            elif reason and not (lead.person.removed and row.state == "unknown"):
                state = "unknown" if row.state == "unknown" else "dropped"
                result.records.append(AttemptRecord(row.id, row.attempts, state, error=reason))
            else:
                fresh.append(row)
        served = set[str]()
        gathering = gather(fresh, views, self.terms, now, lately=lately, sent=sent)
        result.gathered += gathering.gathered
        for identity, group in _group(gathering.now, self.terms):
            if len(result.deliveries) >= most:
                break
            if group[0].address not in served and self._prepare(identity, group, views, now, result):
                served |= {group[0].address} if self.channel.pace else set()
        return result

    def _needless(self, row: DueNotice, lead: LeadView) -> str | None:
        """Why it need not be sent; None when it must, as what was posted before and is wanted once more."""
        rule = self.terms.notices.by_kind.get(row.kind)
        if row.reference is not None and row.state == "pending":
            return why_removed(lead.person) if lead.person.removed else None
        drawn_anew = row.thread and row.channel in REDRAWN
        if (drawn_anew and rule is not None and rule.form == "edit") or self._same_visit(row, lead):
            return "the card says so"
        return is_stale(row.kind, row.about, row.assignment, lead)

    def _same_visit(self, row: DueNotice, lead: LeadView) -> bool:
        """It is about what the person did about when the recipient's own card was made."""
        offer = lead.handoff.offers.get(row.assignment or "")
        at = row.payload.get("engaged_at") if row.kind == "activity" else None
        within = self.terms.notices.activity.same_visit.timedelta
        if offer is None or offer.rep != row.recipient or at is None:
            return False
        return datetime.fromisoformat(at) <= offer.at + within

    def _prepare(
        self, identity: str, group: Sequence[DueNotice], views: Mapping[str, LeadView], now: datetime, to: ClaimResult
    ) -> bool:
        """True when a call has to be made."""
        rendered = list[RenderedNotice]()
        for row in group:
            if (one := self._render(row, views.get(row.lead, LeadView()), now)) is None:
                to.unreadable.append(row)
            else:
                rendered.append(one)
        if not rendered:
            return False
        delivery = _delivery(identity, rendered, self.channel, self._page(group), now)
        if _unchanged(delivery):
            to.records += [AttemptRecord(row.id, row.attempts, "sent", version=row.version) for row in delivery.rows]
            return False
        to.deliveries.append(delivery)
        return True

    def _page(self, group: Sequence[DueNotice]) -> str | None:
        """Where who gets these goes on: a manager on the page of the team, a rep in the inbox."""
        parts = {"/team" if row.recipient.startswith("manager:") else row.recipient for row in group}
        part = parts.pop()
        if parts or not (part == "/team" or self.terms.people.rep(part)):
            return None
        return f"{self.url}{part if part == '/team' else '/inbox'}"

    def _render(self, row: DueNotice, lead: LeadView, now: datetime) -> RenderedNotice | None:
        """None when it cannot be rendered: one such notice must not keep the others waiting."""
        try:
            written = message(
                NoticeView(
                    id=row.id,
                    kind=row.kind,
                    lead=row.lead,
                    about=row.about,
                    recipient=row.recipient,
                    payload=row.payload,
                    lead_view=lead,
                    terms=self.terms,
                    url=self.url,
                    library=self.library.assets,
                    now=now,
                )
            )
            return RenderedNotice(row, lead, written, {"text": text(written), **self.channel.compose(written, row.id)})
        except _UNREADABLE as error:
            _log.error("unreadable", notice=row.id, kind=row.kind, error=type(error).__name__)
            return None

    async def take(self, tx: Connection, deliveries: Sequence[Delivery], now: datetime) -> list[Delivery]:
        """One for each address where a pace is kept, and only if nobody else is using that address."""
        taken = list(deliveries)
        if self.channel.pace and deliveries:
            first = {f"{self.channel.name}:{delivery.message.address}": delivery for delivery in reversed(deliveries)}
            free = await queue.take_places(tx, list(first), now, self.channel.pace)
            taken = [delivery for place, delivery in first.items() if place in free]
        if taken:
            await holds.hold(tx, [row.id for delivery in taken for row in delivery.rows], self.hold)
        return taken


def _group(rows: Sequence[DueNotice], terms: Terms) -> Iterator[tuple[str, list[DueNotice]]]:
    """A crowd of notices for one recipient becomes one message; what was one message before stays one."""
    groups = dict[str, list[DueNotice]]()
    for row in rows:
        if row.is_redraw or (row.digest is None and not may_be_gathered(row, terms)):
            key = row.id
        else:
            key = row.digest or row.address
        groups.setdefault(key, []).append(row)
    for key, group in groups.items():
        if key == group[0].digest:
            yield key, group
        elif len(group) > terms.notices.digest.more_than:
            yield crowd(group), group
        else:
            yield from ((row.id, [row]) for row in group)


def _delivery(
    identity: str, group: Sequence[RenderedNotice], channel: Channel, page: str | None, now: datetime
) -> Delivery:
    row = group[0].row
    removed = bool(group[0].lead.person.removed) and row.kind not in ABOUT_WHO_LEFT
    written = group[0].message if len(group) == 1 else digest([(one.row.lead, one.message) for one in group], page)
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
        thread=None if row.is_redraw or {one.row.thread for one in group} != {row.thread} else row.thread,
        removed=removed,
    )
    body = group[0].body if len(group) == 1 else channel.compose(written, identity)
    return Delivery([one.row for one in group], message, body, [None if removed else one.body for one in group])


def _unchanged(delivery: Delivery) -> bool:
    """A card is only redrawn when something on it changed."""
    return delivery.rows[0].is_redraw and not delivery.message.removed and delivery.rows[0].body == delivery.bodies[0]
