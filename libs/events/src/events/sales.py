"""Topic `sales`: what sales did and found out. Written by ingest, on behalf of reps, CRM and Slack buttons."""

from datetime import date
from typing import Annotated, ClassVar, Final, Literal

from msgspec import Meta

from events.body import AwareDatetime, Body
from events.envelope import Event
from events.vocabulary import Money, TouchChannel, Via

StewardDecision = Literal["pin", "fixed", "drop", "merge"]
"""Of a steward: these values are right; its data were put right, judge it again; leave it; it belongs to a record."""
WAITING: Final = "lead"
"""Item of a steward's queue: the lead itself, which waits for a steward."""


class SalesData(Body):
    """What all sales facts share."""

    by: str | None = None
    """Rep id; null when a system said it."""
    via: Via = "api"
    message_id: str | None = None
    backfill: bool = False
    """The sender marks it as history (an import): nobody was late in reporting it."""


class SalesAccepted(Event):
    """The rep takes the lead. Whether the answer still counts is routing's decision."""

    topic: ClassVar[str] = "sales"

    class Data(SalesData):
        assignment: str | None = None

    type: Literal["sales.accepted.v1"] = "sales.accepted.v1"
    data: Data


class SalesRejected(Event):
    """The rep gives the lead back, with a reason of the agreement."""

    topic: ClassVar[str] = "sales"

    class Data(SalesData):
        assignment: str | None = None
        reason: str
        note: str | None = None
        record: str | None = None
        """Of a lead that is in the pipeline already: the record, by a lead's id or a deal's."""
        region: str | None = None
        """Of one that is out of territory: the region of the agreement where the rep says it belongs."""

    type: Literal["sales.rejected.v1"] = "sales.rejected.v1"
    data: Data


class ContactAttempted(Event):
    """A touch by sales; the person has not answered yet."""

    topic: ClassVar[str] = "sales"

    class Data(SalesData):
        channel: TouchChannel

    type: Literal["contact.attempted.v1"] = "contact.attempted.v1"
    data: Data


class ContactConnected(Event):
    """The person answered; contact implies acceptance."""

    topic: ClassVar[str] = "sales"

    class Data(SalesData):
        channel: TouchChannel | None = None

    type: Literal["contact.connected.v1"] = "contact.connected.v1"
    data: Data


class LeadSalesQualified(Event):
    """BANT evidence: need, plus two of budget, authority, timeline."""

    topic: ClassVar[str] = "sales"

    class Data(SalesData):
        need: bool | None = None
        budget: bool | None = None
        authority: bool | None = None
        timeline_months: int | None = None

    type: Literal["lead.sales_qualified.v1"] = "lead.sales_qualified.v1"
    data: Data


class LeadSalesDisqualified(Event):
    """No deal to be had: not the same thing as a lost deal."""

    topic: ClassVar[str] = "sales"

    class Data(SalesData):
        reason: str
        note: str | None = None
        revisit_on: date | None = None

    type: Literal["lead.sales_disqualified.v1"] = "lead.sales_disqualified.v1"
    data: Data


class DealData(SalesData):
    """What all facts of a deal share."""

    deal: str
    """The deal's identity: leads are its contacts."""
    merged: bool = False
    """A fact of another lead, who turned out to be this one: it was emitted before, of that lead."""


class DealOpened(Event):
    """A deal exists for the lead."""

    topic: ClassVar[str] = "sales"

    class Data(DealData):
        amount: Money | None = None
        product: str | None = None
        expected_close: date | None = None

    type: Literal["deal.opened.v1"] = "deal.opened.v1"
    data: Data


class DealChanged(Event):
    """Amount, stage, product or expected close moved; absent fields stay as they were."""

    topic: ClassVar[str] = "sales"

    class Data(DealData):
        amount: Money | None = None
        stage: str | None = None
        product: str | None = None
        expected_close: date | None = None

    type: Literal["deal.changed.v1"] = "deal.changed.v1"
    data: Data


class DealWon(Event):
    """Contract signed (`time`); `paid_at` is another matter."""

    topic: ClassVar[str] = "sales"

    class Data(DealData):
        amount: Money | None = None
        product: str | None = None
        paid_at: AwareDatetime | None = None

    type: Literal["deal.won.v1"] = "deal.won.v1"
    data: Data


class DealLost(Event):
    """The deal did not close."""

    topic: ClassVar[str] = "sales"

    class Data(DealData):
        reason: str
        competitor: str | None = None
        note: str | None = None

    type: Literal["deal.lost.v1"] = "deal.lost.v1"
    data: Data


class FeedbackGiven(Event):
    """A rep's word on the quality of a lead, 1 to 10."""

    topic: ClassVar[str] = "sales"

    class Data(SalesData):
        quality: Annotated[int, Meta(ge=1, le=10)]
        note: str | None = None

    type: Literal["feedback.given.v1"] = "feedback.given.v1"
    data: Data


class SurveyAnswered(Event):
    """Why a deal was won or lost, as its owner sees it: one for each closed deal; a later answer takes its place."""

    topic: ClassVar[str] = "sales"

    class Data(SalesData):
        deal: str
        outcome: Literal["won", "lost"]
        reason: str | None = None
        competitor: str | None = None
        content: tuple[str, ...] = ()
        """Of ours, that they mentioned."""
        objections: tuple[str, ...] = ()
        champion: str | None = None
        could_differ: str | None = None
        """What could have been different, and what else marketing should know."""
        lead_quality_issue: bool | None = None
        deal_breaker: str | None = None
        """The feature that was missing."""

    type: Literal["survey.answered.v1"] = "survey.answered.v1"
    data: Data


class AccountSuppressed(Event):
    """Sales asks marketing to leave a company alone. Subject: the lead it was said about, else the account."""

    topic: ClassVar[str] = "sales"

    class Data(SalesData):
        account: str | None = None
        """The company's domain or name; null: that of the lead."""
        note: str | None = None

    type: Literal["account.suppressed.v1"] = "account.suppressed.v1"
    data: Data


class AccountHandedBack(Event):
    """Sales gives a stalled account back to marketing. Subject: the lead it was said about, else the account."""

    topic: ClassVar[str] = "sales"

    class Data(SalesData):
        account: str | None = None
        """The company's domain or name; null: that of the lead."""
        note: str | None = None

    type: Literal["account.handed_back.v1"] = "account.handed_back.v1"
    data: Data


class LeadReassigned(Event):
    """A manager decides whose lead it is. Whether that counts is routing's decision."""

    topic: ClassVar[str] = "sales"

    class Data(SalesData):
        to: str
        """Rep id."""
        reason: str | None = None

    type: Literal["lead.reassigned.v1"] = "lead.reassigned.v1"
    data: Data


class LeadHandedOver(Event):
    """A rep hands the lead over to a colleague of the same pool, who may refuse it once."""

    topic: ClassVar[str] = "sales"

    class Data(SalesData):
        to: str
        """Rep id."""
        reason: str | None = None

    type: Literal["lead.handed_over.v1"] = "lead.handed_over.v1"
    data: Data


class SalesNurtured(Event):
    """A manager sends the lead back to nurture."""

    topic: ClassVar[str] = "sales"

    class Data(SalesData):
        segment: str | None = None
        """Of the agreement; null: that of a lead which is not yet qualified."""
        reason: str | None = None

    type: Literal["sales.nurtured.v1"] = "sales.nurtured.v1"
    data: Data


class StewardDecided(Event):
    """A steward answers a question of the queue. What a `pin` says of facts comes as `lead.updated` before it."""

    topic: ClassVar[str] = "sales"

    class Data(SalesData):
        item: str
        """Name of the fact that was disputed; `lead`: the lead waited for a steward."""
        decision: StewardDecision
        steward: str
        """Who decided: rep id, the address of a contact of the agreement, or the access key's id."""
        facts: tuple[str, ...] = ()
        """Names of the facts that were pinned."""
        record: str | None = None
        """Lead id or deal that it was merged into."""
        note: str | None = None

    type: Literal["steward.decided.v1"] = "steward.decided.v1"
    data: Data


class RepAvailability(Event):
    """A rep comes, pauses or leaves. Subject: the rep id."""

    topic: ClassVar[str] = "sales"

    class Data(SalesData):
        rep: str
        state: Literal["active", "away", "left"]
        since: AwareDatetime | None = None
        """Of `away`: when it begins; null: now. Called `from` at the door."""
        until: AwareDatetime | None = None

    type: Literal["rep.availability.v1"] = "rep.availability.v1"
    data: Data


class ItemReviewed(Event):
    """Somebody looked at an item of a review list and ticked it. Subject: the lead that the item is about."""

    topic: ClassVar[str] = "sales"

    class Data(SalesData):
        item: str
        """Of a rejection that is to be reviewed: its assignment."""
        note: str | None = None

    type: Literal["item.reviewed.v1"] = "item.reviewed.v1"
    data: Data


EVENTS: Final = (
    SalesAccepted,
    SalesRejected,
    ContactAttempted,
    ContactConnected,
    LeadSalesQualified,
    LeadSalesDisqualified,
    DealOpened,
    DealChanged,
    DealWon,
    DealLost,
    FeedbackGiven,
    SurveyAnswered,
    AccountSuppressed,
    AccountHandedBack,
    LeadReassigned,
    LeadHandedOver,
    SalesNurtured,
    StewardDecided,
    RepAvailability,
    ItemReviewed,
)
