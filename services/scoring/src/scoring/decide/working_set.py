"""The working set of one batch: leads and companies as folded so far, the facts to emit and the timers to plan."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final

import msgspec

from agreement.survivorship import Claim, learn
from events import Cause, Event, Fact, Mode
from events.leads import KnownFact
from events.scores import ScoreReason
from runtime.values import Timer
from scoring.decide import ledger, past
from scoring.decide.announcements import announce
from scoring.decide.profile import build_profile, company_domain, company_name
from scoring.decide.recalculation import NO_LINES, News, Recalculation
from scoring.decide.standing import summarise_profile
from scoring.decide.state import (
    Ask,
    Company,
    Facts,
    Lead,
    LedgerLine,
    OldLead,
    ProfileSums,
    ShownFacts,
    State,
    copy_facts,
    utc_instant,
)
from scoring.decide.terms import Terms
from scoring.decide.waits import admit, end_wait

DECAY: Final = "decay"
COMPANY: Final = "company"
"""Kinds of timers: time passes for a lead; a lead's company has changed (planned by the company's lane)."""
_LEAD: Final = msgspec.msgpack.Decoder(Lead)


class Missing(Exception):
    """Something of a lead is needed that has not been loaded: its facts or past, or the company of a domain."""

    def __init__(self, domain: str | None = None, *, past: bool = False) -> None:
        super().__init__(domain or ("past" if past else "facts"))
        self.domain = domain
        self.past = past


class WorkingSet:
    """Starts from what was loaded, which it leaves as it is: a lead is decoded when it is first asked for."""

    def __init__(
        self, state: State, terms: Terms, now: datetime, names: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """`names`: of companies, found before in the same batch."""
        self.terms = terms
        self.now = now
        self.leads: dict[str, Lead] = {}
        self.persons: dict[str, Facts] = {}
        """Facts that changed, by lead."""
        self.blocks: dict[str, dict[int, bytes]] = {}
        """Blocks that are new or changed, by lead and number."""
        self.forgotten: set[str] = set()
        """Leads of whom nothing is to be kept but what is put here."""
        self.companies: dict[str, Company] = {}
        self.names: dict[str, str] = dict(names)
        """How the first of their people called companies that had no name: by domain."""
        self.facts: list[Fact] = []
        self.timers: list[Timer] = []
        self.asks: dict[tuple[str, str], Ask] = {}
        """What providers are to be asked, by provider and domain."""
        self._state = state
        self._summaries: dict[str, ShownFacts] = {}
        self._people = {domain: set(people) for domain, people in state.people.items()}

    def begin(self) -> None:
        """The next input: what facts gave before is not to be asked again, for it may have changed."""
        self._summaries.clear()

    def lead(self, id: str) -> Lead:
        """The lead as folded so far, its tally under the terms in force; a new one when nothing is known.

        Raises Missing.
        """
        lead = self.leads.get(id)
        if lead is None:
            known = self._state.leads.get(id)
            if known is None:
                lead = Lead(id, terms=self.terms.version)
            elif isinstance(known, OldLead):
                lead = past.convert(self, known)
            else:
                lead = _LEAD.decode(known)
                lead.shown = None
                if not lead.removed and (lead.terms != self.terms.version or (lead.blocks and lead.lines is None)):
                    past.restate(self, lead)
            self.leads[id] = lead
        return lead

    def revived(self, id: str) -> Lead:
        """The same, but a new one also when the lead was erased."""
        lead = self.lead(id)
        if lead.removed == "erased":
            lead = self.leads[id] = Lead(id, terms=self.terms.version)
            self.forgotten.add(id)
        return lead

    def put_tombstone(self, tombstone: Lead) -> None:
        """Puts the tombstone in the place of its lead, of whom nothing else is kept."""
        id = tombstone.id
        self.leads[id] = tombstone
        self.forgotten.add(id)
        self.persons.pop(id, None)
        self.blocks.pop(id, None)
        self._leave(id)

    def let_go(self, id: str) -> None:
        """Drops all that was folded of a lead in this batch."""
        self.leads.pop(id, None)
        self.persons.pop(id, None)
        self.blocks.pop(id, None)
        self.forgotten.discard(id)

    def block(self, lead: Lead, number: int) -> bytes:
        """A block of the lead's past, as put in this batch or as loaded. Raises Missing."""
        body = self.blocks.get(lead.id, {}).get(number)
        if body is None and lead.id not in self.forgotten:
            body = self._state.blocks.get(lead.id, {}).get(number)
        if body is None:
            raise Missing(past=True)
        return body

    def put_block(self, lead: Lead, number: int, body: bytes) -> None:
        """Keeps a new or changed block of the lead's past; one that is as it was loaded is no change."""
        if self._state.blocks.get(lead.id, {}).get(number) != body or lead.id in self.forgotten:
            self.blocks.setdefault(lead.id, {})[number] = body

    def learn(self, lead: Lead, known: Iterable[KnownFact]) -> bool:
        """Adds claims to what is known of the person; whether any was new. Raises Missing."""
        facts = self._facts(lead)
        claims = [Claim(one.value, one.source, utc_instant(one.at)) for one in known]
        changed = [learn(facts.setdefault(one.name, {}), claim) for one, claim in zip(known, claims, strict=True)]
        if any(changed):
            self.persons[lead.id] = facts
        return any(changed)

    def company(self, domain: str) -> Company | None:
        """The company of a domain as folded so far; None when nothing is known of it. Raises Missing."""
        if (company := self.companies.get(domain)) is not None:
            return company
        if domain not in self._state.companies:
            raise Missing(domain)
        return self._state.companies[domain]

    def change_company(self, company: Company) -> list[str]:
        """Puts the company in the place of the known one; returns the ids of its people, in order."""
        self.companies[company.domain] = company
        return sorted(self._people.get(company.domain, ()))

    def refresh_profile(self, lead: Lead, *, moved: bool = True) -> None:
        """To be called when the lead's facts, origin or company changed: its profile is drawn when next needed.

        `moved`: its facts may say another company. Raises Missing.
        """
        self._summaries.pop(lead.id, None)
        lead.profile = None
        domain = self._company_of(lead) if moved else lead.domain
        if domain == lead.domain:
            return
        self._leave(lead.id)
        lead.domain = domain
        if domain in self._people:
            self._people[domain].add(lead.id)

    def _company_of(self, lead: Lead) -> str | None:
        """The domain of the lead's company; none where its name contradicts the one by which the domain is known.

        A record of the company (the accounts file, `company.changed`) vouches for its domain. Raises Missing.
        """
        facts = self._facts(lead)
        lead.contradicts = False
        domain, name = company_domain(facts, self.terms), company_name(facts, self.terms)
        if domain is None or name is None or domain in self.terms.accounts:
            return domain
        company = self.company(domain)
        if company is not None and "company" in company.facts:
            return domain
        known = self.names.get(domain, company.name if company is not None else None)
        if known is None:
            self.names[domain] = name
            return domain
        lead.contradicts = self.terms.enricher.companies.contradict(known, name, domain)
        return None if lead.contradicts else domain

    def sums(self, lead: Lead) -> ProfileSums:
        """What the figures need of the lead's facts. Raises Missing."""
        if lead.profile is None:
            facts = self._facts(lead)  # first: its company is loaded with them, and nobody joins it by that
            company = self.company(lead.domain) if lead.domain else None
            profile = build_profile(lead, facts, company, self.terms)
            lead.profile, self._summaries[lead.id] = summarise_profile(lead, profile, self.terms)
        return lead.profile

    def shown_facts(self, lead: Lead) -> ShownFacts:
        """What a whole standing shows of the lead's facts. Raises Missing."""
        if (drawn := self._summaries.get(lead.id)) is not None:
            return drawn
        lead.profile = None
        self.sums(lead)
        return self._summaries[lead.id]

    def announce_event(
        self,
        lead: Lead,
        event: Event,
        reason: ScoreReason,
        *,
        merged: bool = False,
        kind: str | None = None,
        hand_raised: bool = False,
        added: Mapping[str, Sequence[LedgerLine]] = NO_LINES,
        taken: Mapping[str, Sequence[LedgerLine]] = NO_LINES,
        refolded: bool = False,
        news: News | None = None,
    ) -> None:
        """Facts that follow from an event; `merged`: ingest emitted it again, for the winner of a merge."""
        cause = Cause(event.id, event.correlationid or event.id, self._mode(event, merged))
        why = Recalculation(reason, cause, kind, hand_raised, added, taken, refolded, news)
        self.announce(lead, why, event.time)

    def announce(self, lead: Lead, why: Recalculation, time: datetime) -> None:
        """Facts that follow from the lead's standing, dated `time` or, if that is later, the lead's `as_of`."""
        assert lead.as_of is not None  # noqa: S101  (nobody is announced before their first event)
        admitted = why if lead.announced is not None else admit(self, lead, why, time)
        if admitted is not None:
            self.facts += announce(self, lead, admitted, max(time, lead.as_of))
        self.plan(lead)

    def stop_waiting(self, lead: Lead) -> None:
        """Announces a lead whose time for enrichment is over, with what it waited with. Raises Missing."""
        if lead.wait is not None and lead.as_of is not None:
            self.facts += announce(self, lead, end_wait(lead, lead.wait, self.terms), lead.as_of)
            self.plan(lead)

    def plan(self, lead: Lead) -> None:
        """A timer that rings early is cheaper than one moved by every engagement: it is only ever moved forward."""
        at = next_change(lead, self.terms)
        if at is not None and (lead.wakes_at is None or at < lead.wakes_at):
            lead.wakes_at = at
            self.timers.append(Timer(lead.id, DECAY, lead.id, at))

    def _facts(self, lead: Lead) -> Facts:
        """Facts of the person, to be changed by `learn` only. Raises Missing."""
        if (facts := self.persons.get(lead.id)) is not None:
            return facts
        if lead.id in self.forgotten or lead.id not in self._state.leads:
            return {}
        if lead.id not in self._state.facts:
            raise Missing
        return copy_facts(self._state.facts[lead.id])

    def _mode(self, event: Event, merged: bool) -> Mode:
        """What is emitted again after a merge pages nobody if it is old; a hand raised today still wants an answer."""
        old = merged and event.recordedtime - event.time > self.terms.historical_after
        return "historical" if old else event.mode

    def _leave(self, id: str) -> None:
        for people in self._people.values():
            people.discard(id)


def next_change(lead: Lead, terms: Terms) -> datetime | None:
    """When time alone next changes something: a decay step, or the closing of the gate."""
    decay, closing = ledger.next_decay(lead.tally, terms), lead.closes_at
    if decay is None or closing is None:
        return decay or closing
    return min(decay, closing)
