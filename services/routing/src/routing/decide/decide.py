"""The fold: events and due timers in, changed state and facts out. Every branch is one cause about one subject."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, Literal

from events import Event
from events.handoffs import AlertRaised
from events.sales import (
    AccountHandedBack,
    AccountSuppressed,
    ContactAttempted,
    ContactConnected,
    DealLost,
    DealOpened,
    DealWon,
    LeadSalesDisqualified,
    LeadSalesQualified,
    RepAvailability,
    SalesAccepted,
    SalesRejected,
)
from events.scores import LeadCooled, LeadQualified, LeadScored, MqlWithdrawn
from events.slas import ClockEscalated
from routing.decide.causes import answers
from routing.decide.causes import sales as outcomes
from routing.decide.causes import scores as evaluate
from routing.decide.model.workspace import Case, Cause, Desk
from routing.decide.placing import nurture as recycle
from routing.decide.state import Lead, Offer, Outcome, State, Terms
from runtime.values import Input, Key, Timer


def decide(state: State, inputs: Sequence[Input], terms: Terms, *, now: datetime) -> Outcome:
    desk = Desk(state, terms, now)
    for cause in inputs:
        match cause:
            case Timer():
                _wake(desk, cause)
            case RepAvailability():
                _availability(desk, cause)
            case Event():
                EVENTS[type(cause)](Case(desk, cause.subject, Cause.of(cause)), cause)
    return desk.outcome()


def on_escalated(case: Case, event: ClockEscalated) -> None:
    """150 % of a promise about the offer in force: back to the pool, so often at most; then the manager decides."""
    clock, offer = event.data, case.lead.current
    if clock.assignment is None:
        if case.lead.waiting:
            _alert(case, "operations", None, clock.promise, "still with nobody")
        return
    if (
        offer is None
        or clock.assignment != case.lead.assignment(offer.version)
        or _kept(case.lead, offer, clock.promise)
    ):
        return
    term = case.terms.routing.by_reason["accept_timeout"]
    spent = case.lead.repools >= case.terms.routing.repools_at_most
    if clock.action == "manager" or spent:
        manager = case.terms.manager(offer.rep, offer.pool)
        text = f"{clock.promise} at {clock.percent} %, with {case.terms.name(offer.rep)}"
        _alert(case, "manager" if manager else "operations", manager, clock.promise, text)
        return
    case.change(repools=case.lead.repools + 1)
    answers.give_up(case, offer, term, "timed_out")
    answers.reroute(case, term.reason)


def _kept(lead: Lead, offer: Offer, promise: str) -> bool:
    """The rep acted while the escalation was on its way."""
    if promise == "accepted":
        return offer.answer != "open"
    return promise == "first_touch" and (lead.status == "connected" or any(a.at >= offer.at for a in lead.attempts))


def _alert(case: Case, to: Literal["manager", "operations"], rep: str | None, reason: str, text: str) -> None:
    offer = case.lead.current
    data = AlertRaised.Data(to=to, rep=rep, pool=offer.pool if offer else None, reason=reason, text=text)
    case.say(AlertRaised, data, time=case.now)
    case.settle(text)


EVENTS: Final[dict[type[Event], Callable[[Case, Any], None]]] = {
    LeadScored: evaluate.on_standing,
    LeadQualified: evaluate.on_standing,
    LeadCooled: evaluate.on_cooled,
    MqlWithdrawn: evaluate.on_withdrawn,
    SalesAccepted: answers.on_accepted,
    SalesRejected: answers.on_rejected,
    ContactAttempted: outcomes.on_attempted,
    ContactConnected: outcomes.on_connected,
    LeadSalesQualified: outcomes.on_qualified,
    LeadSalesDisqualified: outcomes.on_disqualified,
    DealOpened: outcomes.on_deal_opened,
    DealWon: outcomes.on_deal_won,
    DealLost: outcomes.on_deal_lost,
    AccountSuppressed: outcomes.on_suppressed,
    AccountHandedBack: outcomes.on_handed_back,
    ClockEscalated: on_escalated,
}


def _availability(desk: Desk, event: RepAvailability) -> None:
    """Who leaves, leaves open work: each lead of it is woken in its own lane, now."""
    rep, data = event.data.rep, event.data
    if desk.terms.person(rep) is None:
        return
    desk.keep_rep(replace(desk.rep(rep), state=data.state, until=data.until if data.state == "away" else None))
    if data.state == "left" and not event.historical:
        for lead in outcomes.leave_behind(desk.work.get(rep, ()), iter(desk.leads.values()), rep):
            desk.timers.append(Timer(lead, "repool", f"repool/{lead}", desk.now, {"rep": rep}))


def _wake(desk: Desk, timer: Timer) -> None:
    lead = desk.lead(timer.subject)
    entry = lead.entry
    due = timer.due_at or desk.now
    cause = Cause(due, False, entry.cause if entry else None, entry.correlation if entry else None)
    WAKES[timer.kind](Case(desk, lead.id, cause), timer)


def _on_shift(case: Case, timer: Timer) -> None:
    """The shift begins for which the lead waited."""
    entry = case.lead.entry
    if case.lead.waiting and entry and not entry.historical:
        answers.reroute(case, "shift")


def _on_repool(case: Case, timer: Timer) -> None:
    """The rep left: the offer ends, and the next owner gets fresh clocks."""
    if not case.lead.worked or case.lead.owner != timer.payload.get("rep"):
        return
    offer = case.lead.current
    if offer:
        answers.answered(case, "ended", "rep_left")
        answers.returned(case, offer, "rep_left", "repool")
    answers.reroute(case, "rep_left")


def _on_recycle(case: Case, timer: Timer) -> None:
    """Months after a lost deal: the next cycle, whatever the score."""
    if case.lead.stage == "lost":
        evaluate.evaluate(case, fresh=False, recycled=True)


def _on_enrol(case: Case, timer: Timer) -> None:
    """The lead had its time to become more than a name."""
    evaluate.evaluate(case, fresh=False, settled=True)


def _on_cooldown(case: Case, timer: Timer) -> None:
    if case.lead.closed:
        evaluate.evaluate(case, fresh=False)


WAKES: Final[dict[str, Callable[[Case, Timer], None]]] = {
    "enrol": _on_enrol,
    "shift": _on_shift,
    "repool": _on_repool,
    "recycle": _on_recycle,
    "cooldown": _on_cooldown,
    "unresponsive": lambda case, _: recycle.on_unresponsive(case),
    "silence": lambda case, _: recycle.on_silence(case),
    "revisit": lambda case, _: recycle.on_revisit(case),
}
HANDLES: Final[tuple[Key, ...]] = (*EVENTS, RepAvailability, *WAKES)
