"""Topic `sales`: how sales touched the person, what it thinks of the lead, and its deals."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import ClassVar, Final

from msgspec.structs import replace

from events.sales import (
    AccountHandedBack,
    AccountSuppressed,
    ContactAttempted,
    ContactConnected,
    DealChanged,
    DealLost,
    DealOpened,
    DealWon,
    FeedbackGiven,
    LeadHandedOver,
    LeadReassigned,
    LeadSalesDisqualified,
    LeadSalesQualified,
    RepAvailability,
    SalesAccepted,
    SalesNurtured,
    SalesRejected,
)
from reporting.decide.leads import Touch
from reporting.decide.rows import Row, present, row
from reporting.decide.state import Fold, Handle, timeline_only
from runtime.values import Key


class Deal(Row, frozen=True):
    """A deal as sales last described it."""

    table: ClassVar[str] = "deal"
    key: ClassVar[tuple[str, ...]] = ("lead", "deal")
    lead: str
    deal: str
    opened_at: datetime | None = None
    amount: int | None = None
    """In minor units of the currency."""
    currency: str | None = None
    product: str | None = None
    expected_close: date | None = None
    state: str = "open"
    closed_at: datetime | None = None
    paid_at: datetime | None = None
    reason: str | None = None
    competitor: str | None = None
    owner: str | None = None


class SalesNote(Row, frozen=True):
    """What a rep says about a lead. Never changes, but for `note`."""

    table: ClassVar[str] = "remark"
    key: ClassVar[tuple[str, ...]] = ("lead", "event")
    personal: ClassVar[str | None] = "note"
    lead: str
    event: str
    at: datetime
    recorded_at: datetime
    kind: str
    by: str | None = None
    assignment: str | None = None
    reason: str | None = None
    quality: int | None = None
    note: str | None = None


def on_attempted(fold: Fold, event: ContactAttempted) -> None:
    """Puts a touch of sales; its kind is the channel."""
    fold.put(row(Touch, event, side="sales", kind=event.data.channel))


def on_connected(fold: Fold, event: ContactConnected) -> None:
    """Puts a touch of sales of kind `connected`."""
    fold.put(row(Touch, event, side="sales", kind="connected"))


def on_rejected(fold: Fold, event: SalesRejected) -> None:
    """Puts a note of sales with the reason."""
    fold.put(row(SalesNote, event, kind="rejected"))


def on_disqualified(fold: Fold, event: LeadSalesDisqualified) -> None:
    """Puts a note of sales with the reason."""
    fold.put(row(SalesNote, event, kind="disqualified"))


def on_feedback(fold: Fold, event: FeedbackGiven) -> None:
    """Puts a note of sales with the rating."""
    fold.put(row(SalesNote, event, kind="feedback"))


def on_account_suppressed(fold: Fold, event: AccountSuppressed) -> None:
    """Puts a note of sales: the company is to be left alone."""
    fold.put(row(SalesNote, event, kind="suppressed"))


def on_account_handed_back(fold: Fold, event: AccountHandedBack) -> None:
    """Puts a note of sales: the account is marketing's again."""
    fold.put(row(SalesNote, event, kind="handed_back"))


def on_deal_opened(fold: Fold, event: DealOpened) -> None:
    """Puts the deal; the first opening counts, however late it comes."""
    old = _deal(fold, event)
    fold.put(replace(old, opened_at=old.opened_at or event.time, owner=event.data.by or old.owner))


def on_deal_changed(fold: Fold, event: DealChanged) -> None:
    """Puts the deal with its newest amount and stage."""
    fold.put(_deal(fold, event))


def on_deal_won(fold: Fold, event: DealWon) -> None:
    """Closes the deal as won; reason and competitor of an earlier loss are cleared."""
    fold.put(replace(_closed(fold, event, "won"), reason=None, competitor=None))


def on_deal_lost(fold: Fold, event: DealLost) -> None:
    """Closes the deal as lost with its reason, and puts a note of sales."""
    data = event.data
    fold.put(replace(_closed(fold, event, "lost"), reason=data.reason, competitor=data.competitor))
    fold.put(row(SalesNote, event, kind="lost"))


ROWS: Final = (Deal, SalesNote)
HANDLES: Final[Mapping[Key, Handle]] = {
    SalesAccepted: timeline_only,
    SalesRejected: on_rejected,
    ContactAttempted: on_attempted,
    ContactConnected: on_connected,
    LeadSalesQualified: timeline_only,
    LeadSalesDisqualified: on_disqualified,
    DealOpened: on_deal_opened,
    DealChanged: on_deal_changed,
    DealWon: on_deal_won,
    DealLost: on_deal_lost,
    FeedbackGiven: on_feedback,
    AccountSuppressed: on_account_suppressed,
    AccountHandedBack: on_account_handed_back,
    LeadReassigned: timeline_only,
    LeadHandedOver: timeline_only,
    SalesNurtured: timeline_only,
    RepAvailability: timeline_only,
}
"""Whether an answer counts is for routing to say: `sales.accepted` stands in the timeline only."""


def _deal(fold: Fold, event: DealOpened | DealChanged | DealWon | DealLost) -> Deal:
    """The deal as the event describes it; what the event leaves out stays as it was."""
    old = fold.get(Deal, event.subject, event.data.deal) or Deal(event.subject, event.data.deal)
    values = present(event, "product", "expected_close", "paid_at", "amount")
    if "amount" in values:
        values |= {"amount": values["amount"].amount, "currency": values["amount"].currency}
    return replace(old, **values)


def _closed(fold: Fold, event: DealWon | DealLost, state: str) -> Deal:
    deal = _deal(fold, event)
    return replace(
        deal,
        state=state,
        opened_at=deal.opened_at or event.time,
        closed_at=event.time,
        owner=event.data.by or deal.owner,
    )
