"""What every channel does: sends an `OutgoingMessage`, and answers with what became of the call."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from notifier.render import Message

_LONGEST: Final = timedelta(days=1)
_DIGITS: Final = 9


@dataclass(frozen=True, slots=True)
class Delivered:
    """The provider said yes."""

    place: str | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """Surely not delivered; trying again makes sense."""

    error: str
    after: timedelta | None = None
    """The provider's own wish (Retry-After)."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """Will never be taken, as it is."""

    error: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """Set up wrongly: nothing gets through to this address (or `wide`: by this channel) until somebody acts."""

    error: str
    wide: bool


@dataclass(frozen=True, slots=True)
class AnswerLost:
    """The answer was lost: it may have been delivered."""

    error: str


@dataclass(frozen=True, slots=True)
class NotThere:
    """The message that was to be replaced is not there any more."""

    error: str


SendOutcome = Delivered | Later | Rejected | Stopped | AnswerLost | NotThere


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """One message on its way."""

    id: str
    kind: str
    lead: str
    recipient: str
    address: str
    content: Message
    now: datetime
    doubtful: bool = False
    """An earlier answer was lost: look whether it is there before sending again."""
    lost_answers: int = 0
    """How many answers were lost."""
    place: str | None = None
    reference: str | None = None
    """Of the message that this one replaces in place."""
    thread: str | None = None
    """Of the message that this one replies to; it stands alone when that is not there any more."""
    removed: bool = False
    """The person left: what was written must be taken back."""


def wish(retry_after: str) -> timedelta | None:
    """Retry-After in seconds, at most a day; None for what is no number of seconds."""
    seconds = retry_after.strip()
    if not (seconds.isascii() and seconds.isdecimal()):
        return None
    return min(timedelta(seconds=int(seconds[:_DIGITS])), _LONGEST)


class Channel(Protocol):
    """One way out."""

    name: str
    outbox: bool
    """No provider: the message is kept in a folder."""
    pace: timedelta | None
    """Between two messages to one address."""
    hold: timedelta
    """Longer than any call may take: who has not recorded or renewed by then has died."""
    calls: int
    """At a time."""
    prompt: bool
    """People wait for it: claimed where it is decided. Everything else is found a moment later, behind such calls."""

    def compose(self, message: Message, notice: str) -> dict[str, Any]:
        """The rendered message, as it is kept and shown."""
        ...

    async def send(self, message: OutgoingMessage, body: Mapping[str, Any]) -> SendOutcome:
        """One call with what `compose` made. Troubles at the other side are outcomes, never exceptions."""
        ...
