"""What comes in about a company, in the lane of its domain; and which companies a batch touches."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from agreement.survivorship import Claim, learn
from events import Cause
from events.campaigns import CompanyChanged
from events.leads import LeadCaptured, LeadUpdated
from runtime.values import Input, Timer
from scoring.decide.announcements import Recalculation
from scoring.decide.profile import bare_domain
from scoring.decide.state import Company, Lead, copy_facts, texts_of, utc_instant
from scoring.decide.working_set import COMPANY, WorkingSet


def change_company(work: WorkingSet, event: CompanyChanged) -> None:
    """Its leads live in other lanes: a timer due now asks each to look again. Facts known already plan none."""
    data, at = event.data, utc_instant(event.time)
    domain = data.domain.casefold()
    known = work.company(domain)
    company = Company(domain, copy_facts(known.facts) if known else {})
    changed = [
        learn(company.facts.setdefault(name, {}), Claim(value, data.source, at)) for name, value in data.facts.items()
    ]
    if not any(changed):
        return
    cause = Cause.of(event)
    payload = {
        "event": cause.id,
        "correlation": cause.correlation,
        "time": event.time.isoformat(),
        "mode": cause.mode,
    }
    work.timers += [Timer(person, COMPANY, person, work.now, payload) for person in work.change_company(company)]


def look_again(work: WorkingSet, timer: Timer) -> None:
    """The timer `company` rang: the company of this lead has changed."""
    lead, payload = work.lead(timer.subject), timer.payload
    if lead.removed or lead.as_of is None:
        return
    cause = Cause(payload["event"], payload["correlation"], payload["mode"])
    work.announce(lead, Recalculation("facts", cause), datetime.fromisoformat(payload["time"]))


@dataclass(frozen=True, slots=True)
class CompaniesTouched:
    """Domains of the companies that a batch may ask for."""

    joined: frozenset[str]
    """Somebody may join them in this batch."""
    changed: frozenset[str]
    all: frozenset[str]
    """Both, and those at which the batch's leads are."""


def companies_touched(leads: Mapping[str, Lead], inputs: Iterable[Input]) -> CompaniesTouched:
    """`leads`: everybody the batch is about, by an event or by a timer. More domains than needed do no harm."""
    joined, changed = set[str](), set[str]()
    for one in inputs:
        if isinstance(one, LeadCaptured | LeadUpdated):
            joined |= _claimed(one) | _fallbacks(leads.get(one.subject))
        elif isinstance(one, CompanyChanged):
            changed.add(one.data.domain.casefold())
    at = {lead.domain for lead in leads.values() if lead.domain}
    return CompaniesTouched(frozenset(joined), frozenset(changed), frozenset(joined | changed | at))


def _claimed(event: LeadCaptured | LeadUpdated) -> set[str]:
    """Domains that the event names."""
    facts = event.data.facts
    texts = [fact.value for fact in facts if fact.name in ("email", "domain") and isinstance(fact.value, str)]
    if isinstance(event, LeadCaptured):
        texts.append(event.data.email)
    return {bare_domain(text) for text in texts}


def _fallbacks(lead: Lead | None) -> set[str]:
    """Domains that were named before: a withdrawn fact lets an older one count again."""
    if lead is None:
        return set()
    return {bare_domain(text) for name in ("email", "domain") for text in texts_of(name, lead.facts)}
