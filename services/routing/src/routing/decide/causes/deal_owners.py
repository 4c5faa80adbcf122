"""A lead in work goes to the owner of its open deal, whatever brought the two apart: a deal, a merge, who took it."""

from events.grounds import WITH_DEAL
from events.vocabulary import Via
from routing.decide.causes.sales import take
from routing.decide.model.case import Case
from routing.decide.model.deal_owners import owner_by_deals
from routing.decide.model.lifecycle import HELD
from routing.decide.placing.offer import give
from routing.decide.placing.reroute import end_offer
from routing.decide.placing.round_robin import Choice
from routing.decide.placing.steps import Match

_STEP = "open_opportunity"


def go_with_deals(case: Case, via: Via = "api") -> None:
    """The lead goes to whose it is by its open deals, in steps of its own; nothing when it is theirs, or in no work.

    `lead.returned` of whoever had it, `lead.assigned` by the rule `deal_owner` and without a turn, `lead.accepted`: who
    owns the deal has taken the lead. History is said by `stage.changed` alone.
    """
    lead, terms = case.lead, case.terms
    to = owner_by_deals(lead, case.workspace.employed)
    if to is None or to == lead.owner or not (lead.worked or lead.waiting):
        return
    case.next_step()
    why = f"{terms.people.name(to)} owns its open deal"
    leave(case)
    if case.live:
        pool = _pool_of(case, to)
        match = Match(why, terms.numbers[_STEP], WITH_DEAL, pool=pool)
        give(case, match, Choice("deal", pool or "", to), WITH_DEAL, pool=pool)
    else:
        case.because(why)
        if lead.status not in HELD:
            case.move("offered", why)
        case.change(owner=to)
    case.next_step()
    case.because(why)
    take(case, via)
    case.next_step()


def _pool_of(case: Case, rep: str) -> str | None:
    """The pool of the offer before, if the rep is a member, else one of the rep's: the lead goes on from there."""
    pools = case.terms.teams.pool_by_id
    last = pools.get(case.lead.offers[-1].pool or "") if case.lead.offers else None
    mine = [pool for pool in pools.values() if rep in pool.members]
    return last.id if last in mine and last else next((pool.id for pool in mine), None)


def leave(case: Case, then: str = "reroute") -> None:
    """The offer of whoever has the lead ends, not before it began: somebody else owns the deal."""
    offer, at = case.lead.current, case.at
    if offer:
        case.at = max(at, offer.at)
        end_offer(case, WITH_DEAL, then)
        case.at = at
