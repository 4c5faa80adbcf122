"""What the notifier keeps of a lead: the person, the offers with their clocks, and the notices that are owed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID, uuid5

from pydantic import AwareDatetime

from events import Body
from events.handoffs import Snapshot
from events.vocabulary import NoticeChannel

_NAMESPACE: Final = UUID("6f3a5c1e-3d1b-5d0e-9c51-6f0e2b7d4a10")


class Value(Body):
    """What one source says about one fact."""

    value: Any
    source: str
    at: AwareDatetime


class Doing(Body):
    """One line of the timeline."""

    at: AwareDatetime
    event: str
    kind: str
    name: str
    asset: str | None = None
    title: str | None = None
    text: str | None = None


class Person(Body):
    """Who the lead is. `gone`: erased, or merged into another; then nothing else is kept."""

    gone: Literal["erased", "merged"] | None = None
    facts: Mapping[str, tuple[Value, ...]] = {}
    """Per fact, the latest value of each source."""
    doings: tuple[Doing, ...] = ()
    """The latest ones, oldest first."""
    consents: Mapping[str, Value] = {}
    """Per channel, what the person allowed or refused last."""

    @property
    def refused(self) -> tuple[str, ...]:
        return tuple(sorted(channel for channel, said in self.consents.items() if not said.value))

    def fact(self, name: str, order: Sequence[str] = ()) -> Any:
        """The value of the most trusted source that has one."""
        rank = {source: place for place, source in enumerate(order)}
        known = [value for value in self.facts.get(name, ()) if value.value not in (None, "")]
        if not known:
            return None
        return min(known, key=lambda v: (rank.get(v.source, len(rank)), -v.at.timestamp(), v.source)).value


class Offer(Body):
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


class Clock(Body):
    """One promise of an assignment."""

    promise: str
    assignment: str | None
    target: str
    due: AwareDatetime
    state: Literal["running", "met", "late", "breached", "void"] = "running"
    stopped: AwareDatetime | None = None


class Matter(Body):
    """The handoff of one lead: its offers and clocks by id."""

    offers: Mapping[str, Offer] = {}
    clocks: Mapping[str, Clock] = {}

    def clocks_of(self, assignment: str) -> list[Clock]:
        return sorted((c for c in self.clocks.values() if c.assignment == assignment), key=lambda c: (c.due, c.promise))


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything kept of one lead."""

    person: Person = field(default_factory=Person)
    matter: Matter = field(default_factory=Matter)


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
    """None: never; it was dropped."""
    payload: Mapping[str, Any]
    personal: bool
    """It names the person, so it waits until we know who that is."""
    assignment: str | None = None
    cause: str | None = None
    correlation: str | None = None

    @property
    def id(self) -> str:
        """The same intent has the same id for ever: it names the file, the message and the row."""
        return str(uuid5(_NAMESPACE, "|".join((self.lead, self.kind, self.about, self.channel, self.recipient))))
