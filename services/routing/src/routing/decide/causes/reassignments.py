"""What a manager decides about a lead in work: reassigns, sends back, asks; and a rep who hands it to a colleague."""

from typing import Final

from msgspec.structs import replace

from events.handoffs import IgnoredReason, OwnerTold
from events.sales import LeadHandedOver, LeadReassigned, OwnerNudged, SalesNurtured
from events.vocabulary import humanize
from routing.decide.causes.answers import ignore
from routing.decide.model.case import Case, snapshot
from routing.decide.placing.nurture import put_in_segment
from routing.decide.placing.offer import entry, give, pass_deals_on
from routing.decide.placing.reroute import HANDED_OVER, end_offer
from routing.decide.placing.round_robin import Choice
from routing.decide.placing.steps import Match

REASSIGNED: Final = "reassigned"
NURTURED: Final = "nurtured"
NUDGED: Final = "nudged"
Objection = tuple[IgnoredReason, str]


def on_reassigned(case: Case, event: LeadReassigned) -> None:
    """A manager gives the lead to a rep, whoever has had it: the offer in force ends, the rep gets fresh clocks.

    `answer.ignored` when it is no manager who decides, the rep is not here, or nobody in sales is to have the lead.
    """
    data = event.data
    objection = _not_a_manager(case, data.by) or _not_in_the_funnel(case) or _cannot_take(case, data.to)
    if objection:
        ignore(case, REASSIGNED, *objection, by=data.by)
        return
    _pass_on(case, data.to, REASSIGNED, data.reason, data.by)


def on_handed_over(case: Case, event: LeadHandedOver) -> None:
    """A rep gives the lead to a colleague of its pool (of the team, without one), who may refuse it once.

    `answer.ignored` when it is not theirs to give, or the colleague is elsewhere, not here, or had it in this cycle.
    """
    data, people = event.data, case.terms.people
    objection = _not_theirs(case, data.by) or _cannot_take(case, data.to) or _no_colleague(case, data.to)
    if objection is None and data.to in case.lead.offered:
        objection = "invalid", f"{people.name(data.to)} had it in this cycle"
    if objection:
        ignore(case, HANDED_OVER, *objection, by=data.by)
        return
    _pass_on(case, data.to, HANDED_OVER, data.reason, data.by)


def on_sales_nurtured(case: Case, event: SalesNurtured) -> None:
    """A manager sends the lead back to nurture: the offer in force ends, `lead.nurtured` with the reason.

    `answer.ignored` when it is no manager who decides, or nobody in sales was to have the lead.
    """
    data, terms = event.data, case.terms
    segment = data.segment or terms.routing.nurture.segment
    objection = _not_a_manager(case, data.by) or _not_in_the_funnel(case)
    if objection is None and segment not in terms.segments:
        objection = "invalid", f"{segment} is no segment of the agreement"
    if objection:
        ignore(case, NURTURED, *objection, by=data.by)
        return
    why = data.reason or f"sent back by {terms.people.name(data.by)}"
    case.because(why)
    end_offer(case, NURTURED, "nurture")
    case.move(NURTURED, why)
    put_in_segment(case, segment, why)


def on_nudged(case: Case, event: OwnerNudged) -> None:
    """A manager asks the owner to get on with it: `owner.told`, and nothing else changes.

    `answer.ignored` when it is no manager who asks, or nobody has the lead. An old nudge is no news to anybody.
    """
    by, lead = event.data.by, case.lead
    objection = _not_a_manager(case, by) or _not_theirs(case, None)
    if objection:
        ignore(case, NUDGED, *objection, by=by)
    elif case.live and lead.owner:
        data = OwnerTold.Data(
            cycle=lead.cycle,
            rep=lead.owner,
            why=NUDGED,
            snapshot=snapshot(lead),
            assignment=lead.assignment_of(lead.owner),
            by=by or event.data.actor,
        )
        case.emit(OwnerTold, data, time=case.now)


def _pass_on(case: Case, to: str, how: str, reason: str | None, by: str | None) -> None:
    """The offer in force ends, its turn credited, and the rep is offered the lead, which is that rep's turn now.

    Open deals that the previous owner had go along.
    """
    pass_deals_on(case, to)
    last = case.lead.offers[-1] if case.lead.offers and case.lead.offers[-1].cycle == case.lead.cycle else None
    pool = last.pool if last and last.pool in case.terms.teams.pool_by_id else None
    end_offer(case, how, "reroute")
    known = case.lead.entry or entry(case, "score", how)
    case.change(owner=None, entry=replace(known, historical=False))
    why = f"{humanize(how)} by {case.terms.people.name(by)}" + (f": {reason}" if reason else "")
    give(case, Match(why, rule=how, pool=pool), Choice("round_robin", pool or "", to), how, pool=pool)


def _not_a_manager(case: Case, by: str | None) -> Objection | None:
    if by is None or case.terms.people.manages(by):
        return None
    return "not_yours", f"{case.terms.people.name(by)} manages no team and no pool"


def _not_in_the_funnel(case: Case) -> Objection | None:
    lead = case.lead
    if lead.worked or lead.waiting:
        return None
    return "closed", f"it is {lead.stage}, {lead.status}: no rep is to have it"


def _not_theirs(case: Case, by: str | None) -> Objection | None:
    if not case.lead.worked:
        return _not_in_the_funnel(case) or ("not_yours", "nobody has it")
    if by in (None, case.lead.owner):
        return None
    return "not_yours", f"it is with {case.terms.people.name(case.lead.owner)}"


def _cannot_take(case: Case, to: str) -> Objection | None:
    name = case.terms.people.name(to)
    if to == case.lead.owner:
        return "invalid", f"it is with {name} already"
    return None if case.workspace.present(to) else ("invalid", f"{name} is not here")


def _no_colleague(case: Case, to: str) -> Objection | None:
    people, offer = case.terms.people, case.lead.current
    pool = case.terms.teams.pool_by_id.get(offer.pool or "") if offer else None
    if to in pool.members if pool else people.team(to) == people.team(case.lead.owner):
        return None
    return "invalid", f"{people.name(to)} is not in " + (f"the pool {pool.id}" if pool else "the same team")
