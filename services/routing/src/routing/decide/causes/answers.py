"""What reps answer to an offer: accepted, rejected with its consequence, or ignored with the reason."""

from collections.abc import Callable
from typing import Final

from agreement.routing import RejectReason
from events.handoffs import AlertRaised, AnswerIgnored, IgnoredReason, LeadAccepted, LeadSuppressed
from events.sales import ItemReviewed, SalesAccepted, SalesRejected
from routing.decide.model.case import Case
from routing.decide.placing.merges import join_company, join_record
from routing.decide.placing.nurture import put_in_segment
from routing.decide.placing.reroute import HANDED_OVER, SAYS_NOTHING_OF_THE_LEAD, close_offer, give_up, refuse, reroute
from routing.decide.placing.route import tell_marketing
from routing.decide.placing.stalls import watch_stall
from routing.decide.state import NamedRegion, Offer


def on_accepted(case: Case, event: SalesAccepted) -> None:
    """The rep takes the lead: `lead.accepted` and stage `sal`; a later stage stays.

    A lead that nobody has, taken unasked, moves to `sal` with `stage.changed` only, for there is no offer to accept. An
    answer that does not apply changes nothing and emits `answer.ignored`.
    """
    data, people = event.data, case.terms.people
    if data.assignment is None and data.by and not case.lead.worked and case.allowed("taken"):
        case.because(f"taken by {people.name(data.by)}, unasked")
        case.move("taken", "taken")
        case.change(owner=data.by)
        watch_stall(case)
        return
    offer = _offer_in_force(case, "accepted", data.assignment, data.by)
    if offer:
        case.because(f"accepted by {people.name(offer.rep)}")
        accept(case, offer, via=data.via, implied=False)


def accept(case: Case, offer: Offer, *, via: str, implied: bool) -> None:
    """The offer is taken, by an answer or (`implied`) by what the rep did."""
    case.move("accepted", "accepted")
    close_offer(case, "accepted")
    data = LeadAccepted.Data(
        assignment=case.lead.assignment(offer.version), cycle=offer.cycle, rep=offer.rep, via=via, implied=implied
    )
    case.emit(LeadAccepted, data, time=max(case.at, offer.at))
    watch_stall(case)


def on_rejected(case: Case, event: SalesRejected) -> None:
    """The offer ends: `lead.returned`, then what the reason's `then` says (CONSEQUENCES).

    `answer.ignored` and no change when the offer is not in force, when the reason is not the agreement's or no rep's to
    choose, or when its few words are missing.
    """
    data = event.data
    offer = _offer_in_force(case, "rejected", data.assignment, data.by)
    if offer is None:
        return
    term = case.terms.routing.by_reason.get(data.reason)
    if term is None or not term.chosen_by_rep or term.then is None:
        text = f"{data.reason} is no reason of the agreement"
        ignore(case, "rejected", "invalid", text, assignment=data.assignment, by=data.by)
    elif term.text_required and not (data.note or "").strip():
        text = f"{term.title}: a few words are needed"
        ignore(case, "rejected", "invalid", text, assignment=data.assignment, by=data.by)
    elif data.region and data.region not in {region.name for region in case.terms.routing.regions}:
        text = f"{data.region} is no region of the agreement"
        ignore(case, "rejected", "invalid", text, assignment=data.assignment, by=data.by)
    elif not (_may_refuse(offer, term) and refuse(case, offer, term.reason)):
        case.because(_why(term))
        give_up(case, offer, term, "rejected", region=data.region)
        if data.region and term.then == "reroute":
            case.change(named_region=NamedRegion(data.region, case.lead.facts.country))
        record = data.record if term.then == "merge" else None
        if not (record and join_record(case, record, _why(term), term.reason, rejected=True)):
            CONSEQUENCES[term.then](case, offer, term)


def on_reviewed(case: Case, event: ItemReviewed) -> None:
    """An item of a review list was ticked: nothing moves. `answer.ignored` when it is no assignment of this lead."""
    lead, item = case.lead, event.data.item
    if item not in {lead.assignment(offer.version) for offer in lead.offers}:
        text = "there is no such item to review"
        ignore(case, "reviewed", "unknown_assignment", text, assignment=item, by=event.data.by)


def _why(term: RejectReason) -> str:
    return f"rejected: {term.title}"


def _may_refuse(offer: Offer, term: RejectReason) -> bool:
    return offer.rule == HANDED_OVER and term.then in SAYS_NOTHING_OF_THE_LEAD


def _merge(case: Case, offer: Offer, term: RejectReason) -> None:
    """The record that exists goes on; its owner hears of the person."""
    if join_company(case, offer.rep, _why(term), term.reason):
        return
    case.move("to_steward", term.reason, rejected=True)
    text = f"{term.title}, says {case.terms.people.name(offer.rep)}, but of a record in work nothing is known"
    case.emit(AlertRaised, AlertRaised.Data(to="stewards", pool=offer.pool, reason=term.reason, text=text))


def _disqualify(case: Case, offer: Offer, term: RejectReason) -> None:
    case.move("disqualified", term.reason, rejected=True)


def _steward(case: Case, offer: Offer, term: RejectReason) -> None:
    """Its data are fixed, and it is judged and routed again; or dropped."""
    case.move("to_steward", term.reason, rejected=True)
    text = f"{term.title}, says {case.terms.people.name(offer.rep)}: to be fixed or dropped"
    case.emit(AlertRaised, AlertRaised.Data(to="stewards", pool=offer.pool, reason=term.reason, text=text))


def _suppress(case: Case, offer: Offer, term: RejectReason) -> None:
    case.move("suppressed", term.reason, rejected=True)
    data = LeadSuppressed.Data(cycle=offer.cycle, reason=term.reason, alert_marketing="marketing" in term.tells)
    case.emit(LeadSuppressed, data)


def _nurture(case: Case, offer: Offer, term: RejectReason) -> None:
    case.move("nurtured", term.reason, rejected=True)
    put_in_segment(case, term.segment or case.terms.routing.nurture.segment, term.reason)


def _reroute(case: Case, offer: Offer, term: RejectReason) -> None:
    where = case.terms.pool_of(case.lead.facts, case.lead.region)
    if case.lead.region and isinstance(where, str):
        case.because(where)
        case.move("nurtured", term.reason, rejected=True)
        put_in_segment(case, case.terms.routing.nurture.segment, where)
        tell_marketing(case, fresh=True)
    else:
        reroute(case, term.reason)


CONSEQUENCES: Final[dict[str, Callable[[Case, Offer, RejectReason], None]]] = {
    "merge": _merge,
    "disqualify": _disqualify,
    "steward": _steward,
    "suppress": _suppress,
    "reroute": _reroute,
    "repool": _reroute,
    "nurture": _nurture,
}
"""By the `then` of a reject reason: the reason's name decides nothing."""


def _offer_in_force(case: Case, answer: str, assignment: str | None, by: str | None) -> Offer | None:
    """The offer in force that this answer is about; None after emitting why the answer is ignored."""
    lead, current = case.lead, case.lead.current
    named = next((o for o in lead.offers if lead.assignment(o.version) == assignment), None)
    offer = named if assignment is not None else current or (lead.offers[-1] if lead.offers else None)
    objection = _objection(case, offer, by)
    if objection:
        ignore(case, answer, *objection, assignment=assignment, by=by)
        return None
    return current


def _objection(case: Case, offer: Offer | None, by: str | None) -> tuple[IgnoredReason, str] | None:
    current, people = case.lead.current, case.terms.people
    if offer is None:
        return "unknown_assignment", "there is no such assignment"
    if offer != current:
        return _stale(case, offer)
    if by not in (None, offer.rep, people.manager(offer.rep, offer.pool), people.manager(offer.rep)):
        return "not_yours", f"it is with {people.name(offer.rep)}"
    if offer.answer != "open":
        return "already_answered", f"already {offer.answer} by {people.name(offer.rep)}"
    return None


def _stale(case: Case, offer: Offer) -> tuple[IgnoredReason, str]:
    people = case.terms.people
    if offer.answer in ("accepted", "rejected"):
        text = f"already {offer.answer} by {people.name(offer.rep)}"
        return ("closed", f"{text}, and closed since") if case.lead.closed else ("already_answered", text)
    if case.lead.closed or offer.cycle != case.lead.cycle:
        return "closed", "this handoff is closed"
    if case.lead.owner:
        return "reassigned", f"already reassigned to {people.name(case.lead.owner)}"
    manager = case.terms.people.name(case.lead.decides)
    return "reassigned", f"{manager} decides about it" if case.lead.decides else "already back in the pool"


def ignore(
    case: Case, answer: str, reason: IgnoredReason, text: str, *, assignment: str | None = None, by: str | None
) -> None:
    """Changes nothing, and the person who answered sees why."""
    data = AnswerIgnored.Data(assignment=assignment, answer=answer, by=by, reason=reason, text=text)
    case.emit(AnswerIgnored, data)
