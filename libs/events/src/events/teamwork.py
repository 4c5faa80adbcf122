"""Topic `sales`: what the two teams keep for each other beside a lead's way: content, action items, self-assessment.

Also what becomes of a customer after the deal, and what a rep puts off or has the mail tool do. Written by ingest.
"""

from datetime import date
from typing import ClassVar, Literal

from events.body import AwareDatetime
from events.envelope import Event
from events.sales_data import DealData, SalesData
from events.vocabulary import Money


class LeadSnoozed(Event):
    """The rep looks at it again later. Promises run on: nothing is put off beyond the next one."""

    topic: ClassVar[str] = "sales"

    class Data(SalesData):
        until: AwareDatetime
        """A time that is over wakes it."""

    type: Literal["lead.snoozed.v1"] = "lead.snoozed.v1"
    data: Data


class LeadEnrolled(Event):
    """A rep or manager wants the lead, or a whole account, in a campaign of the mail tool.

    Subject: the lead, else the account. Whether it can be is routing's decision.
    """

    topic: ClassVar[str] = "sales"

    class Data(SalesData):
        campaign: str
        account: str | None = None
        """The company's domain or name: all of its people; null: the lead alone."""

        @property
        def other_subject(self) -> str | None:
            """The account."""
            return self.account

    type: Literal["lead.enrolled.v1"] = "lead.enrolled.v1"
    data: Data


class CustomerRenewed(Event):
    """The customer goes on: the contract of this deal was renewed."""

    topic: ClassVar[str] = "sales"

    class Data(DealData):
        amount: Money | None = None
        """Of the renewal; the deal keeps its own."""
        until: date | None = None
        note: str | None = None

    type: Literal["customer.renewed.v1"] = "customer.renewed.v1"
    data: Data


class CustomerChurned(Event):
    """The customer is none any more by this deal: its contract ended."""

    topic: ClassVar[str] = "sales"

    class Data(DealData):
        reason: str | None = None
        note: str | None = None

    type: Literal["customer.churned.v1"] = "customer.churned.v1"
    data: Data


class ContentRequested(Event):
    """Sales asks marketing for content. Subject: the lead it is for, else the request itself."""

    topic: ClassVar[str] = "sales"

    class Data(SalesData):
        text: str
        request: str
        """By which `content.published` answers it (`answers`): the id of the fact, unless one is given."""
        persona: str | None = None
        stage: str | None = None

        @property
        def other_subject(self) -> str:
            """The request."""
            return self.request

    type: Literal["content.requested.v1"] = "content.requested.v1"
    data: Data


class ContentRated(Event):
    """Whether sales uses an asset, and if not, why. Subject: the lead it was meant for, else the asset."""

    topic: ClassVar[str] = "sales"

    class Data(SalesData):
        asset: str
        used: bool | None = None
        reason: str | None = None
        """Why it is not used, in a word or two: counted by it."""
        note: str | None = None

        @property
        def other_subject(self) -> str:
            """The asset."""
            return self.asset

    type: Literal["content.rated.v1"] = "content.rated.v1"
    data: Data


class PartnerNoted(Event):
    """We tell a partner how we work together, or the partner tells us. Subject: the partner."""

    topic: ClassVar[str] = "sales"

    class Data(SalesData):
        partner: str
        """Id of a partner of the agreement."""
        note: str
        from_partner: bool = False
        """The partner says it; else one of us."""

        @property
        def other_subject(self) -> str:
            """The partner."""
            return self.partner

    type: Literal["partner.noted.v1"] = "partner.noted.v1"
    data: Data


class ActionItem(Event):
    """Something that somebody is to do after a meeting, or news of it. Subject: the lead it is about, else the item."""

    topic: ClassVar[str] = "sales"

    class Data(SalesData):
        item: str
        """The item's identity: the id of the fact that made it. What later facts leave out stays as it was."""
        pack: str | None = None
        """The pack of figures of whose meeting it is."""
        text: str | None = None
        owner: str | None = None
        """Rep id, or the address of somebody who is no rep."""
        due: date | None = None
        done: bool | None = None

        @property
        def other_subject(self) -> str:
            """The item."""
            return self.item

    type: Literal["action.item.v1"] = "action.item.v1"
    data: Data


class AssessmentAnswered(Event):
    """How the two teams work together, as somebody sees it. Subject: the question's topic."""

    topic: ClassVar[str] = "sales"

    class Data(SalesData):
        question: str
        """Topic of a question of the agreement (`definitions.self_assessment`)."""
        answer: str

        @property
        def other_subject(self) -> str:
            """The question's topic."""
            return self.question

    type: Literal["assessment.answered.v1"] = "assessment.answered.v1"
    data: Data
