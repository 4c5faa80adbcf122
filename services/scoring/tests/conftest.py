"""Events as ingest would say them, and a small house to tell them to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agreement import Agreement
from events import Body, Event, Fact
from events.campaigns import CompanyChanged
from events.leads import Campaign, EngagementRecorded, Known, LeadCaptured, LeadErased, LeadMerged, LeadUpdated
from events.scores import LeadScored
from events.topics import partition
from runtime.service import Service
from runtime.values import Timer
from scoring.decide import Outcome, Terms, World, compile_terms, decide
from scoring.decide.reach import reach
from scoring.decide.state import Company, Lead
from scoring.service import SERVICE

DAY0 = datetime(2026, 8, 5, 12, tzinfo=UTC)


class Said:
    """Makes events; each gets the next place in its stream. Times are days (or a timedelta) after noon of day 0."""

    day0 = DAY0

    def __init__(self) -> None:
        self._seq = 0

    @staticmethod
    def at(days: float | timedelta) -> datetime:
        return DAY0 + (days if isinstance(days, timedelta) else timedelta(days=days))

    def _event(self, kind: type[Event], subject: str, data: Body, days: float | timedelta, **envelope: Any) -> Any:
        self._seq += 1
        values = {
            "id": f"{kind.topic}/{partition(subject)}/{self._seq}",
            "source": "ingest",
            "subject": subject,
            "time": self.at(days),
            "recordedtime": self.at(days),
            "data": data,
        }
        return kind(**(values | envelope))

    def captured(
        self, lead: str = "ann", days: float = 0, email: str = "ann@unknown-company.example", **facts: Any
    ) -> LeadCaptured:
        known = [Known(name=name, value=value, source="form", at=self.at(days)) for name, value in facts.items()]
        data = LeadCaptured.Data(email=email, facts=tuple(known), channel="form:demo")
        found: LeadCaptured = self._event(LeadCaptured, lead, data, days)
        return found

    def updated(
        self, lead: str = "ann", days: float = 0, source: str = "form", merged: bool = False, **facts: Any
    ) -> LeadUpdated:
        known = [Known(name=name, value=value, source=source, at=self.at(days)) for name, value in facts.items()]
        data = LeadUpdated.Data(facts=tuple(known), merged=merged)
        found: LeadUpdated = self._event(LeadUpdated, lead, data, days)
        return found

    def did(
        self,
        kind: str,
        days: float | timedelta = 0,
        lead: str = "ann",
        mode: str = "live",
        referral: Campaign | None = None,
        **data: Any,
    ) -> EngagementRecorded:
        values = {"name": kind, "message_id": f"m{self._seq}", "channel": "segment"} | data
        body = EngagementRecorded.Data(kind=kind, campaign=referral, **values)
        found: EngagementRecorded = self._event(EngagementRecorded, lead, body, days, mode=mode)
        return found

    def merged(self, lead: str = "ann", into: str = "bob", days: float = 0) -> LeadMerged:
        found: LeadMerged = self._event(LeadMerged, lead, LeadMerged.Data(into=into, reason="alias"), days)
        return found

    def erased(self, lead: str = "ann", days: float = 0) -> LeadErased:
        found: LeadErased = self._event(LeadErased, lead, LeadErased.Data(), days)
        return found

    def company(self, domain: str, days: float = 0, **facts: Any) -> CompanyChanged:
        data = CompanyChanged.Data(domain=domain, facts=facts)
        found: CompanyChanged = self._event(CompanyChanged, domain, data, days)
        return found


@dataclass
class Desk:
    """Scoring without a database: hands decide what it kept, keeps what it changed, remembers what was said."""

    terms: Terms
    leads: dict[str, Lead] = field(default_factory=dict)
    companies: dict[str, Company] = field(default_factory=dict)
    timers: dict[tuple[str, str], Timer] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)

    def tell(self, *events: Event, now: datetime | None = None) -> list[Fact]:
        """All events as one batch; returns what was said of them."""
        return self._keep(decide(self.world(events), events, self.terms, now or max(event.time for event in events)))

    def tell_one_by_one(self, events: Sequence[Event], now: datetime | None = None) -> list[Fact]:
        return [fact for event in events for fact in self.tell(event, now=now)]

    def advance(self, to: datetime) -> list[Fact]:
        """From due timer to due timer, as the laboratory does."""
        said: list[Fact] = []
        while due := sorted((t.due_at, key) for key, t in self.timers.items() if t.due_at and t.due_at <= to):
            instant, key = due[0]
            said += self._keep(decide(self.world(), [self.timers.pop(key)], self.terms, instant))
        return said

    def points(self, lead: str = "ann") -> int:
        """The balance of the ledger, which its lines must sum to."""
        ledger = self.leads[lead].ledgers["default"]
        if self.leads[lead].sealed is None:
            assert sum(line.points for line in ledger.lines) == ledger.head.balance
        return ledger.head.balance

    def standing(self, lead: str = "ann") -> LeadScored.Data:
        """As last said."""
        return [fact.data for fact in self.facts if fact.subject == lead and isinstance(fact.data, LeadScored.Data)][-1]

    def world(self, events: Sequence[Event] = ()) -> World:
        changed = reach(self.leads, events).changed
        people = {name: [id for id, lead in self.leads.items() if lead.domain == name] for name in changed}
        return World(self.leads, self.companies, people)

    def _keep(self, outcome: Outcome) -> list[Fact]:
        self.leads |= outcome.leads
        self.companies |= outcome.companies
        for timer in outcome.timers:
            if timer.due_at is None:
                self.timers.pop((timer.subject, timer.kind), None)
            else:
                self.timers[timer.subject, timer.kind] = timer
        self.facts += outcome.facts
        return outcome.facts


@pytest.fixture(scope="session")
def service() -> Service:
    return SERVICE


@pytest.fixture(scope="session")
def terms(agreement: Agreement) -> Terms:
    return compile_terms(agreement)


@pytest.fixture
def said() -> Said:
    return Said()


@pytest.fixture
def desk(terms: Terms) -> Desk:
    return Desk(terms)


@pytest.fixture(scope="session")
def new_desk(terms: Terms) -> Callable[[], Desk]:
    return lambda: Desk(terms)


@pytest.fixture(scope="session")
def new_said() -> type[Said]:
    return Said
