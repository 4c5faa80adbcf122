"""The working set of one batch: leads and companies as folded so far, the facts to emit and the timers to plan."""

from datetime import datetime
from typing import Final

from events import Cause, Event, Fact, Mode
from runtime.values import Timer
from scoring.decide import ledger
from scoring.decide.announcements import Recalculation, announce
from scoring.decide.profile import Profile, build_profile, company_domain
from scoring.decide.standing import Reason
from scoring.decide.state import Company, Lead, State
from scoring.decide.terms import Terms

DECAY: Final = "decay"
COMPANY: Final = "company"
"""Kinds of timers: time passes for a lead; a lead's company has changed (planned by the company's lane)."""


class WorkingSet:
    """Starts from what was loaded, which it leaves as it is: a lead is copied when it is first asked for."""

    def __init__(self, state: State, terms: Terms, now: datetime) -> None:
        self.terms = terms
        self.now = now
        self.leads: dict[str, Lead] = {}
        self.companies: dict[str, Company] = {}
        self.facts: list[Fact] = []
        self.timers: list[Timer] = []
        self._state = state
        self._profiles: dict[str, Profile] = {}
        self._people = {domain: set(people) for domain, people in state.people.items()}

    def lead(self, id: str) -> Lead:
        """The lead as folded so far, its ledgers under the terms in force; a new one when nothing is known."""
        lead = self.leads.get(id)
        if lead is None:
            known = self._state.leads.get(id)
            lead = self.leads[id] = known.copy() if known else Lead(id)
            if not lead.removed and lead.terms != self.terms.version:
                ledger.refold(lead, self.terms)
        return lead

    def revived(self, id: str) -> Lead:
        """The same, but a new one also when the lead was erased."""
        lead = self.lead(id)
        if lead.removed == "erased":
            lead = self.leads[id] = Lead(id)
            ledger.refold(lead, self.terms)
        return lead

    def put_tombstone(self, tombstone: Lead) -> None:
        """Puts the tombstone in the place of its lead."""
        self.leads[tombstone.id] = tombstone
        self._profiles.pop(tombstone.id, None)
        self._leave(tombstone.id)

    def company(self, domain: str) -> Company | None:
        """The company of a domain as folded so far; None when nothing is known of it."""
        return self.companies.get(domain) or self._state.companies.get(domain)

    def change_company(self, company: Company) -> list[str]:
        """Puts the company in the place of the known one; returns the ids of its people, in order."""
        self.companies[company.domain] = company
        people = sorted(self._people.get(company.domain, ()))
        for person in people:
            self._profiles.pop(person, None)
        return people

    def refresh_profile(self, lead: Lead) -> None:
        """To be called when the lead's facts changed: finds its company anew; its profile is built when next needed."""
        self._profiles.pop(lead.id, None)
        domain = company_domain(lead.facts, self.terms)
        if domain == lead.domain:
            return
        self._leave(lead.id)
        lead.domain = domain
        if domain in self._people:
            self._people[domain].add(lead.id)

    def announce_event(
        self,
        lead: Lead,
        event: Event,
        reason: Reason,
        *,
        merged: bool = False,
        kind: str | None = None,
        hand_raised: bool = False,
        ledger_changed: bool = False,
    ) -> None:
        """Facts that follow from an event; `merged`: ingest emitted it again, for the winner of a merge."""
        cause = Cause(event.id, event.correlationid or event.id, self._mode(event, merged))
        self.announce(lead, Recalculation(reason, cause, kind, hand_raised, ledger_changed), event.time)

    def announce(self, lead: Lead, why: Recalculation, time: datetime) -> None:
        """Facts that follow from the lead's standing, dated `time` or, if that is later, the lead's `as_of`."""
        profile = self._profiles.get(lead.id)
        if profile is None:
            company = self.company(lead.domain) if lead.domain else None
            profile = self._profiles[lead.id] = build_profile(lead, company, self.terms)
        assert lead.as_of is not None  # noqa: S101  (nobody is announced before their first event)
        self.facts += announce(lead, profile, why, max(time, lead.as_of), self.terms)
        self.plan(lead)

    def plan(self, lead: Lead) -> None:
        """A timer that rings early is cheaper than one moved by every engagement: it is only ever moved forward."""
        at = next_change(lead, self.terms)
        if at is not None and (lead.wakes_at is None or at < lead.wakes_at):
            lead.wakes_at = at
            self.timers.append(Timer(lead.id, DECAY, lead.id, at))

    def _mode(self, event: Event, merged: bool) -> Mode:
        """What is emitted again after a merge pages nobody if it is old; a hand raised today still wants an answer."""
        old = merged and event.recordedtime - event.time > self.terms.historical_after
        return "historical" if old else event.mode

    def _leave(self, id: str) -> None:
        for people in self._people.values():
            people.discard(id)


def next_change(lead: Lead, terms: Terms) -> datetime | None:
    """When time alone next changes something: a decay step, or the closing of the gate."""
    decay, closing = ledger.next_decay(lead, terms), lead.closes_at
    if decay is None or closing is None:
        return decay or closing
    return min(decay, closing)
