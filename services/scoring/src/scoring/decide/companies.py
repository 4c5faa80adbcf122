"""What comes in about a company, in the lane of its domain; and which companies a batch touches."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from agreement.readers.companies import company_key
from agreement.survivorship import OFFLINE, Claim, learn
from events import Cause
from events.campaigns import CompanyChanged
from events.leads import EngagementRecorded, LeadCaptured, LeadUpdated
from events.lookups import LookupFailed
from runtime.values import Input, Timer
from scoring.decide.recalculation import Recalculation
from scoring.decide.state import Company, copy_facts, utc_instant
from scoring.decide.working_set import COMPANY, WorkingSet


def change_company(work: WorkingSet, event: CompanyChanged) -> None:
    """Its leads live in other lanes: a timer due now asks each to look again. Facts known already plan none."""
    data, at = event.data, utc_instant(event.time)
    domain = company_key(data.domain)
    known = work.company(domain)
    company = Company(domain, copy_facts(known.facts), known.name) if known else Company(domain)
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


ANSWER: Final = "answer"
"""Kind of timers: a provider was asked about a company; in the lane of its domain."""


def hear_answer(work: WorkingSet, timer: Timer) -> None:
    """A provider was asked about the company: who waits hears of it, also that nothing is known (`lookup.failed`)."""
    payload, at = timer.payload, datetime.fromisoformat(timer.payload["time"])
    known = work.company(timer.subject)
    company = Company(timer.subject, copy_facts(known.facts), known.name) if known else Company(timer.subject)
    for name, value in payload["facts"].items():
        learn(company.facts.setdefault(name, {}), Claim(value, OFFLINE, at))
    news = {"event": None, "correlation": None, "time": payload["time"], "mode": "live", "answered": True}
    work.timers += [Timer(person, COMPANY, person, work.now, news) for person in work.change_company(company)]
    if reason := payload.get("failed"):
        data = LookupFailed.Data(provider=timer.key, reason=reason)
        work.facts.append(LookupFailed.fact(timer.subject, data, time=at))


def look_again(work: WorkingSet, timer: Timer) -> None:
    """The timer `company` rang: the company of this lead has changed."""
    lead, payload = work.lead(timer.subject), timer.payload
    if lead.removed or lead.as_of is None:
        return
    cause = Cause(payload["event"], payload["correlation"], payload["mode"])
    work.refresh_profile(lead, moved=False)
    if lead.wait is not None and payload.get("answered") and len(work.terms.providers) == 1:
        work.stop_waiting(lead)
        return
    work.announce(lead, Recalculation("facts", cause), datetime.fromisoformat(payload["time"]))


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """What a batch will ask for, as far as its inputs tell."""

    known: frozenset[str]
    """Leads whose facts, and whose company, are looked at."""
    joined: frozenset[str]
    """Domains of companies that somebody may join in this batch."""
    changed: frozenset[str]
    """Domains of companies that change in this batch."""


def plan_load(inputs: Iterable[Input], hand_raises: Collection[str]) -> LoadPlan:
    """More than needed does no harm; what is not in here is loaded once it is missed.

    `hand_raises`: kinds of engagements that qualify whoever is not disqualified, so that the facts are told.
    """
    known, joined, changed = set[str](), set[str](), set[str]()
    for one in inputs:
        if isinstance(one, EngagementRecorded):
            if one.data.kind in hand_raises:
                known.add(one.subject)
        elif isinstance(one, LeadCaptured | LeadUpdated):
            known.add(one.subject)
            joined |= _claimed(one)
        elif isinstance(one, CompanyChanged):
            changed.add(company_key(one.data.domain))
        elif isinstance(one, Timer) and one.kind == COMPANY:
            known.add(one.subject)
        elif isinstance(one, Timer) and one.kind == ANSWER:
            changed.add(one.subject)
    return LoadPlan(frozenset(known), frozenset(joined), frozenset(changed))


def _claimed(event: LeadCaptured | LeadUpdated) -> set[str]:
    """Domains that the event names."""
    facts = event.data.facts
    texts = [fact.value for fact in facts if fact.name in ("email", "domain") and isinstance(fact.value, str)]
    if isinstance(event, LeadCaptured):
        texts.append(event.data.email)
    return {company_key(text) for text in texts}
