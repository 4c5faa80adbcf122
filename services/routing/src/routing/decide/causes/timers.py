"""Timers that are due: each wakes one lead, which is looked at as it is now."""

from agreement.routing import ARCHIVED
from events.handoffs import AlertRaised, OwnerTold
from routing.decide.model.case import Case, snapshot
from routing.decide.placing.nurture import (
    enrol,
    leave_segments,
    on_one_channel,
    segment_of,
    silent_at,
    tell_last_owner,
    unanswered,
    why_let_go,
)
from routing.decide.placing.offer import waits_for_an_answer
from routing.decide.placing.reroute import close_offer, emit_returned, give_up, reroute
from routing.decide.placing.round_robin import pick
from routing.decide.placing.route import route
from routing.decide.placing.stalls import say_stall
from runtime.values import Timer


def on_enrol(case: Case, timer: Timer) -> None:
    """The lead had its time to become more than a name."""
    route(case, fresh=False, rested=True)


def on_shift(case: Case, timer: Timer) -> None:
    """The shift begins for which the lead waited."""
    entry = case.lead.entry
    if case.lead.waiting and entry and not entry.historical:
        reroute(case, "shift")


def on_repool(case: Case, timer: Timer) -> None:
    """The rep left: the offer ends, and the next owner gets fresh clocks."""
    if not case.lead.worked or case.lead.owner != timer.payload.get("rep"):
        return
    offer = case.lead.current
    if offer:
        close_offer(case, "ended", "rep_left")
        emit_returned(case, offer, "rep_left", "repool")
    reroute(case, "rep_left")


def on_pass_on(case: Case, timer: Timer) -> None:
    """A raised hand that was not answered: the next rep on shift gets it, as often as after a time-out at most."""
    terms, offer = case.terms, case.lead.current
    if offer is None or case.lead.decides or not waits_for_an_answer(case):
        return
    if terms.pass_on_after is None or case.lead.repools >= terms.routing.repools_at_most:
        return
    urgency = terms.urgency_of("hand_raise", "")
    if pick(case.workspace, offer.pool or "", case.lead.offered, urgency).way == "round_robin":
        case.change(repools=case.lead.repools + 1)
        give_up(case, offer, terms.timed_out, "timed_out")
        reroute(case, terms.timed_out.reason)


def on_cooldown(case: Case, timer: Timer) -> None:
    """The rest after a rejection is over."""
    if case.lead.closed:
        route(case, fresh=False)


def on_unresponsive(case: Case, timer: Timer) -> None:
    """So long after the first attempt: enough attempts and no answer."""
    if unanswered(case):
        terms = case.terms.routing.unresponsive
        why = f"{len(case.lead.attempts)} attempts in {terms.after} without an answer"
        case.because(why)
        enrol(case, terms.segment, why, move="unresponsive")
    elif on_one_channel(case):
        owner = str(case.lead.owner)
        data = OwnerTold.Data(
            cycle=case.lead.cycle,
            rep=owner,
            why="one_channel",
            snapshot=snapshot(case.lead),
            assignment=case.lead.assignment_of(owner),
        )
        case.emit(OwnerTold, data, time=case.now)


def on_silence(case: Case, timer: Timer) -> None:
    """Silent for the agreed time: the newsletter, or archived. Looked at again when somebody stirred meanwhile."""
    segment, due = segment_of(case), silent_at(case)
    if segment is None or segment.silence is None or due is None:
        return
    if due > case.now:
        case.wake("silence", due)
        return
    then = segment.silence.then
    why = why_let_go(case, segment, segment.silence)
    case.because(why)
    if then == ARCHIVED:
        if case.allowed(ARCHIVED):
            leave_segments(case, ARCHIVED, why)
    else:
        enrol(case, then, why)


def on_decision(case: Case, timer: Timer) -> None:
    """The manager has had the agreed time to decide: operations hears of it, once."""
    if case.lead.decides:
        after = case.terms.routing.decisions.escalated_after
        text = f"{case.terms.people.name(case.lead.decides)} has not decided for {after}"
        data = AlertRaised.Data(to="operations", rep=case.lead.decides, reason="undecided", text=text)
        case.emit(AlertRaised, data, time=case.now)


def on_stall(case: Case, timer: Timer) -> None:
    """Nothing was logged on accepted work for the agreed time."""
    say_stall(case)


def on_revisit(case: Case, timer: Timer) -> None:
    """`revisit_on` has come: a task for the last owner, or for whoever manages in the owner's place."""
    nurture = case.lead.nurture
    if nurture is not None and nurture.revisit_on is not None:
        tell_last_owner(case, "revisit", f"to be revisited on {nurture.revisit_on:%Y-%m-%d}")
