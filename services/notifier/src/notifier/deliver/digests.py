"""Digests: which notices travel together, and when. What can wait goes at the hours that its recipient agreed to; what
comes in a crowd goes when the crowd is over.

A digest is known by its address and its instant, so it is the same one after a death: at most one of each is sent.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from notifier.decide import LeadView, Terms, by_digest, hot_at_once, next_digest, open_hours
from notifier.store.queue import DueNotice, RecentNotices

_NAMESPACE: Final = UUID("0b1c7f0e-8a54-5a0b-8c1f-2f1f6d1b7d55")


@dataclass(slots=True)
class Gathering:
    """What became of due notices: those that go now, and those that wait."""

    now: list[DueNotice] = field(default_factory=list)
    gathered: list[tuple[str, str | None, datetime]] = field(default_factory=list)
    """Id of a notice, the digest in which it travels (null: none), and when that is."""


def may_be_gathered(row: DueNotice, terms: Terms) -> bool:
    """Whether it may become part of a digest; what is in one already stays in it."""
    rule = terms.notices.by_kind.get(row.kind)
    if row.state != "pending" or row.digest is not None or row.reference is not None or rule is None:
        return False
    return rule.digest or by_digest(row.kind, row.recipient, terms)


def agreed(row: DueNotice, terms: Terms) -> bool:
    """Whether it was never tried, and its recipient hears of its kind in a digest."""
    return row.state == "pending" and row.reference is None and by_digest(row.kind, row.recipient, terms)


def crowd(rows: Sequence[DueNotice]) -> str:
    """The id of a digest of these notices, whose instant is now."""
    return str(uuid5(_NAMESPACE, ",".join(sorted(row.id for row in rows))))


def gather(
    rows: Sequence[DueNotice],
    views: Mapping[str, LeadView],
    terms: Terms,
    now: datetime,
    *,
    lately: Mapping[str, RecentNotices],
    sent: Collection[str],
) -> Gathering:
    """Parts due notices into those that go now and those that wait for a digest.

    `lately`: what addresses had in the time in which the agreement gathers. `sent`: digests that have gone out: what
    was meant for one of them and came late goes with the next.
    """
    result, rest = Gathering(), list[DueNotice]()
    for row in rows:
        if waits := _wait(row, views.get(row.lead, LeadView()), terms, now, sent):
            result.gathered.append((row.id, *waits))
        else:
            rest.append(row)
    due = Counter(row.address for row in rest if may_be_gathered(row, terms))
    for row in rest:
        if may_be_gathered(row, terms) and (waits := _crowded(row, due[row.address], terms, lately)):
            result.gathered.append((row.id, *waits))
        else:
            result.now.append(row)
    return result


def _wait(
    row: DueNotice, lead: LeadView, terms: Terms, now: datetime, sent: Collection[str]
) -> tuple[str | None, datetime] | None:
    """Until the recipient's next digest; of a hot lead, where the rule says so, until they may be disturbed."""
    if not agreed(row, terms) or (row.digest is not None and row.digest not in sent):
        return None
    rule = terms.notices.by_kind[row.kind]
    handoff = lead.handoff
    offer = handoff.offers.get(row.assignment) if row.assignment else handoff.latest_offer
    if offer is not None and offer.is_hot and hot_at_once(row.kind, row.recipient, terms):
        opens = open_hours(row.recipient, terms, now) if rule.waits else now
        return (None, opens) if opens > now else None
    at = next_digest(row.recipient, terms, now)
    return _digest(row.address, at), at


def _crowded(
    row: DueNotice, due: int, terms: Terms, lately: Mapping[str, RecentNotices]
) -> tuple[str, datetime] | None:
    """Until the time is over in which its address had its share; who is on call waits for nothing."""
    digest, had = terms.notices.digest, lately.get(row.address)
    on_call = row.recipient.startswith("on_call:")
    if on_call or had is None or due > digest.more_than or had.notices + due <= digest.more_than:
        return None
    until = digest.within.after(had.since)
    return _digest(row.address, until), until


def _digest(address: str, at: datetime) -> str:
    return str(uuid5(_NAMESPACE, f"{address} {at.isoformat()}"))
