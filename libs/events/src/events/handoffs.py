"""Topic `handoffs`: whose lead it is, and what became of the offer. Written by routing."""

from collections.abc import Mapping
from datetime import date
from typing import ClassVar, Final, Literal

from events.body import AwareDatetime, Body
from events.deal_ends import DealJudged, DealOwned
from events.enrolment import CampaignEntered
from events.envelope import Event
from events.grounds import ActivityReason, AttemptMade, Candidate, PassedStep, Snapshot
from events.history import HandoffWithheld
from events.scores import ScoreLine
from events.vocabulary import Segment, Stage, Status

HANDS_TO: Final = "hands_to"
"""`rule` of an offer by which a pool hands the lead that it qualified to the next pool; it has a clock of its own."""
KIND_FLAGS: Final[Mapping[str, tuple[str, ...]]] = {
    "named": ("target_account",),
    "referral": ("referral",),
    "expansion": ("expansion",),
}
"""By `kind`: flags that stay with the lead when it changes hands."""
AssignmentKind = Literal["hand_raise", "score", "recycled", "referral", "named", "expansion", "imported"]
"""What made the lead an MQL, or brought it to a rep without one: it decides how fast the first touch must be."""
IgnoredReason = Literal["reassigned", "already_answered", "not_yours", "unknown_assignment", "closed", "invalid"]
"""Why an answer changed nothing."""


class LeadAssigned(Event):
    """A rep is offered the lead. Carries the reasons: steps passed over, rule, candidate table."""

    topic: ClassVar[str] = "handoffs"

    class Data(Body):
        assignment: str
        """Id of this offer; answers name it."""
        version: int
        """1, 2, …: how many offers this lead has had in all cycles."""
        cycle: int
        rep: str
        team: str
        pool: str | None = None
        step: int
        rule: str
        flag: str | None = None
        """`hot`, `referral`, `target_account`, `no_local_cover`, …"""
        flags: tuple[str, ...] = ()
        kind: AssignmentKind = "score"
        touch: str
        """Target of the first touch: `4bh` or `1bd`."""
        mql_at: AwareDatetime | None = None
        reassigned_from: str | None = None
        """Rep of the previous offer in this cycle."""
        previous: str | None = None
        """Assignment id of the previous offer in this cycle."""
        why_reassigned: str | None = None
        passed: tuple[PassedStep, ...] = ()
        candidates: tuple[Candidate, ...] = ()
        turn: bool | None = None
        """It took a turn of the pool; null in what was written before this field."""
        deals: tuple[str, ...] | None = None  # open ones that go along, and are the rep's by it; null of older ones
        snapshot: Snapshot

    type: Literal["lead.assigned.v1"] = "lead.assigned.v1"
    data: Data


class LeadAccepted(Event):
    """The assigned rep took the lead (or made contact, which implies it)."""

    topic: ClassVar[str] = "handoffs"

    class Data(Body):
        assignment: str
        cycle: int
        rep: str
        via: str = "api"
        implied: bool = False
        """The rep gave no answer, but was in contact (in a lead's record: `by_contact`). No stage is skipped by it."""

    type: Literal["lead.accepted.v1"] = "lead.accepted.v1"
    data: Data


class LeadReturned(Event):
    """An offer ended without acceptance: rejected, timed out, rep left, lead withdrawn or merged."""

    topic: ClassVar[str] = "handoffs"

    class Data(Body):
        assignment: str
        cycle: int
        rep: str
        pool: str | None = None
        reason: str
        """A reject reason of the agreement, or `accept_timeout`, `rep_left`, `withdrawn`, `merged`, `erased`,
        `deal_owner`, `stalled`, `nurtured`, `reassigned`, `handed_over`, `handed_back`."""
        then: str
        """What follows: `reroute`, `nurture`, `disqualify`, `steward`, `suppress`, `merge`, `repool`, `none`."""
        credited: bool = False
        lead_guarantee: bool = False
        """Marketing owes one more."""
        source: str | None = None
        campaign: str | None = None
        fit_lines: tuple[ScoreLine, ...] | None = None
        """Feedback to scoring, when the reason gives it: the fit lines that had spoken for the lead."""
        routing_defect: bool = False
        """Routing is to blame: it should not have gone there."""
        region_from: str | None = None
        """Of a defect: the region by which it was routed."""
        region: str | None = None
        """Of a defect: where the rep says it belongs."""
        to_review: bool = False
        """It stays on the weekly review list until somebody ticks it (`item.reviewed`, the item is the assignment)."""

    type: Literal["lead.returned.v1"] = "lead.returned.v1"
    data: Data


class LeadNurtured(Event):
    """The lead goes to a nurture segment (or the long-term newsletter) with a goal."""

    topic: ClassVar[str] = "handoffs"

    class Data(Body):
        cycle: int
        segment: Segment
        reason: str
        goal: str | None = None
        revisit_on: date | None = None
        previous: Segment | None = None
        """The segment that the lead was in until now."""
        largest_missing: tuple[str, ...] = ()
        """For marketing: the three largest missing or negative contributions."""
        passed: tuple[PassedStep, ...] = ()

    type: Literal["lead.nurtured.v1"] = "lead.nurtured.v1"
    data: Data


class NurtureLeft(Event):
    """The lead leaves its nurture segment and goes to no other: nothing of that segment is sent any more."""

    topic: ClassVar[str] = "handoffs"

    class Data(Body):
        cycle: int
        segment: Segment
        """The one that it was in."""
        status: Status
        """Where it stands now: `assigned`, `archived`, `unsubscribed`, `suppressed`, …"""
        why: str

    type: Literal["nurture.left.v1"] = "nurture.left.v1"
    data: Data


class LeadSuppressed(Event):
    """Nobody gets this lead; the reason is kept."""

    topic: ClassVar[str] = "handoffs"

    class Data(Body):
        cycle: int
        reason: str
        alert_marketing: bool = False
        passed: tuple[PassedStep, ...] = ()

    type: Literal["lead.suppressed.v1"] = "lead.suppressed.v1"
    data: Data


class StageChanged(Event):
    """Stage or status moved, or flags alone. The one source of the funnel; implied stages were filled in (domain 1)."""

    topic: ClassVar[str] = "handoffs"

    class Data(Body):
        cycle: int
        stage_from: Stage | None = None
        stage: Stage
        status_from: Status | None = None
        status: Status
        implied: tuple[Stage, ...] = ()  # those that the lead skipped
        why: str
        owner: str | None = None
        team: str | None = None
        pool: str | None = None
        source: str | None = None
        campaign: str | None = None
        domain: str | None = None
        band: str | None = None
        total: int | None = None
        completeness: int | None = None
        hand_raise: bool = False
        deal: str | None = None
        deal_judged: bool = False
        """What became of the deal is said by `deal.judged`; in what was written before that, by the stage."""
        withdrawn: bool = False
        """An MQL taken back before anyone had it; not counted."""
        merged: bool = False
        """The lead turned out to be another: nothing moves but out of the funnel, and none of its MQLs counts."""
        re_engaged: bool = False
        """A later cycle that commitments do not count (domain, section 8)."""
        trigger: str | None = None
        """Of a recycled cycle: `lost_deal`, `job_change`, or an event of the company such as `funding`."""
        closed: bool = False
        """This cycle is over: all clocks of the lead stop."""
        passed: tuple[PassedStep, ...] = ()
        """Of a lead that nobody can take now: the steps without an owner, and last why its own gave none."""
        candidates: tuple[Candidate, ...] = ()
        """Of a lead that nobody can take now: who was looked at, and why not."""
        flags: tuple[str, ...] | None = None
        """Of the lead in work, when they change, which may be all that changes; null: as they were."""
        record: str | None = None
        """Of a `joined` lead: the record it was joined to (a lead's id or a company's domain); `owner` is its owner."""

    type: Literal["stage.changed.v1"] = "stage.changed.v1"
    data: Data


class AttemptCounted(Event):
    """One more attempt of sales counts: same rep, same channel and same instant are one (domain, section 6)."""

    topic: ClassVar[str] = "handoffs"

    class Data(Body):
        cycle: int
        attempts: tuple[AttemptMade, ...]
        """All of this cycle, in order of time."""

    type: Literal["attempt.counted.v1"] = "attempt.counted.v1"
    data: Data


class AnswerIgnored(Event):
    """An answer that no longer applied changed nothing; the person who answered is told why."""

    topic: ClassVar[str] = "handoffs"

    class Data(Body):
        assignment: str | None = None
        answer: str
        """`accepted`, `rejected`, `connected`, …"""
        by: str | None = None
        reason: IgnoredReason
        text: str
        """For people: `already reassigned to Ana Lima`."""

    type: Literal["answer.ignored.v1"] = "answer.ignored.v1"
    data: Data


class OwnerTold(Event):
    """Whoever has the lead (or the account) already hears of new activity, or that a manager asks; no turn is used."""

    topic: ClassVar[str] = "handoffs"

    class Data(Body):
        cycle: int
        rep: str
        why: ActivityReason
        step: int | None = None
        record: str | None = None
        """The record that this is activity on: a lead's id, or a company's domain."""
        snapshot: Snapshot
        passed: tuple[PassedStep, ...] = ()
        assignment: str | None = None
        hand_raise: bool | None = None
        """Null: it is not about what the person did, or was not recorded then."""
        engaged_at: AwareDatetime | None = None
        engaged_before: AwareDatetime | None = None
        by: str | None = None
        """Of a nudge: the manager who asks, a rep id or a person's; null: a tool asks."""

    type: Literal["owner.told.v1"] = "owner.told.v1"
    data: Data


class AlertRaised(Event):
    """Marketing, operations, stewards or a manager must look."""

    topic: ClassVar[str] = "handoffs"

    class Data(Body):
        to: Literal["marketing", "operations", "stewards", "manager", "on_call"]
        rep: str | None = None
        """For `manager` and `on_call`: the rep id who is told."""
        pool: str | None = None
        reason: str
        text: str
        passed: tuple[PassedStep, ...] = ()
        """When it is about a lead that nobody can take: the steps that gave it no owner."""
        candidates: tuple[Candidate, ...] = ()
        """When it is about a lead that nobody can take: who was looked at, and why not."""
        choices: tuple[str, ...] = ()
        """When `rep` has to decide about the lead: what may be decided, as types of sales facts."""

    type: Literal["alert.raised.v1"] = "alert.raised.v1"
    data: Data


EVENTS: Final = (
    LeadAssigned,
    LeadAccepted,
    LeadReturned,
    LeadNurtured,
    NurtureLeft,
    LeadSuppressed,
    StageChanged,
    AttemptCounted,
    AnswerIgnored,
    OwnerTold,
    AlertRaised,
    HandoffWithheld,
    CampaignEntered,
    DealJudged,
    DealOwned,
)
