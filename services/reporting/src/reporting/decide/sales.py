"""Topic `sales`: how sales touched the person, what it thinks of the lead, and its deals."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import ClassVar, Final

from agreement.deals import CUSTOMER_KINDS, STEPS, CustomerEvent, DealEvent, DealHistory
from agreement.readers.names import name_of
from events import Money
from events.deals import DealChanged, DealLost, DealOpened, DealWon, SurveyAnswered
from events.sales import (
    AccountHandedBack,
    AccountSuppressed,
    ContactAttempted,
    ContactConnected,
    FeedbackGiven,
    ItemReviewed,
    LeadHandedOver,
    LeadReassigned,
    LeadSalesDisqualified,
    LeadSalesQualified,
    OwnerNudged,
    RepAvailability,
    SalesAccepted,
    SalesNurtured,
    SalesRejected,
    StewardDecided,
)
from reporting.decide.leads import Touch
from reporting.decide.rows import Json, Row, row
from reporting.decide.state import Fold, Handle, timeline_only
from runtime.values import Key


class Deal(Row, frozen=True):
    """A deal as its facts leave it, whichever contacts they are about: lanes share the row, loaded under its lock."""

    table: ClassVar[str] = "deal"
    key: ClassVar[tuple[str, ...]] = ("deal",)
    deal: str
    state: str = "open"
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    amount: int | None = None
    """In minor units of the currency."""
    currency: str | None = None
    product: str | None = None
    stage: str | None = None
    expected_close: date | None = None
    paid_at: datetime | None = None
    reason: str | None = None
    """Why it is lost, and to whom; null unless it is."""
    competitor: str | None = None
    owner: str | None = None
    history: DealHistory = DealHistory()
    renewed_at: datetime | None = None
    churned_at: datetime | None = None
    """Since when the customer by it is none any more; null for one who is, or came back."""
    surveys_from: datetime | None = None
    """Only a survey from after this instant is about this end (`agreement.deals`); null: no end was taken back."""


class DealStep(Row, frozen=True):
    """One fact of a deal, about one of its contacts. Never changes."""

    table: ClassVar[str] = "deal_step"
    key: ClassVar[tuple[str, ...]] = ("lead", "event")
    lead: str
    event: str
    deal: str
    at: datetime
    recorded_at: datetime
    kind: str
    """`opened`, `changed`, `won` or `lost`; of the customer afterwards `renewed` or `churned`."""
    by: str | None = None
    amount: int | None = None
    currency: str | None = None
    product: str | None = None
    stage: str | None = None
    expected_close: date | None = None
    reason: str | None = None
    competitor: str | None = None
    message_id: str | None = None
    merged: bool = False


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
    account: str | None = None
    """Domain or name of the company that it is about, where the fact names one."""


class StewardAnswer(Row, frozen=True):
    """What a steward decided about a lead or a fact of it. Never changes, but for `note`."""

    table: ClassVar[str] = "steward_decision"
    key: ClassVar[tuple[str, ...]] = ("lead", "event")
    personal: ClassVar[str | None] = "note"
    lead: str
    event: str
    at: datetime
    recorded_at: datetime
    item: str
    decision: str
    steward: str
    facts: tuple[str, ...] = ()
    record: str | None = None
    note: str | None = None


def on_steward_decided(fold: Fold, event: StewardDecided) -> None:
    """Puts the steward's answer."""
    fold.put(row(StewardAnswer, event))


class Survey(Row, frozen=True):
    """One answer to the survey of a closed deal. Never changes, but for the words.

    Which of a deal counts is said in the view `counted_survey`.
    """

    table: ClassVar[str] = "survey"
    key: ClassVar[tuple[str, ...]] = ("lead", "event")
    personal: ClassVar[str | None] = "words"
    personal_list: ClassVar[str | None] = "objections"
    lead: str
    event: str
    deal: str
    at: datetime
    recorded_at: datetime
    by: str | None
    outcome: str
    reason: str | None
    competitor: str | None
    content: Json
    objections: Json
    lead_quality_issue: bool | None
    words: Json = None
    """What was written about people: champion, what could have been different, the missing feature."""


class RepState(Row, frozen=True):
    """A rep came, pauses or left. Never changes; what all of a rep say together, `agreement.leave` tells."""

    table: ClassVar[str] = "rep_state"
    key: ClassVar[tuple[str, ...]] = ("rep", "event")
    rep: str
    event: str
    at: datetime
    state: str
    since: datetime | None = None
    until: datetime | None = None
    by: str | None = None
    feed: bool = False
    """The rep's calendar says it."""


def on_availability(fold: Fold, event: RepAvailability) -> None:
    """Puts what was said of the rep."""
    fold.put(row(RepState, event, at=event.occurred))


def on_survey(fold: Fold, event: SurveyAnswered) -> None:
    """Puts the answers; what may name a person apart from the rest."""
    data = event.data
    words = {name: getattr(data, name) for name in ("champion", "could_differ", "deal_breaker")}
    fold.put(row(Survey, event, content=[*data.content], objections=[*data.objections], words=words))


def on_attempted(fold: Fold, event: ContactAttempted) -> None:
    """Puts a touch of sales; its kind is the channel."""
    fold.put(row(Touch, event, at=event.occurred, side="sales", kind=event.data.channel, channel=None))


def on_connected(fold: Fold, event: ContactConnected) -> None:
    """Puts a touch of sales of kind `connected`."""
    fold.put(row(Touch, event, at=event.occurred, side="sales", kind="connected", channel=None))


def on_rejected(fold: Fold, event: SalesRejected) -> None:
    """Puts a note of sales with the reason; the record that the rep names stands in it, for the steward who looks."""
    data = event.data
    words = [data.note, f"in the pipeline as {data.record}" if data.record else None]
    fold.put(row(SalesNote, event, kind="rejected", note="; ".join(filter(None, words)) or None))


def on_disqualified(fold: Fold, event: LeadSalesDisqualified) -> None:
    """Puts a note of sales with the reason."""
    fold.put(row(SalesNote, event, kind="disqualified"))


def on_feedback(fold: Fold, event: FeedbackGiven) -> None:
    """Puts a note of sales with the rating."""
    fold.put(row(SalesNote, event, kind="feedback"))


def on_reviewed(fold: Fold, event: ItemReviewed) -> None:
    """Puts a note of sales: the item, an assignment, was looked at. An index has who, and which."""
    who, item = name_of(event.data.by), name_of(event.data.item)
    fold.put(row(SalesNote, event, kind="reviewed", by=who, assignment=item))


def on_account_suppressed(fold: Fold, event: AccountSuppressed) -> None:
    """Puts a note of sales: the company is to be left alone."""
    fold.put(row(SalesNote, event, kind="suppressed"))


def on_account_handed_back(fold: Fold, event: AccountHandedBack) -> None:
    """Puts a note of sales: the account is marketing's again."""
    fold.put(row(SalesNote, event, kind="handed_back"))


def on_deal(fold: Fold, event: DealEvent | CustomerEvent) -> None:
    """Puts the fact as a step, and the deal as all its facts leave it (`agreement.deals`)."""
    data = event.data
    old = fold.get(Deal, data.deal) or Deal(data.deal)
    money: Money | None = getattr(data, "amount", None)
    amount, currency = (money.amount, money.currency) if money else (None, None)
    fold.put(row(DealStep, event, kind=STEPS[type(event)], amount=amount, currency=currency))
    fold.put(deal_of(old.deal, old.history.after(event)))


def on_customer(fold: Fold, event: CustomerEvent) -> None:
    """The same, and puts a note of sales: the customer goes on, or does not."""
    on_deal(fold, event)
    fold.put(row(SalesNote, event, kind=STEPS[type(event)]))


def on_deal_lost(fold: Fold, event: DealLost) -> None:
    """The same, and puts a note of sales with the reason."""
    on_deal(fold, event)
    fold.put(row(SalesNote, event, kind="lost"))


def deal_of(deal: str, history: DealHistory) -> Deal:
    """The row of a deal from what is kept of its facts."""
    lost = history.state == "lost"
    values = {name: latest.value for name in _LATEST if (latest := getattr(history, name))}
    money: Money | None = values.pop("amount", None)
    return Deal(
        deal,
        history.state if history.is_reported else UNREPORTED,
        history.opened_at,
        history.closed_at,
        amount=money.amount if money else None,
        currency=money.currency if money else None,
        reason=values.pop("reason", None) if lost else None,
        competitor=values.pop("competitor", None) if lost else None,
        history=history,
        renewed_at=history.renewed_at,
        churned_at=history.churned_at,
        surveys_from=history.surveys_from,
        **{name: value for name, value in values.items() if name not in ("reason", "competitor")},
    )


UNREPORTED: Final = "unreported"
"""State of a deal of which nothing is known but what became of its customer."""
_LATEST: Final = ("amount", "product", "stage", "expected_close", "paid_at", "reason", "competitor", "owner")
ROWS: Final = (Deal, DealStep, SalesNote, StewardAnswer, Survey, RepState)
HANDLES: Final[Mapping[Key, Handle]] = {
    SalesAccepted: timeline_only,
    SalesRejected: on_rejected,
    ContactAttempted: on_attempted,
    ContactConnected: on_connected,
    LeadSalesQualified: timeline_only,
    LeadSalesDisqualified: on_disqualified,
    DealOpened: on_deal,
    DealChanged: on_deal,
    DealWon: on_deal,
    DealLost: on_deal_lost,
    FeedbackGiven: on_feedback,
    SurveyAnswered: on_survey,
    **dict.fromkeys(CUSTOMER_KINDS, on_customer),
    AccountSuppressed: on_account_suppressed,
    AccountHandedBack: on_account_handed_back,
    LeadReassigned: timeline_only,
    LeadHandedOver: timeline_only,
    SalesNurtured: timeline_only,
    OwnerNudged: timeline_only,
    StewardDecided: on_steward_decided,
    RepAvailability: on_availability,
    ItemReviewed: on_reviewed,
}
"""Whether an answer counts is for routing to say: `sales.accepted` stands in the timeline only."""
