"""Who gets the lead: the steps from the top, the first match decides, and why the earlier ones did not is kept."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from agreement.routing import UrgencyTerm
from events.handoffs import PassedStep
from events.scores import Gate, RouteFacts, Standing
from events.vocabulary import Segment
from routing.decide.model.workspace import Desk, after
from routing.decide.state import Company, Kind, Lead, Terms

Tell = Literal["open_opportunity", "already_owned", "customer", "named_account"]
SALES_SUPPRESSED: Final = "suppressed_by_sales"


@dataclass(frozen=True, slots=True)
class Found:
    """Where the lead belongs. One of: tell somebody, give it to somebody, a pool, a nurture segment, nobody."""

    step: int
    rule: str
    why: str
    passed: tuple[PassedStep, ...] = ()
    tell: Tell | None = None
    rep: str | None = None
    pool: str | None = None
    kind: Kind = "score"
    flags: tuple[str, ...] = ()
    reason: str | None = None
    segment: Segment | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """The lead as the ladder sees it."""

    desk: Desk
    lead: Lead
    company: Company | None
    gate: str | None
    """None: a handoff may begin now; else why not (`58 of 60`, `cool-down until 2026-09-04`)."""
    recycled: bool = False
    """A recycling trigger fired: the gate is not asked."""
    admitted: bool = False
    """In the funnel already, and looking for the next owner."""

    @property
    def terms(self) -> Terms:
        return self.desk.terms

    @property
    def facts(self) -> RouteFacts:
        return self.lead.facts

    @property
    def kind(self) -> Kind:
        standing = self.lead.standing
        if standing and standing.gate.fast_track and raised(self.lead):
            return "hand_raise"
        return "recycled" if self.lead.exit else "score"


Answer = Found | str
"""A match, or why there is none."""


def climb(question: Question) -> Found:
    passed: list[PassedStep] = []
    for step in question.terms.routing.steps:
        answer = STEPS[step.step](question)
        if isinstance(answer, Found):
            return replace(answer, step=step.number, rule=step.step, passed=tuple(passed))
        passed.append(PassedStep(step=step.number, rule=step.step, why=answer))
    return replace(_operations(question), passed=tuple(passed))


def _found(why: str, **given: object) -> Found:
    return Found(0, "", why, **given)  # type: ignore[arg-type]


def _nobody(q: Question) -> Answer:
    if q.lead.status == "suppressed" and (
        q.lead.stage != "lead" or (q.lead.exit and q.lead.exit.reason == SALES_SUPPRESSED)
    ):
        reason = q.lead.exit.reason if q.lead.exit else SALES_SUPPRESSED
        return _found(f"sales asked to leave it alone: {reason}", reason=reason)
    if q.company and q.company.suppressed:
        return _found("sales asked to leave the company alone", reason=SALES_SUPPRESSED)
    if q.facts.hard:
        return _found("; ".join(q.terms.hard.get(name, name) for name in q.facts.hard), reason=q.facts.hard[0])
    return "not disqualified"


def _open_opportunity(q: Question) -> Answer:
    owners = [deal.owner or q.lead.owner for deal in q.lead.open_deals]
    owners += [owner for lead, owner in (q.company.open if q.company else {}).items() if lead != q.lead.id]
    if not owners:
        return "no open opportunity of the person or the company"
    rep = next((owner for owner in owners if q.desk.present(owner)), None)
    return _found("open opportunity", tell="open_opportunity", rep=rep) if rep else "nobody owns the open opportunity"


def _already_owned(q: Question) -> Answer:
    if q.lead.worked and q.lead.owner:
        return _found("already being worked", tell="already_owned", rep=q.lead.owner)
    return "nobody is working it"


def _existing_customer(q: Question) -> Answer:
    named = q.terms.teams.named_by_domain.get(q.facts.domain or "")
    won = [deal.owner for deal in q.lead.won_deals] + list((q.company.won if q.company else {}).values())
    if not (q.facts.customer or won or (named and named.kind == "customer")):
        return "not a customer"
    asked = [named.owner if named and named.kind == "customer" else None, *q.terms.account_managers]
    rep = next((rep for rep in asked if q.desk.present(rep)), None)
    return _found("existing customer", tell="customer", rep=rep) if rep else "a customer without account manager"


def _named_account(q: Question) -> Answer:
    named = q.terms.teams.named_by_domain.get(q.facts.domain or "")
    if named is None or named.kind != "target":
        return "not a named account"
    if not q.desk.present(named.owner):
        return f"its owner {q.terms.name(named.owner)} is not here"
    if named.owner in q.lead.offered:
        return f"its owner {q.terms.name(named.owner)} had it in this cycle"
    if q.gate:
        return _found(f"named account, below the gate ({q.gate})", tell="named_account", rep=named.owner)
    return _found("named account", rep=named.owner, kind="named", flags=("target_account",))


def _referral(q: Question) -> Answer:
    at = q.facts.referral_at
    if q.facts.referral is None or at is None:
        return "no referral touch"
    if after(at, q.terms.routing.referral.within) < q.desk.now:
        return f"the referral touch is older than {q.terms.routing.referral.within}"
    if q.lead.exit and at <= q.lead.exit.at:
        return "the referral touch belongs to an earlier cycle"
    partner = next((partner for partner in q.terms.teams.partners if partner.id == q.facts.referral), None)
    asked = [partner.owner if partner else None, q.terms.routing.referral.partner_manager]
    rep = next((rep for rep in asked if q.desk.present(rep) and rep not in q.lead.offered), None)
    return _found("referral", rep=rep, kind="referral", flags=("referral",)) if rep else "no partner owner can take it"


def _recycled(q: Question) -> Answer:
    left = q.lead.exit
    if left is None:
        return "its first cycle"
    if q.gate and not q.recycled:
        return f"not coming back: {q.gate}"
    if left.reason in q.terms.routing.recycling.not_to_previous_owner_after:
        return f"the last exit was {left.reason}"
    if left.owner is None or not q.desk.present(left.owner):
        return f"the previous owner ({q.terms.name(left.owner)}) is not here"
    if not q.lead.closed and left.owner in q.lead.offered:
        return f"the previous owner {q.terms.name(left.owner)} had it in this cycle"
    return _found("recycled", rep=left.owner, kind=q.kind)


def _pool(q: Question) -> Answer:
    if q.gate and not q.recycled:
        return f"gate not passed: {q.gate}"
    place = pool_of(q.facts, q.terms)
    if isinstance(place, str):
        return place
    pool, flags = place
    return _found(_opening(q.lead.standing), pool=pool, kind=q.kind, flags=flags)


def _nurture(q: Question) -> Answer:
    total = q.lead.standing.total if q.lead.standing else 0
    least = q.terms.routing.nurture.total_at_least
    if total < least:
        return f"{total} of {least}"
    return _found(q.gate or f"total {total}", segment=q.terms.routing.nurture.segment)


def _long_term(q: Question) -> Answer:
    total = q.lead.standing.total if q.lead.standing else 0
    if total >= q.terms.routing.nurture.total_at_least:
        return "the total reaches the nurture threshold"
    return _found(q.gate or f"total {total}", segment=q.terms.routing.nurture.below_segment)


def _operations(q: Question) -> Found:
    return _found("no step fits")


STEPS: Final[dict[str, Callable[[Question], Answer]]] = {
    "nobody": _nobody,
    "open_opportunity": _open_opportunity,
    "already_owned": _already_owned,
    "existing_customer": _existing_customer,
    "named_account": _named_account,
    "referral": _referral,
    "recycled": _recycled,
    "pool": _pool,
    "nurture": _nurture,
    "long_term": _long_term,
    "operations": _operations,
}


def _opening(standing: Standing | None) -> str:
    gate: Gate | None = standing.gate if standing else None
    return gate.reason if gate else "recycled"


def raised(lead: Lead) -> bool:
    """A hand-raise since the last exit."""
    at = lead.standing.hand_raise_at if lead.standing else None
    return at is not None and (lead.exit is None or at > lead.exit.at)


def size_of(facts: RouteFacts, terms: Terms) -> str:
    """Size band. Unknown sizes and soft-disqualified hand-raises go to the band without numbers (triage)."""
    bands = terms.routing.sizes
    if facts.employees is not None and not facts.soft:
        for band in bands:
            if band.employees is not None and facts.employees in band.employees:
                return band.name
    return next(band.name for band in bands if band.employees is None)


def region_of(facts: RouteFacts, terms: Terms) -> str:
    for region in terms.routing.regions:
        if facts.country in region.countries:
            return region.name
    return terms.routing.unknown_country


def pool_of(facts: RouteFacts, terms: Terms) -> tuple[str, tuple[str, ...]] | str:
    """Pool and flags, or why there is none."""
    size, region = size_of(facts, terms), region_of(facts, terms)
    if not next(r.served for r in terms.routing.regions if r.name == region):
        return f"the region {region} is not served"
    for where, flags in ((region, ()), (terms.routing.fallback_region, (terms.routing.fallback_flag,))):
        for rule in terms.routing.pools:
            if rule.size == size and rule.region == where:
                return rule.pool, flags
    return f"no pool for {size} in {region}"


def pools_near(facts: RouteFacts, terms: Terms) -> Iterator[str]:
    """Every pool that a lead with these facts may reach: its own, and those it is handed to."""
    place = pool_of(facts, terms)
    if not isinstance(place, str):
        yield place[0]
        yield from (rule.hands_to for rule in terms.routing.pools if rule.pool == place[0] and rule.hands_to)


def urgency_of(kind: Kind, band: str, terms: Terms) -> UrgencyTerm:
    """The first that fits; the last one is the rest."""
    for term in terms.routing.urgency:
        if term.name in (kind, band):
            return term
    return terms.routing.urgency[-1]


def reopening(lead: Lead, terms: Terms, now: datetime) -> tuple[str | None, datetime | None]:
    """Why no handoff may begin now (None: it may), and when waiting alone will change that."""
    standing = lead.standing
    if standing is None or not (standing.gate.passed or standing.gate.fast_track):
        return (standing.gate.reason if standing else "nothing known"), None
    if lead.exit is None or not (lead.closed or lead.status == "disqualified"):
        return None, None
    if raised(lead):
        return None, None
    if standing.intent_at is None or standing.intent_at <= lead.exit.at:
        return "no new intent since the last exit", None
    until = after(lead.exit.at, terms.definitions.re_mql.cooldown)
    if lead.exit.rejected and now < until:
        return f"cool-down after a rejection until {until:%Y-%m-%d}", until
    return None, None
