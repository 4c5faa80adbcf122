"""Topic `handoffs`: stage, owner, offers and their answers; the funnel's entries."""

from dataclasses import replace

from events import Event
from events.handoffs import (
    AlertRaised,
    AnswerIgnored,
    LeadAccepted,
    LeadAssigned,
    LeadNurtured,
    LeadReturned,
    LeadSuppressed,
    OwnerTold,
    StageChanged,
)
from reporting.decide.fold import Fold, Reader
from reporting.decide.rows import Entry, Place
from reporting.decide.work_rows import Answer, Assignment

WORKED = frozenset({"waiting_for_shift", "assigned", "attempting_contact", "connected"})
"""Statuses in which a lead is with sales, and no longer in nurture."""


def moved(fold: Fold, event: StageChanged) -> None:
    said = event.data
    old = _place(fold, event)
    again = said.cycle != old.cycle
    worked = said.status in WORKED
    fold.put(
        replace(
            old,
            segment=None if worked else old.segment,
            goal=None if worked else old.goal,
            revisit_on=None if worked else old.revisit_on,
            stage=said.stage,
            status=said.status,
            cycle=said.cycle,
            since=event.time if again or said.stage != old.stage or old.since is None else old.since,
            owner=said.owner or (None if said.closed or again else old.owner),
            team=said.team or (None if again else old.team),
            pool=said.pool or (None if again else old.pool),
            assignment=None if said.closed or again else old.assignment,
            accepted=False if again else old.accepted,
            closed=said.closed,
            why=said.why,
        )
    )
    if said.withdrawn:
        taken = fold.get(Entry, event.subject, said.cycle, "mql")
        if taken:
            fold.put(replace(taken, withdrawn=True))
        return
    for stage in said.implied:
        _enter(fold, event, stage, implied=True)
    if said.stage != "lead":
        _enter(fold, event, said.stage, implied=False)


def _enter(fold: Fold, event: StageChanged, stage: str, *, implied: bool) -> None:
    """The first entry of a cycle counts; a withdrawn one gives way to the next."""
    said = event.data
    before = fold.get(Entry, event.subject, said.cycle, stage)
    if before and not before.withdrawn:
        return
    fold.put(
        Entry(
            lead=event.subject,
            cycle=said.cycle,
            stage=stage,
            entered_at=event.time,
            event=event.id,
            implied=implied,
            re_engaged=said.re_engaged,
            hand_raise=said.hand_raise,
            completeness=said.completeness,
            source=said.source,
            campaign=said.campaign,
            historical=event.historical,
        )
    )


def assigned(fold: Fold, event: LeadAssigned) -> None:
    said = event.data
    old = _place(fold, event)
    fold.put(
        replace(
            old,
            owner=said.rep,
            team=said.team,
            pool=said.pool,
            cycle=said.cycle,
            assignment=said.assignment,
            flag=said.flag,
            accepted=False,
            closed=False,
            first_rep=old.first_rep or said.rep,
            first_team=old.first_team or said.team,
        )
    )
    wire = said.model_dump(mode="json", include={"passed", "candidates", "snapshot"})
    fold.put(
        Assignment(
            lead=event.subject,
            assignment=said.assignment,
            event=event.id,
            version=said.version,
            cycle=said.cycle,
            rep=said.rep,
            team=said.team,
            pool=said.pool,
            step=said.step,
            rule=said.rule,
            flag=said.flag,
            kind=said.kind,
            touch=said.touch,
            at=event.time,
            why_reassigned=said.why_reassigned,
            historical=event.historical,
            **wire,
        )
    )


def accepted(fold: Fold, event: LeadAccepted) -> None:
    said = event.data
    old = _place(fold, event)
    if old.assignment == said.assignment:
        fold.put(replace(old, owner=said.rep, accepted=True))
    fold.put(
        Answer(
            lead=event.subject,
            assignment=said.assignment,
            cycle=said.cycle,
            rep=said.rep,
            at=event.time,
            answer="accepted",
            accepted=True,
            implied=said.implied,
        )
    )


def returned(fold: Fold, event: LeadReturned) -> None:
    """Who accepted and lost the lead later (too slow, gone) had accepted it all the same."""
    said = event.data
    old = _place(fold, event)
    if old.assignment == said.assignment:
        fold.put(replace(old, owner=None, assignment=None, accepted=False))
    answer = fold.get(Answer, event.subject, said.assignment)
    if answer is not None and answer.accepted:
        fold.put(replace(answer, outcome=said.then))
        return
    fold.put(
        Answer(
            lead=event.subject,
            assignment=said.assignment,
            cycle=said.cycle,
            rep=said.rep,
            at=event.time,
            answer=said.reason,
            accepted=False,
            outcome=said.then,
            credited=said.credited,
            lead_guarantee=said.lead_guarantee,
            source=said.source,
            campaign=said.campaign,
        )
    )


def nurtured(fold: Fold, event: LeadNurtured) -> None:
    said = event.data
    fold.put(replace(_place(fold, event), segment=said.segment, goal=said.goal, revisit_on=said.revisit_on))


def suppressed(fold: Fold, event: LeadSuppressed) -> None:
    fold.put(replace(_place(fold, event), why=event.data.reason))


def told(fold: Fold, event: AnswerIgnored | OwnerTold | AlertRaised) -> None:
    """Kept in the timeline only."""


READS: dict[type[Event], Reader] = {
    StageChanged: moved,
    LeadAssigned: assigned,
    LeadAccepted: accepted,
    LeadReturned: returned,
    LeadNurtured: nurtured,
    LeadSuppressed: suppressed,
    AnswerIgnored: told,
    OwnerTold: told,
    AlertRaised: told,
}


def _place(fold: Fold, event: Event) -> Place:
    return fold.get(Place, event.subject) or Place(lead=event.subject)
