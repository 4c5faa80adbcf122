"""The fold: events and due timers, in the batch's order, to changed clocks and counts, timers and facts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

from agreement.leave import RepWord
from events import Event, Fact
from events.deal_ends import DealJudged
from events.deals import DealChanged, DealLost, DealOpened, DealWon, SurveyAnswered
from events.handoffs import LeadAccepted, LeadAssigned, LeadNurtured, LeadReturned, LeadSuppressed, StageChanged
from events.notices import NoticeFailed, NoticeSent, NoticeUnknown
from events.sales import (
    ContactAttempted,
    ContactConnected,
    FeedbackGiven,
    LeadSalesDisqualified,
    LeadSalesQualified,
    RepAvailability,
    SalesAccepted,
    SalesRejected,
)
from runtime.values import Input, Key, Timer, key_of
from sla_monitor.decide import commitments, handoffs, milestones, notices, sales
from sla_monitor.decide.draft import LEAVE, Draft
from sla_monitor.decide.state import Clock, MonthKey, MonthTally, Mql, SalesTouch, State
from sla_monitor.decide.terms import Terms


class LeadFold(Protocol):
    """Decides on one input of the type under which it stands in HANDLES."""

    def __call__(self, draft: Draft, one: Any, /) -> None:
        """Decides on `one` and writes what follows into the draft."""


HANDLES: Final[Mapping[Key, LeadFold]] = {
    StageChanged: handoffs.on_stage_changed,
    DealJudged: handoffs.on_deal_judged,
    LeadAssigned: handoffs.on_assigned,
    LeadAccepted: handoffs.on_accepted,
    LeadReturned: handoffs.on_returned,
    LeadNurtured: handoffs.on_nurtured,
    LeadSuppressed: handoffs.on_suppressed,
    ContactAttempted: sales.on_touch,
    ContactConnected: sales.on_touch,
    LeadSalesQualified: sales.on_touch,
    DealOpened: sales.on_touch,
    FeedbackGiven: sales.on_feedback,
    SurveyAnswered: sales.on_touch,
    **dict.fromkeys(
        (SalesAccepted, SalesRejected, LeadSalesDisqualified, DealChanged, DealWon, DealLost), sales.on_status_update
    ),
    RepAvailability: sales.on_availability,
    **dict.fromkeys((NoticeSent, NoticeFailed, NoticeUnknown), notices.on_notice),
    **dict.fromkeys((milestones.MILESTONE, LEAVE), milestones.on_milestone),
    commitments.JUDGE: commitments.on_judge,
    commitments.JUDGE_AGAIN: commitments.on_judge_again,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What changed, and what is to be done about it."""

    clocks: Mapping[str, Clock] = field(default_factory=dict)
    """By id."""
    touches: Mapping[str, list[SalesTouch]] = field(default_factory=dict)
    """New ones, by lead."""
    mqls: Mapping[tuple[str, int], Mql] = field(default_factory=dict)
    tallies: Mapping[MonthKey, MonthTally] = field(default_factory=dict)
    """To be added to this lane's rows."""
    words: Mapping[str, tuple[RepWord, ...]] = field(default_factory=dict)
    """Of the leave of reps of whom something was said."""
    timers: list[Timer] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)


def decide(state: State, inputs: Iterable[Input], terms: Terms, *, now: datetime) -> Outcome:
    """Facts of events come first, in the order of the batch; then those that time made, in the order of their times.

    Raises KeyError for an input that HANDLES does not name.
    """
    draft = Draft(state, terms, now)
    for one in inputs:
        if isinstance(one, Event) and notices.is_about_clocks(one):
            draft.reckon(one)
        HANDLES[key_of(one)](draft, one)
    clocks = {name: clock for _, lead in draft.leads for name, clock in lead.changed.items()}
    return Outcome(
        clocks=clocks,
        touches={subject: lead.new_touches for subject, lead in draft.leads if lead.new_touches},
        mqls=draft.mqls,
        tallies=draft.tallies,
        words=draft.absences.changed,
        timers=[*milestones.timers_of(draft), *draft.timers, *commitments.judgement_timers(draft)],
        facts=[*draft.facts, *sorted(draft.facts_of_time, key=lambda fact: fact.time)],
    )
