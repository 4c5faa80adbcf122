"""What a batch may touch, found before anything but its leads is locked: companies, pools, the people in them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from agreement.teams import Teams
from events.sales import AccountHandedBack, AccountSuppressed, ContactAttempted, RepAvailability
from events.scores import LeadCooled, LeadQualified, LeadScored, RouteFacts, Standing
from routing.decide.placing.steps import pools_near
from routing.decide.state import Company, Lead, Terms
from runtime.values import Input, Timer

SCORES: Final = (LeadScored, LeadQualified)
CALM: Final = (*SCORES, LeadCooled, ContactAttempted)
"""Events that change nobody's load, unless a standing among them opens the gate."""
PATIENT: Final = ("unresponsive", "silence", "revisit")
"""Wake-ups that give nobody a lead."""


@dataclass(frozen=True, slots=True)
class Scope:
    pools: tuple[str, ...] = ()
    reps: tuple[str, ...] = ()
    """In key order: the order in which all lanes lock."""
    leaving: tuple[str, ...] = ()


def subjects(inputs: Iterable[Input]) -> list[str]:
    return sorted({given.subject for given in inputs if not isinstance(given, RepAvailability)})


def domains(leads: Mapping[str, Lead], inputs: Iterable[Input]) -> list[str]:
    """Companies of the leads, as they were and as this batch makes them."""
    found = {lead.facts.domain for lead in leads.values()}
    for given in inputs:
        if isinstance(given, SCORES):
            found.add(given.data.facts.domain)
        elif isinstance(given, AccountSuppressed | AccountHandedBack):
            found.add(given.data.account)
    return sorted(domain for domain in found if domain)


def scope(leads: Mapping[str, Lead], companies: Mapping[str, Company], inputs: Sequence[Input], terms: Terms) -> Scope:
    """More than is needed at times, never less."""
    pools, reps, leaving = set[str](), set[str](), set[str]()
    about: dict[str, list[Input]] = {}
    for given in inputs:
        if isinstance(given, RepAvailability):
            reps.add(given.data.rep)
            leaving |= {given.data.rep} if given.data.state == "left" else set()
        else:
            about.setdefault(given.subject, []).append(given)
    for subject, given_all in about.items():
        lead = leads.get(subject) or Lead(subject)
        if _quiet(lead, given_all):
            continue
        known = _facts(lead, given_all)
        reps |= _concerned(lead, given_all)
        if _may_be_given(lead, given_all):
            pools |= {pool for facts in known for pool in pools_near(facts, terms)}
            pools |= {offer.pool for offer in lead.offers if offer.pool}
            reps |= _direct(known, companies, terms)
    pools = _with_overflow(pools, terms.teams)
    for pool in pools:
        term = terms.teams.pool_by_id[pool]
        reps |= {*term.members, *term.on_call, *([term.manager] if term.manager else [])}
    return Scope(tuple(sorted(pools)), tuple(sorted(rep for rep in reps if terms.person(rep))), tuple(sorted(leaving)))


def _quiet(lead: Lead, inputs: Sequence[Input]) -> bool:
    """Scores and attempts only, and the lead is in work or stays below the gate: nobody's load changes."""
    if not all(isinstance(given, CALM) for given in inputs):
        return False
    return lead.worked or not _may_be_given(lead, inputs)


def _may_be_given(lead: Lead, inputs: Sequence[Input]) -> bool:
    if not all(isinstance(given, CALM) or _patient(given) for given in inputs):
        return True
    return any(_open(standing) for standing in _standings(lead, inputs))


def _patient(given: Input) -> bool:
    return isinstance(given, Timer) and given.kind in PATIENT


def _open(standing: Standing) -> bool:
    return standing.gate.passed or standing.gate.fast_track or standing.facts.referral is not None


def _standings(lead: Lead, inputs: Sequence[Input]) -> list[Standing]:
    found: list[Standing] = [given.data for given in inputs if isinstance(given, SCORES)]
    return [lead.standing, *found] if lead.standing else found


def _facts(lead: Lead, inputs: Sequence[Input]) -> list[RouteFacts]:
    return [lead.facts, *(given.data.facts for given in inputs if isinstance(given, SCORES))]


def _concerned(lead: Lead, inputs: Sequence[Input]) -> set[str]:
    """Who has it, had it, or spoke about it."""
    said = {getattr(given.data, "by", None) for given in inputs if not isinstance(given, Timer)}
    people = {lead.owner, lead.exit.owner if lead.exit else None, *(offer.rep for offer in lead.offers), *said}
    return {rep for rep in people if rep}


def _direct(known: Sequence[RouteFacts], companies: Mapping[str, Company], terms: Terms) -> set[str]:
    """Who may get it without a pool: the company's owner, a named account's, a partner's."""
    found = {terms.routing.referral.partner_manager}
    for facts in known:
        company = companies.get(facts.domain or "")
        named = terms.teams.named_by_domain.get(facts.domain or "")
        partner = next((partner for partner in terms.teams.partners if partner.id == facts.referral), None)
        people = (company and company.owner, named and named.owner, partner and partner.owner)
        found |= {rep for rep in people if rep}
    return found


def _with_overflow(pools: set[str], teams: Teams) -> set[str]:
    found, more = set[str](), set(pools)
    while more:
        found |= more
        more = {o for pool in more if (o := teams.pool_by_id[pool].overflow) is not None} - found
    return found
