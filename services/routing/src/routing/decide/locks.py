"""What a batch may touch, known before anything but its leads is locked: companies, and the reps of pools and deals."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from agreement.deals import STEPS
from agreement.readers.companies import company_key
from agreement.teams import Teams
from events.campaigns import CompanyChanged
from events.deals import DealLost, DealWon
from events.sales import (
    AccountHandedBack,
    AccountSuppressed,
    ContactAttempted,
    OwnerNudged,
    RepAvailability,
    SalesRejected,
    StewardDecided,
)
from events.scores import LeadCooled, LeadQualified, LeadScored, RouteFacts, Standing, standing_after
from events.teamwork import CustomerChurned, LeadEnrolled, LeadSnoozed
from routing.decide.model.shared_deals import SharedDeal
from routing.decide.state import Company, Lead
from routing.decide.terms import Terms
from routing.decide.wake_ups import CONTACT, PATIENT
from runtime.values import Input, Timer

SCORES: Final = (LeadScored, LeadQualified)
CALM: Final = (*SCORES, LeadCooled, ContactAttempted, CompanyChanged, LeadSnoozed, LeadEnrolled, OwnerNudged)
"""Events that change nobody's load, unless a standing among them opens the gate."""
_CALM: Final[frozenset[type[Input]]] = frozenset(CALM)


@dataclass(frozen=True, slots=True)
class Locks:
    """Reps to be locked, and those of them who leave in this batch; in key order: the order in which all lanes lock."""

    reps: tuple[str, ...] = ()
    leaving: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Domains:
    """Companies that this batch may change, to be locked, and others that it looks at; in key order."""

    changed: tuple[str, ...] = ()
    read: tuple[str, ...] = ()


def leads_of(inputs: Iterable[Input]) -> list[str]:
    """Subjects of all inputs that are about a lead, in key order."""
    return sorted({one.subject for one in inputs if not isinstance(one, RepAvailability)})


def deals_of(inputs: Sequence[Input], leads: Mapping[str, Lead] = MappingProxyType({})) -> list[str]:
    """Ids of all deals that the inputs are about, and of those that may go along with a lead, in key order."""
    deals = set[str]()
    for subject, about in _by_lead(inputs).items():
        lead = leads.get(subject)
        if lead and lead.open_deals and not _quiet(lead, about):
            deals |= {deal.deal for deal in lead.open_deals}
    for one in inputs:
        if isinstance(one, Timer):
            deals |= {str(one.payload["deal"])} if one.kind == CONTACT else set()
        elif type(one) in STEPS:
            deals.add(one.data.deal)
    return sorted(deals)


def accounts_of(leads: Mapping[str, Lead], inputs: Sequence[Input]) -> list[str]:
    """Accounts that sales speaks about, at which something happened, or where a deal may have closed; in key order.

    As they are named, else the lead's domains in this batch.
    """
    accounts = set[str | None]()
    for subject, about in _by_lead(inputs).items():
        spoken = [one.data.account for one in about if isinstance(one, AccountSuppressed | AccountHandedBack)]
        accounts |= set(spoken)
        accounts |= {one.data.account for one in about if isinstance(one, LeadEnrolled)}
        accounts |= {
            company_key(one.data.domain) for one in about if isinstance(one, CompanyChanged) and one.data.happened
        }
        if None in spoken or any(_may_close_a_deal(one) for one in about):
            accounts |= {one.domain for one in _facts(leads.get(subject) or Lead(subject), about)}
    return sorted(account for account in accounts if account)


def _may_close_a_deal(one: Input) -> bool:
    return one.kind == CONTACT if isinstance(one, Timer) else isinstance(one, DealWon | DealLost | CustomerChurned)


def domains_of(
    leads: Mapping[str, Lead],
    inputs: Iterable[Input],
    people: Mapping[str, tuple[tuple[str, str | None], ...]] = MappingProxyType({}),
) -> Domains:
    """Companies of the leads, as they were and as this batch makes them.

    A lead changes its company when it is given to somebody or has a deal; any other only looks at it. `people` are
    those of accounts that sales speaks about.
    """
    changed, read = {domain for some in people.values() for _, domain in some}, set[str | None]()
    by_lead = _by_lead(inputs)
    by_name = any(_names_no_domain(one) for about in by_lead.values() for one in about)
    for subject, about in by_lead.items():
        lead = leads.get(subject) or Lead(subject)
        domains = read if not lead.deals and not by_name and _quiet(lead, about) else changed
        domains.add(lead.facts.domain)
        for one in about:
            if isinstance(one, SCORES):
                whole = standing_after(None, one.data)
                domains.add(whole.facts.domain if whole else None)
            elif isinstance(one, AccountSuppressed | AccountHandedBack):
                domains.add(one.data.account if "." in (one.data.account or "") else None)
    return Domains(*(tuple(sorted(domain for domain in found if domain)) for found in (changed, read - changed)))


def _names_no_domain(one: Input) -> bool:
    """An account by its name: any company of the batch may be it."""
    return isinstance(one, AccountSuppressed | AccountHandedBack) and "." not in (one.data.account or ".")


def locks_of(
    leads: Mapping[str, Lead],
    companies: Mapping[str, Company],
    inputs: Sequence[Input],
    terms: Terms,
    deals: Mapping[str, SharedDeal] = MappingProxyType({}),
) -> Locks:
    """More than is needed at times, never less."""
    pools, reps, leaving = (
        set[str](),
        {one.history.owner.value for one in deals.values() if one.history.owner},
        set[str](),
    )
    for one in inputs:
        if isinstance(one, RepAvailability):
            reps.add(one.data.rep)
            leaving |= {one.data.rep} if one.data.state == "left" else set()
    for subject, about in _by_lead(inputs).items():
        lead = leads.get(subject) or Lead(subject)
        if _quiet(lead, about):
            reps |= {lead.exit.owner} if lead.nurture and lead.exit and lead.exit.owner else set()  # may hear of it
            continue
        reps |= _concerned(lead, about)
        if _may_be_given(lead, about):
            facts = _facts(lead, about)
            regions = {None, *_regions(lead, about)}
            pools |= {pool for one in facts for region in regions for pool in terms.pools_near(one, region)}
            pools |= {offer.pool for offer in lead.offers if offer.pool in terms.teams.pool_by_id}
            reps |= _direct(facts, companies, terms)
    for pool in _with_overflow(pools, terms.teams):
        term = terms.teams.pool_by_id[pool]
        reps |= {*term.members, *term.on_call, *([term.manager] if term.manager else [])}
    return Locks(tuple(sorted(rep for rep in reps if terms.people.rep(rep))), tuple(sorted(leaving)))


def records_of(inputs: Iterable[Input]) -> list[str]:
    """Names of the records that reps or stewards say leads belong to, in key order."""
    named = (one.data.record for one in inputs if isinstance(one, SalesRejected | StewardDecided))
    return sorted({record for record in named if record})


def _regions(lead: Lead, inputs: Sequence[Input]) -> set[str | None]:
    """That a rep named, before or in this batch."""
    named = {one.data.region for one in inputs if isinstance(one, SalesRejected)}
    return {lead.named_region.region if lead.named_region else None, *named}


def _by_lead(inputs: Iterable[Input]) -> dict[str, list[Input]]:
    by_lead: dict[str, list[Input]] = {}
    for one in inputs:
        if not isinstance(one, RepAvailability):
            by_lead.setdefault(one.subject, []).append(one)
    return by_lead


def _quiet(lead: Lead, inputs: Sequence[Input]) -> bool:
    """Scores and attempts only, and the lead is in work or stays below the gate: nobody's load changes."""
    if not _CALM.issuperset(map(type, inputs)):
        return False
    return lead.worked or not _may_be_given(lead, inputs)


def _may_be_given(lead: Lead, inputs: Sequence[Input]) -> bool:
    if not _CALM.issuperset(map(type, inputs)) and not all(isinstance(one, CALM) or _patient(one) for one in inputs):
        return True
    return any(_open(standing) for standing in _standings(lead, inputs))


def _patient(one: Input) -> bool:
    return isinstance(one, Timer) and one.kind in PATIENT


def _open(standing: Standing) -> bool:
    return standing.gate.passed or standing.gate.fast_track or standing.facts.referral is not None


def _standings(lead: Lead, inputs: Sequence[Input]) -> list[Standing]:
    """The one that is known, and each that follows in this batch."""
    standings, standing = [lead.standing] if lead.standing else [], lead.standing
    for one in inputs:
        if isinstance(one, SCORES) and (standing := standing_after(standing, one.data)):
            standings.append(standing)
    return standings


def _facts(lead: Lead, inputs: Sequence[Input]) -> list[RouteFacts]:
    return [lead.facts, *(standing.facts for standing in _standings(lead, inputs))]


def _concerned(lead: Lead, inputs: Sequence[Input]) -> set[str]:
    """Who has the lead, had it, or reports about it."""
    reporters = {getattr(one.data, name, None) for one in inputs if not isinstance(one, Timer) for name in ("by", "to")}
    history = {*(offer.rep for offer in lead.offers), *(deal.owner for deal in lead.deals)}
    people = {lead.owner, lead.exit.owner if lead.exit else None, *history, *reporters}
    return {rep for rep in people if rep}


def _direct(facts: Sequence[RouteFacts], companies: Mapping[str, Company], terms: Terms) -> set[str]:
    """Who may get it without a pool: owners of company, open deal, named account and partner, and account managers."""
    reps = {terms.routing.referral.partner_manager, *terms.account_managers}
    for one in facts:
        company = companies.get(one.domain or "")
        named = terms.teams.named_by_domain.get(one.domain or "")
        partner = terms.partners.get(one.referral or "")
        owners = [company and company.owner, named and named.owner, partner and partner.owner]
        with_deals = company.open.values() if company else ()
        owners += (*with_deals, *(terms.people.manager(owner) for owner in with_deals))
        reps |= {rep for rep in owners if rep}
    return reps


def _with_overflow(pools: set[str], teams: Teams) -> set[str]:
    """The pools, and all that they overflow into."""
    reached, more = set[str](), set(pools)
    while more:
        reached |= more
        more = {o for pool in more if (o := teams.pool_by_id[pool].overflow) is not None} - reached
    return reached
