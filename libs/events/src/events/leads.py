"""Topic `leads`: everything marketing knows of a person, in order. The topic with personal data. Written by ingest."""

from typing import Any, ClassVar, Final, Literal
from uuid import UUID, uuid5

from msgspec import field

from events.body import AwareDatetime, Body
from events.envelope import Event

LEADS: Final = UUID("6b1f0f5e-9d1c-5a56-8f4b-0b1e5a7d0c11")
"""Namespace of lead ids: the same address is the same lead in every house."""

OTHER: Final = "other"
"""Kind of what the agreement's chapter `events` has no name for; people are shown the name that its tool gave it."""


def lead_id(email: str) -> str:
    """Who first came with this address; it must be normalised (lower case)."""
    return str(uuid5(LEADS, email))


class KnownFact(Body):
    """One thing known about a person or company, with where and when it was learned."""

    name: str
    """email first_name last_name name title company domain employees industry revenue country region phone …"""
    value: Any = None
    """Null withdraws what this source said; on the wire it is absent."""
    source: str
    """`form`, `segment`, `crm`, `crm_human`, `enrichment`, `csv`, `steward` … Survivorship ranks these."""
    at: AwareDatetime


class Campaign(Body):
    """Where a visit came from, as its link said (`utm_*`)."""

    name: str | None = None
    source: str | None = None
    medium: str | None = None
    term: str | None = None
    content: str | None = None
    referral: str | None = None
    """Partner id of a referral link, if any."""


class LeadCaptured(Event):
    """A person became known: an e-mail address is there. Once per lead, first on its stream."""

    topic: ClassVar[str] = "leads"

    class Data(Body):
        email: str
        facts: tuple[KnownFact, ...] = ()
        channel: str
        """`form:demo`, `segment`, `cloudevents`, `csv`, `sales`."""
        campaign: Campaign | None = None
        anonymous_id: str | None = None

    type: Literal["lead.captured.v1"] = "lead.captured.v1"
    data: Data


class LeadUpdated(Event):
    """More, or newer, facts about a known person. A null value withdraws what this source said."""

    topic: ClassVar[str] = "leads"

    class Data(Body):
        facts: tuple[KnownFact, ...]
        merged: bool = False
        """Said again on the winner's stream after a merge; folds in like a late fact."""

    type: Literal["lead.updated.v1"] = "lead.updated.v1"
    data: Data


class EngagementVerdict(Body):
    """A person's word on whether a machine did it, whatever the rules say (domain, 3.4)."""

    machine: bool
    by: str
    """Rep id, the address of a contact of the agreement, or the access key's name."""
    at: AwareDatetime


class EngagementRecorded(Event):
    """The person did something that marketing can see. `time` is corrected for the client's clock."""

    topic: ClassVar[str] = "leads"

    class Data(Body):
        kind: str
        """Canonical kind of the agreement's chapter `events`: `demo_request`, `pricing_view`, …, `other`."""
        name: str
        """As the tool named it: `Demo Requested`, or the page's title."""
        message_id: str
        """The client's own id; with the source it is what duplicates are recognised by."""
        channel: str
        """`form:demo`, `segment`, `cloudevents`, `email`, …"""
        asset: str | None = None
        url: str | None = None
        title: str | None = None
        mail: str | None = None
        """Id of the mail message for opens, clicks and replies."""
        link: str | None = None
        campaign: Campaign | None = None
        text: str | None = None
        """Free text the person wrote (form field `message`)."""
        user_agent: str | None = None
        delivered_at: AwareDatetime | None = None
        machine: bool | None = None
        """A source that knows says so; null lets scoring judge."""
        properties: dict[str, Any] = field(default_factory=dict)
        merged: bool = False
        verdict: EngagementVerdict | None = None
        """Of one that was judged again before it was emitted once more."""

    type: Literal["engagement.recorded.v1"] = "engagement.recorded.v1"
    data: Data


class EngagementJudged(Event):
    """Somebody says that an engagement was human after all, or a machine's. Subject: the lead; one for each of them."""

    topic: ClassVar[str] = "leads"

    class Data(Body):
        message_id: str
        """Of the engagement, as are the next five: they tell it from others."""
        kind: str
        name: str
        occurred: AwareDatetime
        mail: str | None = None
        link: str | None = None
        verdict: EngagementVerdict

    type: Literal["engagement.judged.v1"] = "engagement.judged.v1"
    data: Data


class ConsentChanged(Event):
    """The person gave or withdrew consent for a channel."""

    topic: ClassVar[str] = "leads"

    class Data(Body):
        channel: str
        granted: bool
        basis: str | None = None
        text_version: str | None = None

    type: Literal["consent.changed.v1"] = "consent.changed.v1"
    data: Data


class MailSent(Event):
    """The mail tool sent a mail of marketing to the person: it counts against the mails of the month."""

    topic: ClassVar[str] = "leads"

    class Data(Body):
        campaign: str
        message_id: str | None = None
        merged: bool = False
        """Of a lead that turned out to be this one: it was emitted before, of that lead."""

    type: Literal["mail.sent.v1"] = "mail.sent.v1"
    data: Data


class LeadMerged(Event):
    """The subject turned out to be `into`; its facts are said again on that stream. Everyone lets go of the subject."""

    topic: ClassVar[str] = "leads"

    class Data(Body):
        into: str
        reason: str
        """`alias`, `shared_email`, `steward`."""

    type: Literal["lead.merged.v1"] = "lead.merged.v1"
    data: Data


class LeadErased(Event):
    """The person asked to be forgotten: counts stay, the person goes."""

    topic: ClassVar[str] = "leads"

    class Data(Body):
        reason: str = "request"

    type: Literal["lead.erased.v1"] = "lead.erased.v1"
    data: Data


def lets_go(event: Event) -> bool:
    """Whether the event ends what the house may do with its subject: erasure, merge, a consent withdrawn.

    Such an event does not wait behind an earlier one that could not be worked.
    """
    withdrawn = isinstance(event, ConsentChanged) and not event.data.granted
    return withdrawn or isinstance(event, LeadErased | LeadMerged)


EVENTS: Final = (
    LeadCaptured,
    LeadUpdated,
    EngagementRecorded,
    EngagementJudged,
    ConsentChanged,
    MailSent,
    LeadMerged,
    LeadErased,
)
