"""Enrichment runs first (domain, section 4): somebody new is announced when it has come, or has had its time."""

from datetime import datetime
from typing import Final, Protocol

import msgspec

from agreement.enrichment import EnrichmentProvider
from events import Cause
from events.scores import ScoreReason
from runtime.values import Timer
from scoring.decide.past import newest_lines
from scoring.decide.recalculation import NO_LINES, Recalculation
from scoring.decide.state import Ask, EnrichmentWait, Lead, LedgerLine, ShownFacts
from scoring.decide.terms import Terms

ENRICHMENT: Final = "enrichment"
"""Kind of timers: a lead has waited for enrichment as long as it may."""
ROUTING_FACTS: Final = ("employees", "country")
"""What decides the pool: its size band and its region."""


class WaitingRoom(Protocol):
    """What waiting asks of the working set of a batch."""

    terms: Terms
    now: datetime
    timers: list[Timer]
    asks: dict[tuple[str, str], Ask]

    def shown_facts(self, lead: Lead) -> ShownFacts:
        """What a whole standing shows of the lead's facts. Raises Missing."""
        ...


def admit(work: WaitingRoom, lead: Lead, why: Recalculation, time: datetime) -> Recalculation | None:
    """Why a lead that was never announced is announced now; None while it waits for enrichment.

    History does not wait; others do at most the agreed time, a shorter one from a
    raised hand on. Raises Missing.
    """
    if lead.wait is None and (why.cause.historical or not work.terms.providers):
        return why
    wait = _longer(lead.wait, why, time, work.terms)
    over = lead.wait is not None and lead.wait.until <= time
    providers = [] if over else _open_providers(work, lead)
    if not providers:
        return _release(lead, why, work.terms)
    if lead.domain is not None and (lead.wait is None or lead.wait.domain != lead.domain):
        for one in providers:
            if one.kind == "http":
                work.asks[one.name, lead.domain] = Ask(one.name, lead.domain, work.now, wait.until)
    if lead.wait is None or lead.wait.until != wait.until:
        work.timers.append(Timer(lead.id, ENRICHMENT, lead.id, wait.until))
    lead.wait = msgspec.structs.replace(wait, domain=lead.domain)
    return None


def end_wait(lead: Lead, wait: EnrichmentWait, terms: Terms) -> Recalculation:
    """The lead waits no more: the reason to announce it is what it waited with, with all lines of its ledger."""
    lead.wait = None
    cause = Cause(wait.event, wait.correlation, wait.mode)
    reason: ScoreReason = "engagement" if wait.kind else "facts"
    return Recalculation(reason, cause, wait.kind, wait.hand_raised, added=_all_lines(lead, terms))


def _release(lead: Lead, why: Recalculation, terms: Terms) -> Recalculation:
    """With this event it waits no more; a hand that was raised meanwhile is what it is announced with."""
    wait = lead.wait
    if wait is None:
        return why
    if wait.hand_raised and not why.hand_raised:
        return end_wait(lead, wait, terms)
    lead.wait = None
    return msgspec.structs.replace(why, added=_all_lines(lead, terms), taken=NO_LINES)


def _all_lines(lead: Lead, terms: Terms) -> dict[str, list[LedgerLine]]:
    return {model.name: list(reversed(newest_lines(lead, model.name, terms))) for model in terms.models}


def _longer(wait: EnrichmentWait | None, why: Recalculation, time: datetime, terms: Terms) -> EnrichmentWait:
    """Waiting with this event too: until when at most, and what it is to be announced with."""
    until = time + (terms.hand_raise_limit if why.hand_raised else terms.enrichment_limit)
    if wait is not None:
        until = min(until, wait.until)
        if wait.hand_raised or not (why.hand_raised or (why.kind and not wait.kind)):
            return EnrichmentWait(until, wait.event, wait.correlation, wait.mode, wait.kind, wait.hand_raised)
    return EnrichmentWait(until, why.cause.id, why.cause.correlation, why.cause.mode, why.kind, why.hand_raised)


def _open_providers(work: WaitingRoom, lead: Lead) -> list[EnrichmentProvider]:
    """Those that may still tell a routing fact that is unknown; over HTTP only where the company's domain is known."""
    facts = work.shown_facts(lead).facts
    missing = {name for name in ROUTING_FACTS if getattr(facts, name) is None}
    return [
        provider
        for provider in work.terms.providers
        if not missing.isdisjoint(provider.facts) and (provider.kind == "push" or lead.domain is not None)
    ]
