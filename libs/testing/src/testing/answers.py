"""What the house answers over HTTP about leads, typed: the fields tests read (`testing.json.read` checks them)."""

from typing_extensions import TypedDict


class FactAnswer(TypedDict):
    """The surviving value of one fact."""

    name: str
    value: str | int | list[str] | None
    source: str


class LineAnswer(TypedDict):
    """A line of the score's ledger."""

    part: str
    rule: str
    points: int
    because: str
    at: str


class UnclearAnswer(TypedDict):
    """A fact that no rule could be applied to."""

    name: str
    value: str | int | None
    text: str


class ScoreAnswer(TypedDict):
    """A lead's score with its lines."""

    fit: int
    engagement: int
    total: int
    band: str
    completeness: int
    lines: list[LineAnswer]


class GateAnswer(TypedDict):
    """Whether the MQL gate was passed, and why."""

    passed: bool
    reason: str
    fast_track: bool


class SignalAnswer(TypedDict):
    """An intent signal as a person reads it."""

    kind: str
    text: str


class StepAnswer(TypedDict):
    """A step of routing that was passed over, and why."""

    step: int
    rule: str
    why: str


class CandidateAnswer(TypedDict):
    """A row of the candidate table of a pick."""

    rep: str
    ratio: float
    eligible: bool
    reason: str


class SnapshotFacts(TypedDict):
    """The facts that routing decided on."""

    company: str | None
    source: str | None
    campaign: str | None


class SnapshotAnswer(TypedDict):
    """What routing knew when it decided."""

    facts: SnapshotFacts


class HandoffAnswer(TypedDict):
    """One offer of the lead to a rep."""

    id: str
    version: int
    rep: str
    pool: str | None
    rule: str
    flag: str | None
    touch: str
    at: str
    why_reassigned: str | None
    answer: str | None
    candidates: list[CandidateAnswer]
    snapshot: SnapshotAnswer


class ClockAnswer(TypedDict):
    """One promise about the lead."""

    name: str
    assignment: str | None
    holder: str
    started: str
    due: str
    state: str
    stopped: str | None
    cause: str | None
    charged: str | None
    level: str | None
    agreement: str | None


class NoticeAnswer(TypedDict):
    """One notice about the lead."""

    id: str
    kind: str
    channel: str
    to: str
    state: str


class TimelineAnswer(TypedDict):
    """One line of the lead's timeline."""

    at: str
    event: str
    type: str
    text: str


class StageAnswer(TypedDict):
    """One stage the lead entered, or skipped."""

    stage: str
    implied: bool
    """It was skipped, and is filled in."""
    withdrawn: bool


class NurtureAnswer(TypedDict):
    """The nurture segment the lead is in."""

    segment: str
    goal: str | None


class LeadAnswer(TypedDict):
    """`GET /api/leads/{id or e-mail}`."""

    id: str
    email: str | None
    name: str | None
    title: str | None
    company: str | None
    stage: str
    status: str
    cycle: int
    owner: str | None
    record: str | None
    manager: str | None
    flags: list[str]
    erased: bool
    nurture: NurtureAnswer | None
    facts: list[FactAnswer]
    unclear: list[UnclearAnswer]
    score: ScoreAnswer
    gate: GateAnswer
    signals: list[SignalAnswer]
    source: str | None
    campaign: str | None
    traffic: str | None
    persona: str | None
    passed: list[StepAnswer]
    candidates: list[CandidateAnswer]
    assignments: list[HandoffAnswer]
    clocks: list[ClockAnswer]
    timeline: list[TimelineAnswer]
    notices: list[NoticeAnswer]
    stages: list[StageAnswer]


class LeadBeginning(TypedDict):
    """What the same answer always has, also while the first facts about a lead are still on their way."""

    id: str
    stage: str
    assignments: list[HandoffAnswer]


class LeadItem(TypedDict):
    """A row of the lead list."""

    id: str
    email: str | None
    company: str | None
    stage: str
    owner: str | None


class LeadsAnswer(TypedDict):
    """`GET /api/leads`."""

    items: list[LeadItem]


class DecisionItem(TypedDict):
    """A row of what waits for a manager."""

    lead: str
    manager: str
    owner: str | None
    why: str
    choices: list[str]


class DecisionsAnswer(TypedDict):
    """`GET /api/decisions`."""

    items: list[DecisionItem]


class UnownedAnswer(TypedDict):
    """`GET /api/unowned`."""

    count: int
    items: list[LeadItem]


class WorkItem(TypedDict):
    """A row of a rep's inbox."""

    lead: str
    assignment: str | None
    flags: list[str]
    counts: bool


class InboxAnswer(TypedDict):
    """`GET /api/inbox`."""

    items: list[WorkItem]


class ClaimAnswer(TypedDict):
    """One value of a disputed fact, and whether it is believed now."""

    name: str
    value: str | int | list[str] | None
    source: str
    counts: bool


class StewardItem(TypedDict):
    """A question to the stewards."""

    id: str
    lead: str
    item: str
    reason: str
    text: str
    by: str | None
    note: str | None
    values: list[ClaimAnswer]
    choices: list[str]


class StewardsAnswer(TypedDict):
    """What waits for a steward."""

    count: int
    items: list[StewardItem]


class StewardDecisionItem(TypedDict):
    """What a steward decided."""

    id: str
    decision: str
    decided_by: str
    decided_at: str
    note: str | None


class StewardDecisionsAnswer(TypedDict):
    """What stewards decided, the newest first."""

    count: int
    items: list[StewardDecisionItem]
