"""What sales did and learned: attempts, contact, evidence, accounts. Facts of the world are never refused."""

from events.grounds import AttemptMade
from events.handoffs import HANDS_TO, AttemptCounted
from events.sales import (
    ContactAttempted,
    ContactConnected,
    LeadSalesDisqualified,
    LeadSalesQualified,
)
from events.vocabulary import Via, humanize
from routing.decide.causes.answers import accept, ignore
from routing.decide.model.case import Case
from routing.decide.placing.nurture import put_in_segment, watch_attempts
from routing.decide.placing.offer import alert_operations, place
from routing.decide.placing.reroute import successor_pool
from routing.decide.placing.stalls import watch_stall
from routing.decide.placing.steps import Match
from routing.decide.state import Attempt, Exit


def on_attempted(case: Case, event: ContactAttempted) -> None:
    """Remembers the attempt; `stage.changed` when the status becomes `attempting_contact`; plans `unresponsive`.

    The owner's own first attempt takes an open offer (`lead.accepted`, implied): who works a lead has taken it. Same
    rep, same channel and same instant are one attempt: the second changes nothing.
    """
    made = event.attempt
    attempt = Attempt(made.at, made.channel, made.by)
    if attempt in case.lead.attempts:
        return
    case.because(f"contact attempted: {case.terms.routing.channel_title(made.channel)}")
    case.change(attempts=tuple(sorted((*case.lead.attempts, attempt), key=lambda a: (a.at, a.channel, a.by or ""))))
    counted = tuple(AttemptMade(at=one.at, channel=one.channel, by=one.by) for one in case.lead.attempts)
    case.emit(AttemptCounted, AttemptCounted.Data(cycle=case.lead.cycle, attempts=counted))
    offer = case.lead.current
    if offer and event.data.by == offer.rep:
        take(case, event.data.via)
    if case.allowed("attempted"):
        case.move("attempted", event.data.channel)
    if not case.lead.closed:
        watch_attempts(case)
        watch_stall(case)


def on_connected(case: Case, event: ContactConnected) -> None:
    """Stage `sal`, status `connected`; an open offer is accepted by it (`lead.accepted`, implied).

    `answer.ignored` when the open offer is somebody else's. Nothing at all when the table of stages has no such move.
    """
    by, offer = event.data.by, case.lead.current
    if offer and offer.answer == "open" and by not in (None, offer.rep):
        was_theirs = any(o.rep == by and o.cycle == offer.cycle for o in case.lead.offers)
        text = f"{'already reassigned to' if was_theirs else 'it is with'} {case.terms.people.name(offer.rep)}"
        ignore(case, "connected", "reassigned" if was_theirs else "not_yours", text, by=by)
        return
    if case.allowed("connected"):
        case.because("the person answered")
        take(case, event.data.via)
        advance(case, "connected", "the person answered", by)


def on_qualified(case: Case, event: LeadSalesQualified) -> None:
    """Stage `sql`, and the offer to the pool that the lead is handed on to, when there is one.

    `answer.ignored` when evidence is missing or the lead is past this stage.
    """
    by, missing = event.data.by, _missing_evidence(case, event.data)
    if missing:
        ignore(case, "sales_qualified", "invalid", missing, by=by)
    elif not case.allowed("sales_qualified"):
        ignore(case, "sales_qualified", "already_answered", f"it is in stage {case.lead.stage} already", by=by)
    else:
        case.because("need confirmed")
        take(case, event.data.via)
        advance(case, "sales_qualified", "need confirmed", by)
        if case.live:
            case.next_step()
            _hand_on(case)


def _missing_evidence(case: Case, data: LeadSalesQualified.Data) -> str | None:
    """What BANT evidence is missing (domain, section 1); None when it suffices."""
    terms = case.terms.definitions.qualification
    timely = data.timeline_months is not None and data.timeline_months <= terms.timeline_months_at_most
    further = sum((bool(data.budget), bool(data.authority), timely))
    if terms.need and not data.need:
        return "the need is not confirmed"
    if further < terms.further:
        return f"{further} of {terms.further} of budget, authority and timeline"
    return None


def _hand_on(case: Case) -> None:
    """Sales-qualified by a pool that hands on: an account executive takes over, as an offer of its own."""
    to, offer = successor_pool(case), case.lead.current
    if to and offer and to != offer.pool:
        why = f"qualified by {case.terms.people.name(offer.rep)}"
        match = Match(why, case.terms.numbers["pool"], HANDS_TO, pool=to)
        place(case, match, why_reassigned="sales_qualified")


def on_disqualified(case: Case, event: LeadSalesDisqualified) -> None:
    """Out of the funnel: status `disqualified`, or `nurture` with `lead.nurtured` when a day to revisit is given.

    `answer.ignored` when the table of stages has no such move, or the reason is not the agreement's.
    """
    data = event.data
    if not case.allowed("disqualified"):
        ignore(case, "sales_disqualified", "closed", f"it is {case.lead.stage}, {case.lead.status}", by=data.by)
    elif data.reason not in case.terms.definitions.disqualified_reasons:
        ignore(case, "sales_disqualified", "invalid", f"{data.reason} is no reason of the agreement", by=data.by)
    else:
        case.because(f"disqualified: {humanize(data.reason)}")
        take(case, data.via)
        case.move("nurtured" if data.revisit_on else "disqualified", data.reason)
        _leave(case, data.reason)
        if data.revisit_on:
            put_in_segment(case, case.terms.revisit_segment, data.reason, revisit_on=data.revisit_on)


def advance(case: Case, move: str, reason: str, by: str | None) -> None:
    """The lead stands at a stage of sales now; who reports it owns it when nobody does."""
    if case.allowed(move):
        case.move(move, reason)
        case.change(owner=case.lead.owner or by, nurture=None)
        case.wake("unresponsive", None)
        watch_stall(case)
        if case.lead.waiting and case.live:
            alert_operations(case, f"{reason}, and nobody has the lead", reason="no_owner")


def take(case: Case, via: Via) -> None:
    """Whoever reports an outcome has taken the lead: an open offer is accepted, implied."""
    offer = case.lead.current
    if offer and offer.answer == "open" and case.allowed("accepted"):
        accept(case, offer, via=via, implied=True)


def _leave(case: Case, reason: str) -> None:
    """A lead that never entered the funnel keeps why it went, too."""
    if case.lead.stage == "lead":
        case.change(exit=Exit(case.at, reason), nurture=None)
