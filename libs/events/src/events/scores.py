"""Topic `scores`: how good a lead is, and why. Written by scoring. Carries no name and no address."""

from typing import ClassVar, Final, Literal

from events.body import AwareDatetime, Body
from events.envelope import Event


class ScoreLine(Body):
    """One line of a score. Fit lines and engagement lines each sum to their part of the total."""

    rule: str
    points: int
    because: str
    at: AwareDatetime
    events: tuple[str, ...] = ()


class Signal(Body):
    """An intent signal as a person would say it: `pricing page 3x`."""

    kind: str
    text: str
    count: int
    last_at: AwareDatetime
    asset: str | None = None


class Gate(Body):
    """Did the lead pass the MQL gate, and if not, what was missing (`58 of 60`)."""

    passed: bool
    reason: str
    fast_track: bool = False
    hand_raise: str | None = None
    """Kind of the hand-raise that opened the fast track."""


class RouteFacts(Body):
    """The derived facts that routing needs; nothing that names the person."""

    company: str | None = None
    domain: str | None = None
    """The company's domain; null for free mail."""
    employees: int | None = None
    industry: str | None = None
    revenue: str | None = None
    tech_stack: tuple[str, ...] = ()
    country: str | None = None
    seniority: str | None = None
    function: str | None = None
    customer: bool = False
    referral: str | None = None
    """Partner id of the latest referral touch."""
    referral_at: AwareDatetime | None = None
    hard: tuple[str, ...] = ()
    """Hard disqualifiers that hold now."""
    soft: tuple[str, ...] = ()
    source: str | None = None
    campaign: str | None = None


class Standing(Body):
    """Everything scoring knows about a lead at an instant; carried by all facts of this topic."""

    model: str
    fit: int
    engagement: int
    total: int
    band: str
    confidence_known: int
    confidence_of: int
    completeness: int
    fit_lines: tuple[ScoreLine, ...] = ()
    engagement_lines: tuple[ScoreLine, ...] = ()
    """The newest lines first, at most 20; the ledger has them all."""
    signals: tuple[Signal, ...] = ()
    gate: Gate
    facts: RouteFacts
    intent_at: AwareDatetime | None = None
    """Last human engagement of medium or high intent."""
    hand_raise_at: AwareDatetime | None = None
    last_engaged_at: AwareDatetime | None = None
    assets: tuple[str, ...] = ()
    """Content consumed, newest first: the talking points come from here."""


class LeadScored(Event):
    """The lead's standing changed."""

    topic: ClassVar[str] = "scores"

    class Data(Standing):
        reason: Literal["engagement", "facts", "decay", "correction", "merged"] = "engagement"
        kind: str | None = None
        """Kind of the engagement that caused it."""

    type: Literal["lead.scored.v1"] = "lead.scored.v1"
    data: Data


class LeadQualified(Event):
    """The MQL gate opened (`score`) or the person raised a hand (`hand_raise`)."""

    topic: ClassVar[str] = "scores"

    class Data(Standing):
        how: Literal["score", "hand_raise"]
        trigger: str
        """Kind of the event that did it."""

    type: Literal["lead.qualified.v1"] = "lead.qualified.v1"
    data: Data


class LeadCooled(Event):
    """Decay took a qualified lead below the gate. No stage moves; an unaccepted MQL is flagged `cooling`."""

    topic: ClassVar[str] = "scores"

    class Data(Body):
        total: int
        reason: str

    type: Literal["lead.cooled.v1"] = "lead.cooled.v1"
    data: Data


class MqlWithdrawn(Event):
    """Later data (not decay) closed the gate again. Counts only while the lead is unassigned: routing decides."""

    topic: ClassVar[str] = "scores"

    class Data(Body):
        total: int
        reason: str

    type: Literal["mql.withdrawn.v1"] = "mql.withdrawn.v1"
    data: Data


EVENTS: Final = (
    LeadScored,
    LeadQualified,
    LeadCooled,
    MqlWithdrawn,
)
