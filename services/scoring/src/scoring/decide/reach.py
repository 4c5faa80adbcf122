"""Which companies a batch may ask for: those of its leads, those its facts name, those that change."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from events import Event
from events.campaigns import CompanyChanged
from events.leads import LeadCaptured, LeadUpdated
from scoring.decide.facts import candidates
from scoring.decide.profile import bare_domain
from scoring.decide.state import Lead


@dataclass(frozen=True, slots=True)
class Reach:
    joined: frozenset[str]
    """Companies somebody may join in this batch."""
    changed: frozenset[str]
    domains: frozenset[str]
    """All of them, and those the leads are at."""


def reach(leads: Mapping[str, Lead], events: Iterable[Event]) -> Reach:
    joined = set[str]()
    changed = set[str]()
    for event in events:
        match event:
            case LeadCaptured() | LeadUpdated():
                joined |= _named(event) | _fallbacks(leads.get(event.subject))
            case CompanyChanged():
                changed.add(event.data.domain.casefold())
            case _:
                pass
    at = {lead.domain for lead in leads.values() if lead.domain}
    return Reach(frozenset(joined), frozenset(changed), frozenset(joined | changed | at))


def _named(event: LeadCaptured | LeadUpdated) -> set[str]:
    said = [fact.value for fact in event.data.facts if fact.name in ("email", "domain") and isinstance(fact.value, str)]
    if isinstance(event, LeadCaptured):
        said.append(event.data.email)
    return {bare_domain(text) for text in said}


def _fallbacks(lead: Lead | None) -> set[str]:
    """A withdrawn fact lets an older one count again."""
    if lead is None:
        return set()
    return {bare_domain(text) for name in ("email", "domain") for text in candidates(name, lead.facts)}
