"""What the notifier keeps of a lead: the person, the offers with their clocks; and the notice, as it is decided."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, Self
from uuid import UUID, uuid5

from msgspec import Struct, structs

from agreement.deals import DealHistory, DealState, survey_counts
from events.body import AwareDatetime
from events.grounds import AttemptMade, Snapshot
from events.slas import ClockState
from events.vocabulary import Money, NoticeChannel

_NAMESPACE: Final = UUID("6f3a5c1e-3d1b-5d0e-9c51-6f0e2b7d4a10")

HOT: Final = "hot"
"""The flag of a lead that nobody may keep waiting."""


class Document(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is stored as JSON: frozen, and tolerant of fields that newer code added. A constructor checks no values."""

    def replaced(self, **changes: Any) -> Self:
        """A copy with these fields changed; nothing is checked again."""
        return structs.replace(self, **changes)


class SourceValue(Document, frozen=True, kw_only=True):
    """What one source says: of a fact, or of the consent to a channel."""

    value: Any
    source: str
    at: AwareDatetime


class Activity(Document, frozen=True, kw_only=True):
    """One line of the timeline: an engagement of the person."""

    at: AwareDatetime
    event: str
    kind: str
    name: str
    asset: str | None = None
    title: str | None = None
    text: str | None = None


class Person(Document, frozen=True, kw_only=True, rename={"removed": "gone", "activities": "doings"}):
    """Who the lead is. Some fields are stored under older names."""

    removed: Literal["erased", "merged"] | None = None
    """The person asked to be forgotten, or is known under another id: then nothing else is kept but that."""
    into: str | None = None
    """Of one who was merged: the lead that goes on; null of what was kept before."""
    facts: Mapping[str, tuple[SourceValue, ...]] = {}
    """Fact name to the latest value of each source."""
    activities: tuple[Activity, ...] = ()
    """The latest ones, oldest first."""
    consents: Mapping[str, SourceValue] = {}
    """Channel to the answer that the person gave last: True allows it."""

    @property
    def refused_channels(self) -> tuple[str, ...]:
        """Channels that the person refused, in order of name."""
        return tuple(sorted(channel for channel, answer in self.consents.items() if not answer.value))


class Offer(Document, frozen=True, kw_only=True):
    """One assignment, as its card shows it."""

    assignment: str
    version: int
    cycle: int
    rep: str
    team: str
    pool: str | None = None
    rule: str
    flag: str | None = None
    flags: tuple[str, ...] = ()
    kind: str
    touch: str
    snapshot: Snapshot
    at: AwareDatetime
    answer: Literal["offered", "accepted", "returned"] = "offered"
    answered_at: AwareDatetime | None = None
    reason: str | None = None
    then: str | None = None
    successor: str | None = None
    """Rep who was offered the lead next in this cycle."""
    stage: str | None = None
    status: str | None = None
    attempts: tuple[AttemptMade, ...] = ()
    """Of sales, in this cycle."""

    @property
    def is_hot(self) -> bool:
        """Whether it carries the flag of hot leads."""
        return HOT in (self.flag, *self.flags)


class HandoffClock(Document, frozen=True, kw_only=True):
    """One promise about the lead, or about one assignment of it."""

    promise: str
    assignment: str | None
    target: str
    due: AwareDatetime
    state: ClockState = "running"
    stopped: AwareDatetime | None = None
    reminded: int = 0
    """Per cent of its time of which the card says that they are gone."""


SURVEYED: Final[Mapping[str, object]] = {
    **dict.fromkeys(("reason", "competitor", "champion", "could_differ")),
    **dict.fromkeys(("content", "objections"), ()),
}
"""Fields of a deal's story that its survey fills in, each with its value before there is one."""


class DealStory(Document, frozen=True, kw_only=True):
    """One deal, as far as who looks after the customer is to know it."""

    deal: str
    amount: Money | None = None
    product: str | None = None
    by: str | None = None
    """Rep id of who won it."""
    promised: str | None = None
    reason: str | None = None
    competitor: str | None = None
    content: tuple[str, ...] = ()
    objections: tuple[str, ...] = ()
    champion: str | None = None
    could_differ: str | None = None
    surveyed_at: AwareDatetime | None = None
    """When the survey was answered from which these are; null of what was kept before."""
    history: DealHistory = DealHistory()
    """Its facts about this lead, in the order in which they occurred."""
    ending: str | None = None
    """`won` or `lost`, as the stage of its lead said before there was `deal.judged`; null while it said neither."""
    judged: DealState | None = None
    """How it stands, as routing says by the facts about all its contacts; null while it says nothing."""
    surveys_from: AwareDatetime | None = None
    """As routing says, too: only a survey from after this instant is about this end; null: no end was taken back."""

    @property
    def is_won(self) -> bool:
        """Whether it has ended so. Routing is heard a moment after the fact, which speaks until then."""
        return (self.judged or self.ending or self.history.state) == "won"

    def survey_counts(self, outcome: str, at: datetime) -> bool:
        """Whether a survey answered at this instant is about a win that stands."""
        return self.is_won and self._answers(outcome, at)

    def _answers(self, outcome: str, at: datetime) -> bool:
        since = self.surveys_from if self.judged else self.surveys_from or self.history.surveys_from
        return survey_counts(outcome, at, "won", since)

    @property
    def as_it_ended(self) -> "DealStory":
        """The same, without the answers of a survey that is about an earlier end of the deal."""
        if self.surveyed_at is None or self._answers("won", self.surveyed_at):
            return self
        return self.replaced(**SURVEYED)


class Handoff(Document, frozen=True, kw_only=True):
    """Offers by assignment, clocks by id and deals by theirs, of one lead."""

    offers: Mapping[str, Offer] = {}
    clocks: Mapping[str, HandoffClock] = {}
    deals: Mapping[str, DealStory] = {}

    def clocks_of(self, assignment: str) -> list[HandoffClock]:
        """The clocks of one assignment, in order of due time."""
        return sorted((c for c in self.clocks.values() if c.assignment == assignment), key=lambda c: (c.due, c.promise))

    @property
    def latest_offer(self) -> Offer | None:
        """The last one made, in whatever cycle."""
        return max(self.offers.values(), key=lambda offer: offer.version, default=None)


@dataclass(frozen=True, slots=True)
class LeadView:
    """Everything kept of one lead: what its cards are drawn from."""

    person: Person = field(default_factory=Person)
    handoff: Handoff = field(default_factory=Handoff)


@dataclass(frozen=True, slots=True)
class State:
    """The leads of a batch, as far as they are known."""

    leads: Mapping[str, LeadView] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Notice:
    """Somebody must hear of something, once, by one channel."""

    lead: str
    kind: str
    about: str
    """What it is about: an assignment, a clock, a cycle, or the event itself."""
    recipient: str
    channel: NoticeChannel
    address: str
    """Slack member or channel, mail address, or webhook."""
    next_at: datetime | None
    """None: never; it was dropped, and `error` says why."""
    payload: Mapping[str, Any]
    personal: bool
    """It names the person, so it waits until we know who that is."""
    assignment: str | None = None
    cause: str | None = None
    correlation: str | None = None
    error: str | None = None
    card: str | None = None
    """Id of the notice of the card to which this belongs: it replies there, or the card itself says it."""
    of: str | None = None
    """The lead that it was made of, when that was merged into the one that is named."""

    @property
    def id(self) -> str:
        """The same intent has the same id for ever: it names the file, the message and the row."""
        return notice_id(self.of or self.lead, self.kind, self.about, self.channel, self.recipient)


def notice_id(lead: str, kind: str, about: str, channel: str, recipient: str) -> str:
    """The id of a notice with these properties, whether or not there is one."""
    return str(uuid5(_NAMESPACE, "|".join((lead, kind, about, channel, recipient))))
