"""The rows about the work on a lead: offers, deals, promises, notices; and what marketing spent."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from reporting.decide.rows import Json, Row


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
