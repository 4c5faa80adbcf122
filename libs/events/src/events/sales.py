"""Topic `sales`: what sales did and found out. Written by ingest, on behalf of reps, CRM and Slack buttons."""

from datetime import date
from typing import Annotated, ClassVar, Final, Literal

from msgspec import Meta

from events.body import AwareDatetime
from events.deals import DealChanged, DealLost, DealOpened, DealWon, SurveyAnswered
from events.envelope import Event
from events.grounds import AttemptMade
from events.sales_data import SalesData
from events.teamwork import (
    ActionItem,
    AssessmentAnswered,
    ContentRated,
    ContentRequested,
    CustomerChurned,
    CustomerRenewed,
    LeadEnrolled,
    LeadSnoozed,
    PartnerNoted,
)
from events.vocabulary import TouchChannel

StewardDecision = Literal["pin", "fixed", "drop", "merge"]
"""Of a steward: these values are right; its data were put right, judge it again; leave it; it belongs to a record."""
WAITING: Final = "lead"
"""Item of a steward's queue: the lead itself, which waits for a steward."""


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

    @property
    def attempt(self) -> AttemptMade:
        """When (not after it was recorded), how and by whom: equal ones are one attempt, however often reported."""
        return AttemptMade(at=self.occurred, channel=self.data.channel, by=self.data.by)


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


class FeedbackGiven(Event):
    """A rep's word on the quality of a lead, 1 to 10."""

    topic: ClassVar[str] = "sales"

    class Data(SalesData):
        quality: Annotated[int, Meta(ge=1, le=10)]
        note: str | None = None

    type: Literal["feedback.given.v1"] = "feedback.given.v1"
    data: Data


class AccountSuppressed(Event):
    """Sales asks marketing to leave a company alone. Subject: the lead it was said about, else the account."""

    topic: ClassVar[str] = "sales"

    class Data(SalesData):
        account: str | None = None
        """The company's domain or name; null: that of the lead."""
        note: str | None = None

        @property
        def other_subject(self) -> str | None:
            """The account."""
            return self.account

    type: Literal["account.suppressed.v1"] = "account.suppressed.v1"
    data: Data


class AccountHandedBack(Event):
    """Sales gives a stalled account back to marketing. Subject: the lead it was said about, else the account."""

    topic: ClassVar[str] = "sales"

    class Data(SalesData):
        account: str | None = None
        """The company's domain or name; null: that of the lead."""
        note: str | None = None

        @property
        def other_subject(self) -> str | None:
            """The account."""
            return self.account

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


class OwnerNudged(Event):
    """A manager asks whoever has the lead to get on with it. Whether that counts is routing's decision."""

    topic: ClassVar[str] = "sales"

    class Data(SalesData):
        pass

    type: Literal["owner.nudged.v1"] = "owner.nudged.v1"
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
        feed: bool = False
        """The rep's calendar says it, of what stands there alone."""

        @property
        def other_subject(self) -> str:
            """The rep."""
            return self.rep

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
    OwnerNudged,
    SalesNurtured,
    StewardDecided,
    RepAvailability,
    ItemReviewed,
    LeadSnoozed,
    LeadEnrolled,
    CustomerRenewed,
    CustomerChurned,
    ContentRequested,
    ContentRated,
    ActionItem,
    AssessmentAnswered,
    PartnerNoted,
)
