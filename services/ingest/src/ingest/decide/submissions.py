"""What came in, through whichever edge: one type for each thing a sender can say, with just its fields."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from email_validator import EmailNotValidError, validate_email
from msgspec import Struct, field

from events import Body, Event
from events.leads import ConsentChanged, EngagementRecorded, KnownFact, LeadErased, MailSent
from events.sales import RepAvailability
from events.sales_data import SalesData

LONGEST_ADDRESS: Final = 1000
"""Characters of what is looked at as an address; a valid one has 254 at most."""
LONGEST_ID: Final = 255
"""Characters of a message id, and of a user or anonymous id."""


class Arrival(Struct, frozen=True, kw_only=True):
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
    batch: str | None = None
    """Name that the sender gives the import that it belongs to."""
    raw: bytes | None = None
    """As it was sent: kept where it cannot be decided on."""

    @property
    def key(self) -> tuple[str, str]:
        """What duplicates are recognised by: source and message id."""
        return self.source, self.message_id


class PersonArrival(Arrival, frozen=True, kw_only=True):
    """What is about a person whom the house may not know yet. Ids went through `identifier`."""

    user: str | None = None
    """The sender's id of a person."""
    anonymous: str | None = None
    """The sender's id of a browser."""
    learned_from: str = "segment"
    """Who vouches for the facts: a source of the agreement's survivorship."""
    is_released: bool = False
    """A person looked at it and says that it is no spam."""


class ClientMessage(PersonArrival, frozen=True, kw_only=True):
    """What messages of tracking clients share."""

    traits: Mapping[str, Any] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)


class Identify(ClientMessage, frozen=True, kw_only=True):
    """Facts about a person, as traits of a tool or in our own words."""

    lead: str | None = None
    email: str | None = None
    facts: tuple[KnownFact, ...] = ()
    claims: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By source, traits that another source than `learned_from` vouches for."""


class Track(ClientMessage, frozen=True, kw_only=True):
    """An event under the name its tool gives it."""

    name: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    lead: str | None = None
    email: str | None = None
    user_agent: str | None = None


class Page(ClientMessage, frozen=True, kw_only=True):
    """A page or screen was looked at."""

    name: str = ""
    properties: Mapping[str, Any] = field(default_factory=dict)
    user_agent: str | None = None


class Group(ClientMessage, frozen=True, kw_only=True):
    """The person belongs to a company, whose facts are the traits."""


class Alias(ClientMessage, frozen=True, kw_only=True):
    """`previous` (a user id, an anonymous id or an address) is the same person."""

    previous: str

    @property
    def address(self) -> str | None:
        """`previous` as an e-mail address, if it is one."""
        return normalise(self.previous)


class FormSubmitted(PersonArrival, frozen=True, kw_only=True):
    """A form, under its name in the agreement's chapter `events`."""

    name: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    email: str | None = None
    """Null: the first field that holds an address."""
    page_url: str | None = None
    user_agent: str | None = None
    again_after: float | None = None
    """The same content counts again after so many seconds: for forms that come without an id. Null: never."""


class Engagement(PersonArrival, frozen=True, kw_only=True):
    """What a person did, already in our words."""

    data: EngagementRecorded.Data
    lead: str | None = None
    email: str | None = None


class Consent(PersonArrival, frozen=True, kw_only=True):
    """Consent for a channel, given or withdrawn."""

    data: ConsentChanged.Data
    lead: str | None = None
    email: str | None = None


class SalesFact(Arrival, frozen=True, kw_only=True):
    """What sales says about a known lead, about a rep, or about an account."""

    event: type[Event]
    data: SalesData
    lead: str | None = None
    email: str | None = None
    rep: str | None = None
    """Subject of a fact about a rep, or about an account (its domain or name); then no lead is named."""
    by_day: bool = False
    """It was dated by a day: `original` is the end of that day, which may be to come."""
    time_pointer: str = ""
    """JSON pointer to its time."""


def subject_without_lead(data: SalesData, *, named: bool) -> str | None:
    """The subject of a fact that is about no lead: a rep, or what it is about when no lead is `named`; else None."""
    return data.other_subject if not named or isinstance(data, RepAvailability.Data) else None


def account_key(account: str) -> str:
    """How an account is written in facts: a domain without its decoration, or a name, in small letters."""
    text = account.strip().lower()
    host = text.split("//")[-1].split("/")[0].removeprefix("www.")
    return host if "." in host and " " not in host else text


class CampaignFact(Arrival, frozen=True, kw_only=True):
    """What marketing spends or publishes, or what happens to a company."""

    event: type[Event]
    data: Body
    subject: str
    """The campaign, asset or company domain."""


class MailReport(Arrival, frozen=True, kw_only=True):
    """The mail tool says that it sent a mail to a known lead."""

    data: MailSent.Data
    lead: str | None = None
    email: str | None = None


class Judgement(Arrival, frozen=True, kw_only=True):
    """Somebody says that engagements of a known lead were human after all, or a machine's."""

    lead: str | None = None
    email: str | None = None
    engagement: str | None = None
    """Message id of the one that is meant."""
    mail: str | None = None
    """Or all that was done with this mail."""
    machine: bool
    by: str

    def is_about(self, data: EngagementRecorded.Data) -> bool:
        """The engagement is meant."""
        if self.engagement is not None:
            return data.message_id == self.engagement
        return data.mail is not None and data.mail == self.mail


class Merge(Arrival, frozen=True, kw_only=True):
    """A steward says that a lead is another one."""

    lead: str | None = None
    email: str | None = None
    into: str
    """Lead id."""


class Erase(Arrival, frozen=True, kw_only=True):
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
    | MailReport
    | Judgement
    | Merge
    | Erase
)


def normalise(address: object) -> str | None:
    """The e-mail address by which a person is recognised, in lower case; None when it is none."""
    if not isinstance(address, str) or "@" not in address:
        return None
    address = address.strip()
    return _normalised(address) if len(address) <= LONGEST_ADDRESS else None


@lru_cache(maxsize=10_000)
def _normalised(address: str) -> str | None:
    """Remembers: the check is dear, and many clients name the person in every message."""
    try:
        valid = validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    return valid.normalized.lower()


def identifier(value: object) -> str | None:
    """A user or anonymous id of 1 to 255 characters, trimmed; numbers are taken as text. None for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value).strip()
    return text if 0 < len(text) <= LONGEST_ID else None
