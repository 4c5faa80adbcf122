"""Stalls: accepted work on which nothing is logged (domain, section 6)."""

from typing import Final

from agreement.types import Span
from events.handoffs import OwnerTold
from routing.decide.model.case import Case, snapshot
from routing.decide.placing.nurture import put_in_segment
from routing.decide.placing.offer import ask_manager
from routing.decide.placing.reroute import end_offer

STALLED: Final = "stalled"


def watch_stall(case: Case) -> None:
    """Something was logged: plans the timer `stall` for when nothing will have been since. Not of history."""
    terms = case.terms.routing.stalls
    case.change(stall=0)
    if case.live:
        _plan(case, terms.opportunity_after if case.lead.stage == "opportunity" else terms.after)


def say_stall(case: Case) -> None:
    """Nothing was logged: the owner hears of it, then the manager, then it goes back to nurture."""
    lead, terms, people = case.lead, case.terms.routing.stalls, case.terms.people
    if not lead.worked or lead.owner is None or lead.stage == "mql":
        return
    case.change(stall=lead.stall + 1)
    manager = people.manager(lead.owner, lead.current.pool if lead.current else None)
    why = f"nothing was logged by {people.name(lead.owner)} since it was asked for"
    if lead.stall == 0:
        data = OwnerTold.Data(
            cycle=lead.cycle,
            rep=lead.owner,
            why="stalled",
            snapshot=snapshot(lead),
            assignment=lead.assignment_of(lead.owner),
        )
        case.emit(OwnerTold, data, time=case.now)
        _plan(case, terms.manager_after)
    elif lead.stall == 1:
        if manager and lead.decides is None:
            ask_manager(case, manager, why, pool=None, reason=STALLED)
        _plan(case, terms.nurture_after if lead.stage != "opportunity" else None)
    elif lead.stage != "opportunity" and not lead.open_deals:
        case.because(why)
        end_offer(case, STALLED, "nurture")
        case.move("nurtured", STALLED)
        put_in_segment(case, case.terms.routing.nurture.segment, why)


def _plan(case: Case, span: Span | None) -> None:
    """By the working days of the owner's team; nothing is planned for one who is gone from the agreement."""
    owner = case.terms.people.rep(case.lead.owner)
    due = case.terms.calendars.of_rep(owner.id).add(max(case.at, case.now), span) if owner and span else None
    case.wake("stall", due)
