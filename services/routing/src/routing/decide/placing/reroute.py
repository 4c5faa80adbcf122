"""How an offer ends without the rep, and the way on from there: the steps again, past everybody who had the lead."""

from typing import Final

from msgspec.structs import replace

from agreement.routing import RejectReason
from events.envelope import Cause
from events.grounds import PassedStep
from events.handoffs import HANDS_TO, LeadReturned
from routing.decide.model.case import Case
from routing.decide.placing.offer import alert_operations, give, pass_deals_on, place
from routing.decide.placing.round_robin import Choice, give_back
from routing.decide.placing.steps import Match, Situation, find_owner
from routing.decide.state import Offer, OfferState

HANDED_OVER: Final = "handed_over"
"""`rule` of an offer that a colleague made."""
REFUSED: Final = "refused"
"""`rule` of an offer that is the giver's again."""
SAYS_NOTHING_OF_THE_LEAD: Final = ("nurture", "reroute", "repool")
"""What follows a rejection that is about the rep: a colleague refuses by it what was handed over."""
LATE: Final = ("sql", "opportunity")
"""Stages in which the lead is past the pool that qualified it."""


def close_offer(case: Case, how: OfferState, reason: str | None = None) -> None:
    """Keeps with the offer in force how it ended. Its flags end with it, unless it was accepted."""
    if how != "accepted":
        case.change(flags=tuple(flag for flag in case.lead.flags if flag == "cooling"))
    case.change(offers=(*case.lead.offers[:-1], replace(case.lead.offers[-1], answer=how, reason=reason)))


def give_up(case: Case, offer: Offer, term: RejectReason, how: OfferState, *, region: str | None = None) -> None:
    """The offer ends and its turn is credited or consumed, as the agreement says for the reason.

    What else the reason means is said with it: which fit lines had spoken for the lead, that routing is to blame
    (`region`: where the rep says it belongs), and that somebody is to look at it.
    """
    credited = term.turn == "credited" and offer.turn
    if credited and offer.pool and case.terms.people.rep(offer.rep):
        give_back(case.workspace, offer.pool, offer.rep)
    close_offer(case, how, term.reason)
    standing = case.lead.standing
    spoke = [line for line in standing.fit_lines if line.points > 0] if standing and term.feedback_to_scoring else None
    facts = case.lead.facts
    data = _returned(case, offer, term.reason, term.then or "none").replaced(
        credited=credited,
        lead_guarantee=term.lead_guarantee,
        fit_lines=tuple(spoke) if spoke is not None else None,
        routing_defect=term.routing_defect,
        region_from=case.lead.region or case.terms.region_of(facts) if term.routing_defect else None,
        region=region if term.routing_defect else None,
        to_review=term.reviewed_weekly,
    )
    case.emit(LeadReturned, data)


def end_offer(case: Case, reason: str, then: str, how: OfferState = "ended") -> None:
    """The offer in force, if there is one, ends without a word on the lead: the turn is credited."""
    offer = case.lead.current
    if offer is None:
        return
    credited = offer.turn and case.terms.people.rep(offer.rep) is not None
    if credited and offer.pool in case.terms.teams.pool_by_id:
        give_back(case.workspace, str(offer.pool), offer.rep)
    close_offer(case, how, reason)
    emit_returned(case, offer, reason, then, credited=credited)


def refuse(case: Case, offer: Offer, reason: str) -> bool:
    """A colleague refuses what was handed over: it is the giver's again. False when the giver is not here."""
    case.because(f"refused: {reason}")
    before = [one for one in case.lead.offers if one.cycle == offer.cycle and one.version < offer.version]
    if not before or not case.workspace.present(before[-1].rep):
        return False
    end_offer(case, reason, "reroute", "rejected")
    pass_deals_on(case, before[-1].rep)
    case.change(owner=None)
    name = case.terms.people.name(offer.rep)
    match = Match(f"{name} refused it", rule=REFUSED, pool=offer.pool)
    give(case, match, Choice("round_robin", offer.pool or "", before[-1].rep), REFUSED, pool=offer.pool)
    return True


def emit_returned(case: Case, offer: Offer, reason: str, then: str, *, credited: bool = False) -> None:
    """`lead.returned`: why the offer ended, and what follows."""
    case.emit(LeadReturned, _returned(case, offer, reason, then).replaced(credited=credited))


def _returned(case: Case, offer: Offer, reason: str, then: str) -> LeadReturned.Data:
    facts = case.lead.facts
    return LeadReturned.Data(
        assignment=case.lead.assignment(offer.version),
        cycle=offer.cycle,
        rep=offer.rep,
        pool=offer.pool,
        reason=reason,
        then=then,
        source=facts.source,
        campaign=facts.campaign,
    )


def reroute(case: Case, why: str) -> None:
    """A new owner at once and whatever the score, or the operations queue."""
    owner = case.lead.owner
    case.cause = Cause(case.cause.id, case.cause.correlation)
    pass_deals_on(case, None)
    case.change(owner=None)
    match = _way_on(case, find_owner(Situation(case.workspace, case.lead, case.company, None)))
    if match.rep or match.pool:
        text = case.terms.reason_text(why)
        text = f"{text}: was with {case.terms.people.name(owner)}" if owner else text
        place(case, replace(match, why=text), why_reassigned=why)
        return
    passed = (*match.passed, *_without_owner(match))
    text = case.terms.reason_text(why)
    case.because(text, passed=passed)
    case.move("queued", why)
    alert_operations(case, f"{text}, and no pool for it", reason="no_pool", passed=passed)


def _without_owner(match: Match) -> tuple[PassedStep, ...]:
    """The step that matched and gives the lead to nobody; none when no step matched at all."""
    why = f"{match.why}; but it was with sales, and goes on to a rep or to nobody"
    return (PassedStep(step=match.step, rule=match.rule, why=why),) if match.rule else ()


def _way_on(case: Case, match: Match) -> Match:
    """A lead that is past its first pool goes to the next; one that no rep or pool takes goes by size and region.

    Nobody takes what they had in this cycle, the owner of a record neither.
    """
    successor = successor_pool(case)
    if case.lead.stage in LATE and successor:
        return replace(match, pool=successor, rep=None, rule=HANDS_TO)
    if (match.rep and match.rep not in case.lead.offered) or match.pool:
        return match
    where = case.terms.pool_of(case.lead.facts, case.lead.region)
    return replace(match, rep=None, pool=None if isinstance(where, str) else where[0])


def successor_pool(case: Case) -> str | None:
    """Where a qualified lead goes on: the pool its own hands to, or the one that has it already, if that is left."""
    last = case.lead.offers[-1] if case.lead.offers else None
    if last is None or last.cycle != case.lead.cycle or last.pool not in case.terms.teams.pool_by_id:
        return None
    return case.terms.successor(last.pool)
