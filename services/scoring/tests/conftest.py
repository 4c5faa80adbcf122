"""Scoring without a database, and events as ingest emits them. Times are days (or a timedelta) after noon of day 0."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from types import MappingProxyType

import msgspec
import pytest

from agreement import Agreement
from events import Event, Fact, Mode
from events.campaigns import CompanyChanged
from events.leads import Campaign, EngagementRecorded, KnownFact, LeadCaptured, LeadErased, LeadMerged, LeadUpdated
from events.scores import LeadQualified, LeadScored, Standing, standing_after
from runtime.service import Service
from runtime.values import Input, Timer
from scoring.decide import Outcome, State, Terms, decide, decide_rest, past
from scoring.decide.companies import plan_load
from scoring.decide.state import Company, Facts, Lead, LeadEngagement, LedgerLine, OldLead, PastBlock
from scoring.decide.working_set import WorkingSet
from scoring.service import SERVICE
from testing.events import NOON, EventBuilder, of_type
from testing.service import shipped_agreement

Days = float | timedelta


@dataclass(slots=True)
class LeadEvents:
    """What ingest emits of leads and companies; each event has the next place in its stream."""

    builder: EventBuilder = field(default_factory=lambda: EventBuilder("ann"))
    messages: "count[int]" = field(default_factory=count)

    def at(self, days: Days) -> datetime:
        return self.builder.start + (days if isinstance(days, timedelta) else timedelta(days=days))

    def captured(
        self,
        lead: str = "ann",
        days: Days = 0,
        email: str = "ann@unknown-company.example",
        claims: Mapping[str, object] = MappingProxyType({}),
        **facts: object,
    ) -> LeadCaptured:
        known = self.known("form", days, {**claims, **facts})
        return self.builder.make(
            LeadCaptured, subject=lead, at=self.at(days), email=email, facts=known, channel="form:demo"
        )

    def updated(
        self,
        lead: str = "ann",
        days: Days = 0,
        source: str = "form",
        merged: bool = False,
        claims: Mapping[str, object] = MappingProxyType({}),
        **facts: object,
    ) -> LeadUpdated:
        known = self.known(source, days, {**claims, **facts})
        return self.builder.make(LeadUpdated, subject=lead, at=self.at(days), facts=known, merged=merged)

    def engaged(
        self,
        kind: str,
        days: Days = 0,
        *,
        lead: str = "ann",
        mode: Mode = "live",
        referral: Campaign | None = None,
        also: Mapping[str, object] = MappingProxyType({}),
        **data: object,
    ) -> EngagementRecorded:
        fixed = {"name": kind or "?", "message_id": f"m{next(self.messages)}", "channel": "segment"}
        values: dict[str, object] = {**fixed, **also, **data}
        return self.builder.make(
            EngagementRecorded,
            subject=lead,
            at=self.at(days),
            mode=mode,
            kind=kind,
            campaign=referral,
            recorded=None,
            cause=None,
            seq=None,
            **values,
        )

    def merged(self, lead: str = "ann", days: Days = 0, into: str = "bob") -> LeadMerged:
        return self.builder.make(LeadMerged, subject=lead, at=self.at(days), into=into, reason="alias")

    def erased(self, lead: str = "ann", days: Days = 0) -> LeadErased:
        return self.builder.make(LeadErased, subject=lead, at=self.at(days))

    def company(self, domain: str, days: Days = 0, **facts: object) -> CompanyChanged:
        return self.builder.make(CompanyChanged, subject=domain, at=self.at(days), domain=domain, facts=facts)

    def known(self, source: str, days: Days, facts: Mapping[str, object]) -> tuple[KnownFact, ...]:
        """Facts of one source, as of that day."""
        return tuple(
            KnownFact(name=name, value=value, source=source, at=self.at(days)) for name, value in facts.items()
        )


@dataclass(slots=True)
class Scorer:
    """Gives decide what it kept before, as the store would, keeps what it changed, and collects the facts."""

    terms: Terms
    stored: dict[str, bytes | OldLead] = field(default_factory=dict)
    persons: dict[str, Facts] = field(default_factory=dict)
    blocks: dict[str, dict[int, bytes]] = field(default_factory=dict)
    companies: dict[str, Company] = field(default_factory=dict)
    timers: dict[tuple[str, str], Timer] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)
    missed: int = 0
    """How often something was missing that the inputs had not asked for."""

    @property
    def leads(self) -> dict[str, Lead]:
        """The hot states."""
        return {id: decoded(one) for id, one in self.stored.items() if isinstance(one, bytes)}

    def read(self, *inputs: Input, now: datetime | None = None) -> list[Fact]:
        """All inputs as one batch; returns the facts that follow. `now` is the last event's time unless given."""
        at = now or max(one.time for one in inputs if isinstance(one, Event))
        state = self.state(inputs)
        outcome = decide(state, inputs, self.terms, now=at)
        for attempt in count():
            if not outcome.missing:
                break
            assert attempt < 4, "what is missing is asked for at once"
            self.missed += 1
            state = self.loaded(state, outcome.missing, outcome.domains)
            outcome = decide_rest(outcome, state, inputs, self.terms, now=at)
        return self._keep(outcome)

    def read_one_by_one(self, events: Iterable[Event], now: datetime | None = None) -> list[Fact]:
        return [fact for event in events for fact in self.read(event, now=now)]

    def advance(self, to: datetime) -> list[Fact]:
        """From due timer to due timer, as the laboratory does."""
        facts: list[Fact] = []
        while due := sorted((t.due_at, key) for key, t in self.timers.items() if t.due_at and t.due_at <= to):
            instant, key = due[0]
            facts += self.read(self.timers.pop(key), now=instant)
        return facts

    def points(self, lead: str = "ann", model: str = "default") -> int:
        """The balance of the ledger, which its lines must sum to."""
        ledger = self.leads[lead].tally.ledgers.get(model)
        balance = ledger.balance if ledger else 0
        assert sum(line.points for line in self.lines(lead, model)) == balance
        return balance

    def lines(self, lead: str = "ann", model: str = "default") -> list[LedgerLine]:
        """The whole ledger of a model."""
        blocks = [msgspec.msgpack.decode(body, type=PastBlock) for _, body in sorted(self.blocks.get(lead, {}).items())]
        return [line for name, line in past.ledger_lines(self.leads[lead], blocks, self.terms) if name == model]

    def engagements(self, lead: str = "ann") -> list[LeadEngagement]:
        """All that is remembered of the lead, in order of occurrence."""
        return past.read(self.work(lead), self.leads[lead]).engagements()

    def work(self, *leads: str) -> WorkingSet:
        """A working set with all that is known of these leads."""
        return WorkingSet(self.loaded(self.state(), leads), self.terms, NOON)

    def standing(self, lead: str = "ann") -> Standing:
        """As whoever reads all facts knows it."""
        standing: Standing | None = None
        for data in (fact.data for fact in self.facts if fact.subject == lead):
            if isinstance(data, LeadScored.Data | LeadQualified.Data):
                standing = standing_after(standing, data)
        assert standing is not None
        return standing

    def scored(self, lead: str = "ann") -> LeadScored.Data:
        """As announced last."""
        return of_type([fact for fact in self.facts if fact.subject == lead], LeadScored.Data)[-1]

    def state(self, inputs: Sequence[Input] = ()) -> State:
        """What the store loads at first."""
        plan = plan_load(inputs, self.terms.hand_raises)
        domains = [lead.domain for id, lead in self.leads.items() if id in plan.known]
        people = {name: [id for id, lead in self.leads.items() if lead.domain == name] for name in plan.changed}
        return State(
            self.stored,
            {id: self.persons.get(id, {}) for id in plan.known},
            {},
            {name: self.companies.get(name) for name in [*domains, *plan.joined, *plan.changed] if name},
            people,
        )

    def loaded(self, state: State, missing: Iterable[str], domains: Iterable[str] = ()) -> State:
        """The same with what is missing of these leads, and the companies of these domains."""
        facts = {**state.facts, **{id: self.persons.get(id, {}) for id in missing}}
        known = [one.lead if isinstance(one, OldLead) else decoded(one) for one in self.stored.values()]
        wanted = {lead.domain for lead in known if lead.domain and lead.id in set(missing)} | set(domains)
        companies = {**{name: self.companies.get(name) for name in wanted}, **state.companies}
        blocks = {**state.blocks, **{id: self.blocks.get(id, {}) for id in missing}}
        return replace(state, facts=facts, blocks=blocks, companies=companies)

    def copy(self) -> "Scorer":
        return replace(
            self,
            stored=dict(self.stored),
            persons=dict(self.persons),
            blocks={id: dict(some) for id, some in self.blocks.items()},
            companies=dict(self.companies),
            timers=dict(self.timers),
            facts=list(self.facts),
        )

    def _keep(self, outcome: Outcome) -> list[Fact]:
        for id in outcome.forgotten:
            self.persons.pop(id, None)
            self.blocks.pop(id, None)
        self.stored |= {id: msgspec.msgpack.encode(lead) for id, lead in outcome.leads.items()}
        self.persons |= outcome.persons
        for id, some in outcome.blocks.items():
            self.blocks.setdefault(id, {}).update(some)
        self.companies |= outcome.companies
        for domain, name in outcome.names.items():
            company = self.companies.get(domain) or Company(domain)
            if company.name is None:
                self.companies[domain] = replace(company, name=name)
        for timer in outcome.timers:
            if timer.due_at is None:
                self.timers.pop((timer.subject, timer.kind), None)
            else:
                self.timers[timer.subject, timer.kind] = timer
        self.facts += outcome.facts
        return outcome.facts


def decoded(stored: bytes) -> Lead:
    return msgspec.msgpack.decode(stored, type=Lead)


@cache
def shipped_terms() -> Terms:
    """For strategies and laws, which cannot ask for fixtures."""
    return Terms.of(shipped_agreement())


@pytest.fixture(scope="session")
def service() -> Service:
    return SERVICE


@pytest.fixture(scope="session")
def terms() -> Terms:
    return shipped_terms()


@pytest.fixture
def events() -> LeadEvents:
    return LeadEvents()


@pytest.fixture
def scorer(terms: Terms) -> Scorer:
    return Scorer(terms)


@pytest.fixture
def changed_terms(agreement: Agreement) -> Callable[..., Terms]:
    """Terms of the shipped agreement with another chapter `scoring`."""

    def change(**scoring: object) -> Terms:
        chapter = agreement.scoring.model_copy(update=scoring)
        return Terms.of(agreement.model_copy(update={"scoring": chapter}))

    return change
