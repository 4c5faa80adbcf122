"""Topic `handoffs`: stage, owner, offers and their answers; the funnel's entries."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Final

from msgspec.structs import replace

from events.deal_ends import DealJudged
from events.grounds import Candidate, PassedStep, Snapshot
from events.handoffs import (
    AlertRaised,
    AnswerIgnored,
    AttemptCounted,
    LeadAccepted,
    LeadAssigned,
    LeadNurtured,
    LeadReturned,
    LeadSuppressed,
    NurtureLeft,
    OwnerTold,
    StageChanged,
)
from events.history import HandoffWithheld
from events.scores import ScoreLine
from events.vocabulary import ENDED_STAGES, WITH_NOBODY
from reporting.decide.picks import marks_of
from reporting.decide.positions import IDLE, UNDECIDED, Position, position_of, unless_empty
from reporting.decide.rows import Row, row, update
from reporting.decide.state import Fold, Handle, timeline_only
from runtime.values import Key

TASKS: Final = ("revisit", "re_engaged")
"""Reasons to tell the last owner of a lead that nobody works: what that rep is to do."""
IN_A_SEGMENT: Final = ("nurture", "unresponsive", "long_term")
"""Statuses of a lead that is in a nurture segment."""


class StageEntry(Row, frozen=True):
    """The lead entered a stage in a cycle. The funnel is counted from these."""

    table: ClassVar[str] = "entry"
    key: ClassVar[tuple[str, ...]] = ("lead", "cycle", "stage")
    lead: str
    cycle: int
    stage: str
    entered_at: datetime
    event: str
    implied: bool = False
    withdrawn: bool = False
    re_engaged: bool = False
    trigger: str | None = None
    """Of a recycled cycle: what brought the lead back."""
    hand_raise: bool = False
    completeness: int | None = None
    source: str | None = None
    campaign: str | None = None
    historical: bool = False


class Assignment(Row, frozen=True):
    """One offer, with the reasons it was made. Never changes; the answer is another row."""

    table: ClassVar[str] = "assignment"
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
    turn: bool | None
    """It took a turn of the pool; null of older ones."""
    at: datetime
    why_reassigned: str | None
    historical: bool
    passed: tuple[PassedStep, ...]
    candidates: tuple[Candidate, ...]
    snapshot: Snapshot
    deals: tuple[str, ...] | None = None
    """Open deals that went along; null of older ones."""
    digest: str | None = None
    """Of its entry in the log of its pool; null of what is no pick of a pool."""
    past: bool = False
    """It was by turn, and went past somebody who was before in line."""


class OfferAnswer(Row, frozen=True):
    """What became of an offer."""

    table: ClassVar[str] = "answer"
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
    """By contact, without an answer."""
    outcome: str | None = None
    credited: bool = False
    lead_guarantee: bool = False
    source: str | None = None
    campaign: str | None = None
    fit_lines: tuple[ScoreLine, ...] | None = None
    """Feedback to scoring: the lines that had spoken for the lead."""
    routing_defect: bool = False
    region_from: str | None = None
    """Of a defect: by which region it was routed, and where the rep says it belongs (`region`)."""
    region: str | None = None
    to_review: bool = False
    """On the weekly review list until it is ticked (a SalesNote of kind `reviewed`)."""
    returned_at: datetime | None = None
    """Of an offer that was accepted first, and came back later, with which reason."""
    return_reason: str | None = None


def on_stage_changed(fold: Fold, event: StageChanged) -> None:
    """Moves the position, and puts an entry for the stage and for each implied one; a withdrawal marks the entry.

    A merged lead enters nothing: its entries count no more (the view `lead_card` leaves the lead out).
    """
    data, old = event.data, position_of(fold, event.subject)
    if data.flags is not None:
        old = replace(old, flags=data.flags or None, flag=next(iter(data.flags), None))
        if (data.stage, data.status, data.cycle) == (old.stage, old.status, old.cycle):
            fold.put(old)
            return
    fold.put(_moved(old, event))
    if data.merged:
        return
    if data.withdrawn:
        entry = fold.get(StageEntry, event.subject, data.cycle, "mql")
        if entry:
            fold.put(replace(entry, withdrawn=True))
        return
    if data.stage_from in ENDED_STAGES and data.stage != data.stage_from:
        _correct(fold, event, data.stage_from)
    for stage in data.implied:
        _enter(fold, event, stage, implied=True)
    if data.stage != "lead":
        _enter(fold, event, data.stage, implied=False)


def _moved(old: Position, event: StageChanged) -> Position:
    """Owner, team and pool stay unless the event names others, but for a new cycle; only nurture keeps a segment.

    Nobody owns what is out of work, but for who sold; of a lead that was joined to a record the owner is the record's.
    Why nobody has the lead is told anew with each move: nothing is left of it once somebody does.
    """
    data = event.data
    again = data.cycle != old.cycle
    joined = data.status == "joined"
    ended = data.closed and data.stage != "won"
    idle = (data.status in WITH_NOBODY or ended or data.stage == "lead") and not joined
    over = data.closed or again or idle
    if data.status not in IN_A_SEGMENT:
        old = replace(old, segment=None, goal=None, revisit_on=None)
    new = update(
        old,
        event,
        *("stage", "status", "cycle", "closed", "why", "passed", "candidates", "record"),
        **UNDECIDED,
        **IDLE,
        attempts=None if again else old.attempts,
        since=event.time if again or data.stage != old.stage or old.since is None else old.since,
        owner=None if idle else data.owner or (None if over else old.owner),
        team=data.team or (None if again else old.team),
        pool=data.pool or (None if again else old.pool),
        assignment=None if over else old.assignment,
        flags=None if over else old.flags,
        flag=None if over else old.flag,
        accepted=False if again or idle else old.accepted,
    )
    return unless_empty(new)


def _correct(fold: Fold, event: StageChanged, ended: str) -> None:
    """The deal by which a cycle ended is open again, or ended otherwise: that end is withdrawn. Not in a new cycle."""
    entry = fold.get(StageEntry, event.subject, event.data.cycle, ended)
    if entry:
        fold.put(replace(entry, withdrawn=True))


def _enter(fold: Fold, event: StageChanged, stage: str, *, implied: bool) -> None:
    """The first entry of a cycle counts; a withdrawn one gives way to the next."""
    before = fold.get(StageEntry, event.subject, event.data.cycle, stage)
    if before is None or before.withdrawn:
        fold.put(row(StageEntry, event, stage=stage, entered_at=event.time, implied=implied))


def on_assigned(fold: Fold, event: LeadAssigned) -> None:
    """The position shows the rep and the open offer; the assignment is kept with its reasons."""
    data = event.data
    old = position_of(fold, event.subject)
    fold.put(
        update(
            old,
            event,
            *("team", "pool", "cycle", "assignment", "flag"),
            **UNDECIDED,
            **IDLE,
            flags=data.flags or None,
            record=None,
            owner=data.rep,
            accepted=False,
            closed=False,
            first_rep=old.first_rep or data.rep,
            first_team=old.first_team or data.team,
            passed=None,
            candidates=None,
        )
    )
    fold.put(row(Assignment, event, **marks_of(event)))


def on_accepted(fold: Fold, event: LeadAccepted) -> None:
    """The offer is answered; if it is the open one, its rep owns the lead."""
    old = position_of(fold, event.subject)
    if old.assignment == event.data.assignment:
        flags = tuple(flag for flag in old.flags or () if flag != "cooling") or None
        fold.put(replace(old, owner=event.data.rep, accepted=True, flags=flags, **UNDECIDED))
    fold.put(row(OfferAnswer, event, answer="accepted", accepted=True))


def on_returned(fold: Fold, event: LeadReturned) -> None:
    """Puts the Answer of the offer: the reason it came back with, and what follows (`outcome`).

    An offer that was accepted before it came back stays `accepted`, and gets the outcome only.
    """
    data = event.data
    old = position_of(fold, event.subject)
    if old.assignment == data.assignment:
        fold.put(replace(old, owner=None, assignment=None, accepted=False, **UNDECIDED))
    answer = fold.get(OfferAnswer, event.subject, data.assignment)
    if answer is not None and answer.accepted:
        later = {"returned_at": event.time, "return_reason": data.reason}
        guarantee = answer.lead_guarantee or data.lead_guarantee
        fold.put(replace(answer, outcome=data.then, lead_guarantee=guarantee, **later))
    else:
        fold.put(row(OfferAnswer, event, answer=data.reason, accepted=False, outcome=data.then))


def on_alert(fold: Fold, event: AlertRaised) -> None:
    """One about a lead that nobody can take says why; one with choices waits for its manager; others stand in the
    timeline only."""
    data, position = event.data, position_of(fold, event.subject)
    if data.choices:
        question = {"manager": data.rep, "decision": data.text, "decision_since": event.time, "choices": data.choices}
        position = replace(position, **question)
        fold.put(position)
    if data.passed and position.owner is None:
        fold.put(unless_empty(update(position, event, "passed", "candidates")))


def on_nurtured(fold: Fold, event: LeadNurtured) -> None:
    """The position shows the segment, its goal and date, and the steps that were passed."""
    columns = ("segment", "goal", "revisit_on", "passed")
    fold.put(unless_empty(update(position_of(fold, event.subject), event, *columns, candidates=None)))


def on_suppressed(fold: Fold, event: LeadSuppressed) -> None:
    """Nobody gets the lead: the reason and the steps that were passed over are kept on its position."""
    fold.put(
        unless_empty(update(position_of(fold, event.subject), event, "passed", why=event.data.reason, candidates=None))
    )


def on_owner_told(fold: Fold, event: OwnerTold) -> None:
    """Somebody who has the person or company already was told; a lead nobody has keeps why it was not offered.

    A joined lead stands with the record that it was joined to last.
    """
    data, position = event.data, position_of(fold, event.subject)
    if data.why in TASKS:
        position = replace(position, task=data.why, task_rep=data.rep, task_since=event.time)
        fold.put(position)
    if position.status == "joined" and data.record is not None:
        fold.put(unless_empty(update(position, event, "record", "passed", owner=data.rep, candidates=None)))
    elif position.owner is None:
        fold.put(unless_empty(update(position, event, "passed", candidates=None)))


def on_attempt_counted(fold: Fold, event: AttemptCounted) -> None:
    """The position keeps the attempts; a task is done."""
    fold.put(update(position_of(fold, event.subject), event, "attempts", **IDLE))


ROWS: Final = (Position, StageEntry, Assignment, OfferAnswer)
HANDLES: Final[Mapping[Key, Handle]] = {
    StageChanged: on_stage_changed,
    LeadAssigned: on_assigned,
    LeadAccepted: on_accepted,
    LeadReturned: on_returned,
    LeadNurtured: on_nurtured,
    NurtureLeft: timeline_only,
    LeadSuppressed: on_suppressed,
    AttemptCounted: on_attempt_counted,
    AnswerIgnored: timeline_only,
    OwnerTold: on_owner_told,
    AlertRaised: on_alert,
    HandoffWithheld: timeline_only,
    DealJudged: timeline_only,
}
