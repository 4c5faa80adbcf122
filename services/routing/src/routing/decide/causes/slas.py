"""Facts of sla-monitor: a promise is at 150 %, so the lead goes back to the pool, or the manager decides."""

from agreement.service_levels import Promise
from events.handoffs import AlertRaised
from events.slas import ClockEscalated
from routing.decide.model.case import Case
from routing.decide.placing.offer import ask_manager
from routing.decide.placing.reroute import give_up, reroute
from routing.decide.state import Lead, Offer


def on_escalated(case: Case, event: ClockEscalated) -> None:
    """About the offer in force: back to the pool, so often at most; then the manager decides (domain, section 7)."""
    clock, offer = event.data, case.lead.current
    if clock.assignment is None:
        if case.lead.waiting:
            _alert(case, "still with nobody", clock.promise)
        return
    if offer is None or clock.assignment != case.lead.assignment(offer.version):
        return
    if _acted(case.lead, offer, case.terms.promises.get(clock.promise)):
        return
    if clock.action == "manager" or case.lead.repools >= case.terms.routing.repools_at_most:
        manager = case.terms.people.manager(offer.rep, offer.pool)
        promise = case.terms.promises.get(clock.promise)
        title = promise.title if promise else clock.promise
        text = f"{title} at {clock.percent} %, with {case.terms.people.name(offer.rep)}"
        if manager is None:
            _alert(case, text, clock.promise)
        elif case.lead.decides is None:
            ask_manager(case, manager, text, pool=offer.pool, reason=clock.promise)
        return
    case.change(repools=case.lead.repools + 1)
    give_up(case, offer, case.terms.timed_out, "timed_out")
    reroute(case, case.terms.timed_out.reason)


def _acted(lead: Lead, offer: Offer, promise: Promise | None) -> bool:
    """The rep did what keeps the promise (any of its `stops`) while the escalation was on its way.

    What a colleague did keeps no promise of the rep; what nobody named did, does, after the offer.
    """
    if promise is None:
        return False
    if {"accepted", "rejected"} & {*promise.stops} and offer.answer != "open":
        return True
    if "connected" in promise.stops and lead.status == "connected":
        return True
    mine = sum(
        one.at >= offer.at if one.by == offer.rep else one.by is None and one.at > offer.at for one in lead.attempts
    )
    return "attempted" in promise.stops and mine >= (promise.attempts or 1)


def _alert(case: Case, text: str, reason: str) -> None:
    offer = case.lead.current
    data = AlertRaised.Data(to="operations", pool=offer.pool if offer else None, reason=reason, text=text)
    case.emit(AlertRaised, data, time=case.now)
