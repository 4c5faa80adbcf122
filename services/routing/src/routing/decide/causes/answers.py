"""What reps say to an offer, and what follows: accepted, rejected with its consequence, or ignored with the reason."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, Literal

from agreement.routing import RejectReason
from events.handoffs import AlertRaised, AnswerIgnored, LeadAccepted, LeadReturned, LeadSuppressed, OwnerTold
from events.sales import SalesAccepted, SalesRejected
from routing.decide.model.workspace import Case, snapshot
from routing.decide.placing import nurture as recycle
from routing.decide.placing.offer import HANDS_TO, operations, place
from routing.decide.placing.round_robin import give_back
from routing.decide.placing.steps import Question, climb, pool_of
from routing.decide.state import Answer, Offer

LATE: Final = ("sql", "opportunity")
"""Stages in which the lead is past the pool that qualified it."""
Why = Literal["reassigned", "already_answered", "not_yours", "unknown_assignment", "closed", "invalid"]


def on_accepted(case: Case, event: SalesAccepted) -> None:
    data = event.data
    if data.assignment is None and data.by and not case.lead.worked and case.allowed("taken"):
        case.move("taken", "taken")
        case.change(owner=data.by)
        case.settle(f"taken by {case.terms.name(data.by)}, unasked")
        return
    offer = _standing_offer(case, "accepted", data.assignment, data.by)
    if offer is None:
        return
    accept(case, offer, via=data.via, implied=False)
    case.settle(f"accepted by {case.terms.name(offer.rep)}")


def accept(case: Case, offer: Offer, *, via: str, implied: bool) -> None:
    """The offer is taken; whoever calls this settles."""
    case.move("accepted", "accepted")
    answered(case, "accepted")
    data = LeadAccepted.Data(
        assignment=case.lead.assignment(offer.version), cycle=offer.cycle, rep=offer.rep, via=via, implied=implied
    )
    case.say(LeadAccepted, data)


def on_rejected(case: Case, event: SalesRejected) -> None:
    data = event.data
    offer = _standing_offer(case, "rejected", data.assignment, data.by)
    if offer is None:
        return
    term = case.terms.routing.by_reason.get(data.reason)
    if term is None or not term.chosen_by_rep or term.then is None:
        ignore(
            case,
            "rejected",
            "invalid",
            f"{data.reason} is no reason of the agreement",
            assignment=data.assignment,
            by=data.by,
        )
    elif term.text_required and not (data.note or "").strip():
        ignore(
            case, "rejected", "invalid", f"{term.title}: a few words are needed", assignment=data.assignment, by=data.by
        )
    else:
        give_up(case, offer, term, "rejected")
        CONSEQUENCES[term.then](case, offer, term)
        case.settle(f"rejected: {term.title}")


def give_up(case: Case, offer: Offer, term: RejectReason, how: Answer) -> None:
    """The offer ends and its turn is credited or consumed, as the agreement says for the reason."""
    credited = term.turn == "credited" and offer.turn
    if credited and offer.pool and case.terms.person(offer.rep):
        give_back(case.desk, offer.pool, offer.rep)
    answered(case, how, term.reason)
    returned(case, offer, term.reason, term.then or "none", credited=credited, lead_guarantee=term.lead_guarantee)


def answered(case: Case, how: Answer, reason: str | None = None) -> None:
    case.change(offers=(*case.lead.offers[:-1], replace(case.lead.offers[-1], answer=how, reason=reason)))


def returned(
    case: Case, offer: Offer, reason: str, then: str, *, credited: bool = False, lead_guarantee: bool = False
) -> None:
    facts = case.lead.facts
    data = LeadReturned.Data(
        assignment=case.lead.assignment(offer.version),
        cycle=offer.cycle,
        rep=offer.rep,
        pool=offer.pool,
        reason=reason,
        then=then,
        credited=credited,
        lead_guarantee=lead_guarantee,
        source=facts.source,
        campaign=facts.campaign,
    )
    case.say(LeadReturned, data)


def reroute(case: Case, why: str) -> None:
    """The ladder once more, past everybody who had it in this cycle, at once and whatever the score; settles."""
    was = case.lead.owner
    case.cause = replace(case.cause, historical=False)
    case.change(owner=None)
    found = climb(Question(case.desk, case.lead, case.company, None, admitted=True))
    successor = successor_pool(case)
    if case.lead.stage in LATE and successor:
        found = replace(found, pool=successor, rep=None, rule=HANDS_TO)
    elif not (found.rep or found.pool):
        where = pool_of(case.lead.facts, case.terms)
        found = replace(found, pool=None if isinstance(where, str) else where[0])
    if found.rep or found.pool:
        place(case, replace(found, why=f"{why}: was with {case.terms.name(was)}" if was else why), why_reassigned=why)
    else:
        case.move("queued", why)
        operations(case, f"{why}, and no pool for it", reason="no_pool")
        case.settle(why)


def successor_pool(case: Case) -> str | None:
    """Where a qualified lead goes on: the pool its own hands to, or the one that has it already."""
    last = case.lead.offers[-1] if case.lead.offers else None
    if last is None or last.cycle != case.lead.cycle or last.pool is None:
        return None
    return next((r.hands_to for r in case.terms.routing.pools if r.pool == last.pool and r.hands_to), last.pool)


def _merge(case: Case, offer: Offer, term: RejectReason) -> None:
    """The record that exists goes on; its owner hears of the person."""
    company = case.company
    owners = [owner for owner in (company.open.values() if company else ()) if owner and owner != offer.rep]
    case.move("disqualified", term.reason, rejected=True)
    if owners:
        told = OwnerTold.Data(cycle=offer.cycle, rep=owners[0], why="merged", snapshot=snapshot(case.lead))
        case.say(OwnerTold, told, time=case.now)
        return
    manager = case.terms.manager(offer.rep, offer.pool)
    text = f"{term.title}, says {case.terms.name(offer.rep)}, but no open record of the company is known"
    to: Literal["manager", "operations"] = "manager" if manager else "operations"
    case.say(AlertRaised, AlertRaised.Data(to=to, rep=manager, pool=offer.pool, reason=term.reason, text=text))


def _disqualify(case: Case, offer: Offer, term: RejectReason) -> None:
    case.move("disqualified", term.reason, rejected=True)


def _steward(case: Case, offer: Offer, term: RejectReason) -> None:
    case.move("disqualified", term.reason, rejected=True)
    text = f"{term.title}, says {case.terms.name(offer.rep)}: to be fixed or dropped"
    case.say(AlertRaised, AlertRaised.Data(to="stewards", pool=offer.pool, reason=term.reason, text=text))


def _suppress(case: Case, offer: Offer, term: RejectReason) -> None:
    case.move("suppressed", term.reason, rejected=True)
    data = LeadSuppressed.Data(cycle=offer.cycle, reason=term.reason, alert_marketing="marketing" in term.tells)
    case.say(LeadSuppressed, data)


def _nurture(case: Case, offer: Offer, term: RejectReason) -> None:
    case.move("nurtured", term.reason, rejected=True)
    recycle.nurse(case, term.segment or case.terms.routing.nurture.segment, term.reason)


def _reroute(case: Case, offer: Offer, term: RejectReason) -> None:
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


def _standing_offer(case: Case, answer: str, assignment: str | None, by: str | None) -> Offer | None:
    """The offer in force that this answer is about; otherwise says why the answer is ignored."""
    lead, current = case.lead, case.lead.current
    named = next((o for o in lead.offers if lead.assignment(o.version) == assignment), None)
    meant = named if assignment is not None else current or (lead.offers[-1] if lead.offers else None)
    objection = _objection(case, meant, by)
    if objection:
        ignore(case, answer, *objection, assignment=assignment, by=by)
        return None
    return current


def _objection(case: Case, meant: Offer | None, by: str | None) -> tuple[Why, str] | None:
    current = case.lead.current
    if meant is None:
        return "unknown_assignment", "there is no such assignment"
    if meant != current:
        return _stale(case, meant)
    if by not in (None, meant.rep, case.terms.manager(meant.rep, meant.pool), case.terms.manager(meant.rep)):
        return "not_yours", f"it is with {case.terms.name(meant.rep)}"
    if meant.answer != "open":
        return "already_answered", f"already {meant.answer} by {case.terms.name(meant.rep)}"
    return None


def _stale(case: Case, meant: Offer) -> tuple[Why, str]:
    if meant.answer in ("accepted", "rejected"):
        said = f"already {meant.answer} by {case.terms.name(meant.rep)}"
        return ("closed", f"{said}, and closed since") if case.lead.closed else ("already_answered", said)
    if case.lead.closed or meant.cycle != case.lead.cycle:
        return "closed", "this handoff is closed"
    if case.lead.owner:
        return "reassigned", f"already reassigned to {case.terms.name(case.lead.owner)}"
    return "reassigned", "already back in the pool"


def ignore(case: Case, answer: str, reason: Why, text: str, *, assignment: str | None = None, by: str | None) -> None:
    """Changes nothing, and the person who answered sees why."""
    data = AnswerIgnored.Data(assignment=assignment, answer=answer, by=by, reason=reason, text=text)
    case.say(AnswerIgnored, data)
    case.settle("")
