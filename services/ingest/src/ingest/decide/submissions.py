"""What came in, whichever door it came through: the one value that every edge makes and `decide` reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from email_validator import EmailNotValidError, validate_email

from events import Body, Event
from events.leads import Known

What = Literal["identify", "track", "page", "group", "alias", "form", "engagement", "said", "merge", "erase"]
LONGEST_ID: Final = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One thing somebody told us. Ids, names and times are as the sender gave them."""

    source: str
    """Duplicates are recognised by (source, message_id)."""
    message_id: str
    again_after: float | None = None
    """The same content counts again after so many seconds: forms have no ids of their own."""
    channel: str
    """`form:demo`, `segment`, `cloudevents`, `sales`."""
    learned_from: str = "segment"
    """Who vouches for the facts: a source of the agreement's survivorship."""
    what: What
    name: str = ""
    """Of the event, page or form."""
    pointer: str = ""
    """Where it stands in the request."""

    lead: str | None = None
    email: str | None = None
    user: str | None = None
    anonymous: str | None = None
    previous: str | None = None
    into: str | None = None
    """Lead that the subject turned out to be (`merge`)."""

    traits: Mapping[str, Any] = field(default_factory=dict)
    properties: Mapping[str, Any] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)
    known: Sequence[Known] = ()
    """Facts already in our words."""
    event: type[Event] | None = None
    body: Body | None = None
    """What is said, already in our words (`said`, `engagement`)."""
    account: str | None = None
    """Subject of a fact that is not about a person: a campaign, an asset, a company, a rep."""

    original: datetime | None = None
    sent: datetime | None = None
    exact: bool = False
    """`original` needs no correction: the sender's clock is trusted."""
    historical: bool = False
    user_agent: str | None = None
    raw: bytes | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.source, self.message_id


def normalise(address: object) -> str | None:
    """The e-mail address by which a person is recognised; None when it is none."""
    if not isinstance(address, str) or "@" not in address:
        return None
    try:
        found = validate_email(address.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    return found.normalized.lower()


def identifier(value: object) -> str | None:
    """A user or anonymous id; numbers are taken as text, nothing is nobody."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value).strip()
    return text if 0 < len(text) <= LONGEST_ID else None
