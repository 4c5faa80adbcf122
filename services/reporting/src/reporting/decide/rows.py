"""The rows of the read models, and `Model`: a set of them. Each row takes its values from one topic only."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
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


@dataclass(frozen=True, slots=True)
class Assignment(Row):
    """Topic `handoffs`: one offer, with the reasons it was made. Never changes; the answer is another row."""

    key: ClassVar[tuple[str, ...]] = ("lead", "assignment")
    lead: str
    assignment: str
    event: str
    version: int
    cycle: int
    rep: str
    team: str
    pool: str | None
    step: int
    rule: str
    flag: str | None
    kind: str
    touch: str
    at: datetime
    why_reassigned: str | None
    historical: bool
    passed: Json
    candidates: Json
    snapshot: Json


@dataclass(frozen=True, slots=True)
class Answer(Row):
    """Topic `handoffs`: what became of an offer."""

    key: ClassVar[tuple[str, ...]] = ("lead", "assignment")
    lead: str
    assignment: str
    cycle: int
    rep: str
    at: datetime
    answer: str
    """`accepted`, or the reason why it came back."""
    accepted: bool
    implied: bool = False
    outcome: str | None = None
    credited: bool = False
    lead_guarantee: bool = False
    source: str | None = None
    campaign: str | None = None


@dataclass(frozen=True, slots=True)
class Deal(Row):
    """Topic `sales`: a deal as sales last described it."""

    key: ClassVar[tuple[str, ...]] = ("lead", "deal")
    lead: str
    deal: str
    opened_at: datetime | None = None
    amount: int | None = None
    currency: str | None = None
    product: str | None = None
    expected_close: date | None = None
    state: str = "open"
    closed_at: datetime | None = None
    paid_at: datetime | None = None
    reason: str | None = None
    competitor: str | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class Remark(Row):
    """Topic `sales`: a rep's words about a lead. Never changes, but for `note`."""

    key: ClassVar[tuple[str, ...]] = ("lead", "event")
    lead: str
    event: str
    at: datetime
    recorded_at: datetime
    kind: str
    by: str | None = None
    assignment: str | None = None
    reason: str | None = None
    quality: int | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Clock(Row):
    """Topic `slas`: one promise about one lead."""

    key: ClassVar[tuple[str, ...]] = ("lead", "clock")
    lead: str
    clock: str
    promise: str
    side: str
    cycle: int
    assignment: str | None
    holder: str | None
    team: str | None
    target: str
    started: datetime
    due: datetime
    state: str = "running"
    stopped: datetime | None = None
    cause: str | None = None
    charged: str | None = None
    percent: int | None = None


@dataclass(frozen=True, slots=True)
class Commitment(Row):
    """Topic `slas`: a monthly commitment as last judged."""

    key: ClassVar[tuple[str, ...]] = ("name", "starts", "side")
    name: str
    starts: date
    side: str
    ends: date
    target: float
    actual: float | None
    numerator: int
    denominator: int
    state: str


@dataclass(frozen=True, slots=True)
class Notice(Row):
    """Topic `notices`: who was told, and whether it arrived."""

    key: ClassVar[tuple[str, ...]] = ("lead", "notice")
    lead: str
    notice: str
    kind: str
    channel: str
    recipient: str
    state: str
    at: datetime
    assignment: str | None
    attempt: int
    outbox: bool
    error: str | None


@dataclass(frozen=True, slots=True)
class Spend(Row):
    """Topic `campaigns`: money spent, a row for each fact."""

    key: ClassVar[tuple[str, ...]] = ("campaign", "event")
    campaign: str
    event: str
    source: str | None
    amount: int
    currency: str
    starts: date
    ends: date


@dataclass(frozen=True, slots=True)
class Content(Row):
    """Topic `campaigns`: an asset that is out."""

    key: ClassVar[tuple[str, ...]] = ("asset",)
    asset: str
    kind: str
    title: str
    published_at: datetime


@dataclass(slots=True)
class Model:
    """Rows by key, table by table. Both what was loaded and what is to be saved."""

    person: dict[Key, Person] = field(default_factory=dict)
    touch: dict[Key, Touch] = field(default_factory=dict)
    story: dict[Key, Story] = field(default_factory=dict)
    standing: dict[Key, Standing] = field(default_factory=dict)
    place: dict[Key, Place] = field(default_factory=dict)
    entry: dict[Key, Entry] = field(default_factory=dict)
    assignment: dict[Key, Assignment] = field(default_factory=dict)
    answer: dict[Key, Answer] = field(default_factory=dict)
    deal: dict[Key, Deal] = field(default_factory=dict)
    remark: dict[Key, Remark] = field(default_factory=dict)
    clock: dict[Key, Clock] = field(default_factory=dict)
    commitment: dict[Key, Commitment] = field(default_factory=dict)
    notice: dict[Key, Notice] = field(default_factory=dict)
    spend: dict[Key, Spend] = field(default_factory=dict)
    content: dict[Key, Content] = field(default_factory=dict)

    def tables(self) -> Mapping[str, dict[Key, Any]]:
        return {one.name: getattr(self, one.name) for one in fields(self)}


ROWS: dict[str, type[Row]] = {
    row.__name__.lower(): row
    for row in (
        Person,
        Touch,
        Story,
        Standing,
        Place,
        Entry,
        Assignment,
        Answer,
        Deal,
        Remark,
        Clock,
        Commitment,
        Notice,
        Spend,
        Content,
    )
}
"""Row type of each table."""
