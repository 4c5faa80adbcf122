"""The rows about a lead: who it is, what happened, where it stands. Each row takes its values from one topic only."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar

Json = Any
"""Stored as jsonb."""
Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """`key` names the columns by which a row is found; the first of them places it in a lane."""

    key: ClassVar[tuple[str, ...]] = ("lead",)

    @property
    def keyed(self) -> Key:
        return tuple(getattr(self, name) for name in self.key)


@dataclass(frozen=True, slots=True)
class Person(Row):
    """Topic `leads`. Emptied by erasure; `erased_at` outlives a return of the same person."""

    lead: str
    email: str | None = None
    name: str | None = None
    company: str | None = None
    title: str | None = None
    country: str | None = None
    facts: Json = field(default_factory=dict)
    """Fact, then source, then {value, at}: survivorship picks among the sources."""
    captured_at: datetime | None = None
    first_seen: datetime | None = None
    source: str | None = None
    campaign: str | None = None
    sourced_at: datetime | None = None
    """Time of the touch that gave source and campaign: the earliest wins."""
    channel: str | None = None
    merged_into: str | None = None
    erased_at: datetime | None = None
    historical: bool = False


@dataclass(frozen=True, slots=True)
class Touch(Row):
    """Topics `leads` and `sales`: something either side did with the person. Never changes."""

    key: ClassVar[tuple[str, ...]] = ("lead", "event")
    lead: str
    event: str
    at: datetime
    side: str
    kind: str
    source: str | None = None
    campaign: str | None = None
    asset: str | None = None
    machine: bool = False


@dataclass(frozen=True, slots=True)
class Story(Row):
    """All topics: one line of the timeline, and one link of the chain of causes. Never changes, but for `private`."""

    key: ClassVar[tuple[str, ...]] = ("lead", "event")
    lead: str
    event: str
    at: datetime
    recorded_at: datetime
    type: str
    text: str
    private: str | None = None
    """Words of or about the person: dropped by erasure."""
    cause: str | None = None
    agreement: str | None = None
    historical: bool = False


@dataclass(frozen=True, slots=True)
class Standing(Row):
    """Topic `scores`: the latest score."""

    lead: str
    fit: int
    engagement: int
    total: int
    band: str
    completeness: int
    passed: bool
    segment: str | None
    employees: int | None
    last_engaged: datetime | None
    at: datetime
    body: Json
    """The event's whole standing: lines, signals, gate, facts."""


@dataclass(frozen=True, slots=True)
class Place(Row):
    """Topic `handoffs`: where the lead stands and whose it is."""

    lead: str
    stage: str = "lead"
    status: str = "new"
    cycle: int = 1
    since: datetime | None = None
    owner: str | None = None
    team: str | None = None
    pool: str | None = None
    assignment: str | None = None
    flag: str | None = None
    accepted: bool = False
    closed: bool = False
    first_rep: str | None = None
    first_team: str | None = None
    segment: str | None = None
    goal: str | None = None
    revisit_on: date | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Entry(Row):
    """Topic `handoffs`: the lead entered a stage in a cycle. The funnel is counted from these."""

    key: ClassVar[tuple[str, ...]] = ("lead", "cycle", "stage")
    lead: str
    cycle: int
    stage: str
    entered_at: datetime
    event: str
    implied: bool = False
    withdrawn: bool = False
    re_engaged: bool = False
    hand_raise: bool = False
    completeness: int | None = None
    source: str | None = None
    campaign: str | None = None
    historical: bool = False
