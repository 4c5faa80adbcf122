"""What came in, through whichever edge: one type for each thing a sender can say, with just its fields."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from email_validator import EmailNotValidError, validate_email

from events import Body, Event
from events.leads import ConsentChanged, EngagementRecorded, Known, LeadErased
from events.sales import SalesData

LONGEST_ID: Final = 255
"""Characters of a message id, and of a user or anonymous id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What all submissions share: how they came in. Ids and times are as the sender gave them."""

    source: str
    """Duplicates are recognised by (source, message_id)."""
    message_id: str
    channel: str
    """`form:demo`, `segment`, `cloudevents`, `sales`, `slack`, or the name of a provider."""
    pointer: str = ""
    """JSON pointer to the spot of the request that is wrong when its lead is unknown."""
    original: datetime | None = None
    """When it happened, by the sender's clock."""
    sent_at: datetime | None = None
    """When it was sent, by the same clock: the difference to the receipt corrects `original`."""
    exact: bool = False
    """`original` needs no correction: the sender's clock is trusted."""
    historical: bool = False
    """The sender marks it as old news."""
    raw: bytes | None = None
    """As it was sent, for the house's memory."""

    @property
    def key(self) -> tuple[str, str]:
        """What duplicates are recognised by: source and message id."""
        return self.source, self.message_id


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonArrival(Arrival):
    """What is about a person whom the house may not know yet. Ids went through `identifier`."""

    user: str | None = None
    """The sender's id of a person."""
    anonymous: str | None = None
    """The sender's id of a browser."""
    learned_from: str = "segment"
    """Who vouches for the facts: a source of the agreement's survivorship."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientMessage(PersonArrival):
    """What messages of tracking clients share."""

    traits: Mapping[str, Any] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identify(ClientMessage):
    """Facts about a person, as traits of a tool or in our own words."""

    lead: str | None = None
    email: str | None = None
    facts: tuple[Known, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Track(ClientMessage):
    """An event under the name its tool gives it."""

    name: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    lead: str | None = None
    email: str | None = None
    user_agent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(ClientMessage):
    """A page or screen was looked at."""

    name: str = ""
    properties: Mapping[str, Any] = field(default_factory=dict)
    user_agent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(ClientMessage):
    """The person belongs to a company, whose facts are the traits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias(ClientMessage):
    """`previous` (a user id, an anonymous id or an address) is the same person."""

    previous: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FormSubmitted(PersonArrival):
    """A form, under its name in the agreement's chapter `events`."""

    name: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    email: str | None = None
    """Null: the first field that holds an address."""
    page_url: str | None = None
    user_agent: str | None = None
    again_after: float | None = None
    """The same content counts again after so many seconds: for forms that come without an id. Null: never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engagement(PersonArrival):
    """What a person did, already in our words."""

    data: EngagementRecorded.Data
    lead: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent(PersonArrival):
    """Consent for a channel, given or withdrawn."""

    data: ConsentChanged.Data
    lead: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesFact(Arrival):
    """What sales says about a known lead, or about a rep."""

    event: type[Event]
    data: SalesData
    lead: str | None = None
    email: str | None = None
    rep: str | None = None
    """Subject of a fact about a rep; then no lead is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignFact(Arrival):
    """What marketing spends or publishes, or what happens to a company."""

    event: type[Event]
    data: Body
    subject: str
    """The campaign, asset or company domain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge(Arrival):
    """A steward says that a lead is another one."""

    lead: str | None = None
    email: str | None = None
    into: str
    """Lead id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erase(Arrival):
    """A known lead asks to be forgotten."""

    lead: str | None = None
    email: str | None = None
    data: LeadErased.Data = field(default_factory=LeadErased.Data)


Submission = (
    Identify
    | Track
    | Page
    | Group
    | Alias
    | FormSubmitted
    | SalesFact
    | CampaignFact
    | Engagement
    | Consent
    | Merge
    | Erase
)


def normalise(address: object) -> str | None:
    """The e-mail address by which a person is recognised, in lower case; None when it is none."""
    if not isinstance(address, str) or "@" not in address:
        return None
    try:
        valid = validate_email(address.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    return valid.normalized.lower()


def identifier(value: object) -> str | None:
    """A user or anonymous id of 1 to 255 characters, trimmed; numbers are taken as text. None for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value).strip()
    return text if 0 < len(text) <= LONGEST_ID else None
