"""Claiming: which of the due notices are still true, which of them travel together, and how each of them reads now."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

import structlog
from jinja2 import TemplateError
from sqlalchemy.ext.asyncio import AsyncConnection

from notifier.channels.outcome import Channel, Letter
from notifier.decide import Desk, Terms, untrue
from notifier.render import Facts, Message, digest, message, text
from notifier.store import desks, queue
from notifier.store.queue import Record, Row

_MOST: Final = 200
_UNREADABLE: Final = (ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError, TemplateError)
_log = structlog.get_logger()
_NAMESPACE: Final = UUID("0b1c7f0e-8a54-5a0b-8c1f-2f1f6d1b7d55")


@dataclass(frozen=True, slots=True)
class Said:
    """A notice and how it reads now."""

    row: Row
    desk: Desk
    message: Message
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Parcel:
    """One call to the outside world; a digest carries several notices."""

    rows: Sequence[Row]
    letter: Letter
    body: Mapping[str, Any]
    """The call's."""
    kept: Sequence[Mapping[str, Any] | None]
    """What is kept of each notice, by itself; nothing when the person left."""


@dataclass(slots=True)
class Claimed:
    parcels: list[Parcel] = field(default_factory=list)
    settled: list[Record] = field(default_factory=list)
    """Needs no call: overtaken by events, or looks as it did."""
    lost: list[Row] = field(default_factory=list)
    """Somebody died while sending these."""
    unreadable: list[Row] = field(default_factory=list)
    """Our bug: these cannot be rendered."""

    @property
    def found(self) -> bool:
        return bool(self.parcels or self.settled or self.lost or self.unreadable)


async def claim(tx: AsyncConnection, channel: Channel, *, terms: Terms, url: str, now: datetime, most: int) -> Claimed:
    """Takes up to so many parcels for one channel; what is settled or lost is for the caller to record."""
    claimed = Claimed()
    rows = await queue.due(tx, channel.name, now, _MOST)
    if not rows:
        return claimed
    known = await desks.load(tx, sorted({row.lead for row in rows}))
    said = []
    for row in rows:
        desk = known.get(row.lead, Desk())
        reason = None if row.drawn else untrue(row.kind, row.about, row.assignment, desk)
        if row.state == "sending" and not channel.outbox:
            claimed.lost.append(row)
        elif reason and not (desk.person.gone and row.state == "unknown"):
            state = "unknown" if row.state == "unknown" else "dropped"
            claimed.settled.append(Record(row.id, row.attempts, state, error=reason))
        elif (one := _said(row, desk, channel, _facts(row, desk, terms, url))) is None:
            claimed.unreadable.append(row)
        else:
            said.append(one)
    ready = [_parcel(identity, group, channel, now) for identity, group in _grouped(said, terms)]
    same = [parcel for parcel in ready if _same(parcel)]
    claimed.settled += [Record(row.id, row.attempts, "sent", shown=row.wanted) for p in same for row in p.rows]
    claimed.parcels = await _taken(tx, [p for p in ready if not _same(p)][:most], channel, now)
    return claimed


def _facts(row: Row, desk: Desk, terms: Terms, url: str) -> Facts:
    return Facts(
        id=row.id,
        kind=row.kind,
        lead=row.lead,
        about=row.about,
        recipient=row.recipient,
        payload=row.payload,
        desk=desk,
        terms=terms,
        url=url,
    )


def _said(row: Row, desk: Desk, channel: Channel, facts: Facts) -> Said | None:
    """None when it cannot be rendered: one such notice must not keep the others waiting."""
    try:
        written = message(facts)
        return Said(row, desk, written, {"text": text(written), **channel.compose(written, row.id)})
    except _UNREADABLE as error:
        _log.error("unreadable", notice=row.id, kind=row.kind, error=type(error).__name__)
        return None


def _grouped(said: Sequence[Said], terms: Terms) -> Iterator[tuple[str, list[Said]]]:
    """A crowd of notices for one recipient becomes one message; what was one message before stays one."""
    rules = terms.notices.by_kind
    groups = dict[str, list[Said]]()
    for one in said:
        row = one.row
        rule = rules.get(row.kind)
        if row.drawn or (row.digest is None and (row.state != "pending" or rule is None or not rule.digest)):
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


def _parcel(identity: str, group: Sequence[Said], channel: Channel, now: datetime) -> Parcel:
    row, gone = group[0].row, bool(group[0].desk.person.gone)
    written = group[0].message if len(group) == 1 else digest([one.message for one in group])
    letter = Letter(
        id=identity,
        kind=row.kind if len(group) == 1 else "digest",
        lead=row.lead,
        recipient=row.recipient,
        address=row.address,
        message=written,
        now=now,
        doubtful=row.state == "unknown",
        lost=row.lost,
        place=row.place,
        reference=row.reference if row.drawn else None,
        gone=gone,
    )
    body = group[0].body if len(group) == 1 else channel.compose(written, identity)
    return Parcel([one.row for one in group], letter, body, [None if gone else one.body for one in group])


def _same(parcel: Parcel) -> bool:
    """A living card is only redrawn when something on it changed."""
    return parcel.rows[0].drawn and not parcel.letter.gone and parcel.rows[0].body == parcel.kept[0]


async def _taken(tx: AsyncConnection, parcels: Sequence[Parcel], channel: Channel, now: datetime) -> list[Parcel]:
    """One for each address where a pace is kept, and only if nobody else is using that address."""
    taken = list(parcels)
    if channel.pace and parcels:
        first = {f"{channel.name}:{parcel.letter.address}": parcel for parcel in reversed(parcels)}
        free = await queue.take_places(tx, list(first), now, channel.pace)
        taken = [parcel for place, parcel in first.items() if place in free]
    if taken:
        held = [(row.id, p.letter.id if p.letter.kind == "digest" else row.digest) for p in taken for row in p.rows]
        ids, digests = zip(*held, strict=True)
        await queue.hold(tx, ids, digests, hold=channel.hold, now=now)
    return taken
