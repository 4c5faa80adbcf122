"""A small history of the house, made of events as its services would write them, and the fixtures made from it."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from msgspec.structs import replace
from services.reporting.tests.prehistory import fold_in, happened

from agreement import Agreement
from events import Event, Money
from events.campaigns import SpendRecorded
from events.codec import decode
from events.deals import DealOpened, DealWon
from events.grounds import Candidate, PassedStep
from events.handoffs import LeadAccepted, LeadAssigned, LeadReturned, StageChanged
from events.leads import Campaign, EngagementRecorded, KnownFact, LeadCaptured, LeadErased, LeadUpdated
from events.notices import NoticeSent
from events.sales import ContactAttempted, ContactConnected, FeedbackGiven, SalesRejected
from events.schemas import EXAMPLES
from events.scores import Gate, LeadQualified, LeadScored, RouteFacts, ScoreLine, Signal
from events.slas import ClockBreached, ClockMet, ClockMoved, ClockStarted, ClockVoided
from reporting.decide import Terms
from reporting.service import SERVICE
from runtime.http.access_keys import Keys
from runtime.http.app import application
from runtime.service import Context, Service
from testing.events import NOON, EventBuilder, scored_data
from testing.office import http, mails
from testing.service import Prehistory

__all__ = ["http", "mails"]
E = TypeVar("E", bound=Event)
Data = Mapping[str, object]
CLOCK: Final[Data] = {
    **{"level": "owner", "side": "sales", "cycle": 1, "team": "new-york", "pool": "mid-na"},
    "target": "4bh",
}
DEFAULTS: Final[Mapping[type[Event], Mapping[str, Any]]] = {
    LeadCaptured: {"channel": "form:demo"},
    EngagementRecorded: {"channel": "segment", "message_id": "m"},
    StageChanged: {"cycle": 1, "why": "test"},
    LeadAssigned: {"cycle": 1, "team": "new-york", "pool": "mid-na", "step": 7, "rule": "pool", "flag": "hot"},
    LeadAccepted: {"cycle": 1},
    LeadReturned: {"cycle": 1, "then": "nurture", "credited": True, "pool": "mid-na"},
    **dict.fromkeys((ClockStarted, ClockMet, ClockBreached, ClockMoved, ClockVoided), CLOCK),
}


def facts_from(at: datetime, source: str = "form", **facts: str) -> tuple[KnownFact, ...]:
    return tuple(KnownFact(name=name, value=value, source=source, at=at) for name, value in facts.items())


def standing(at: datetime, *, fit: int = 45, engagement: int = 50, company: str = "Acme") -> dict[str, object]:
    """Data of a score, but for why it changed."""
    total = fit + engagement
    lines = (
        ScoreLine(rule="employees 51-200", points=25, because="120 employees", at=at),
        ScoreLine(rule="seniority VP", points=fit - 25, because="VP Sales", at=at),
    )
    acts = (ScoreLine(rule="demo request", points=engagement, because="demo request", at=at),) if engagement else ()
    return {
        **{"model": "default", "fit": fit, "engagement": engagement, "total": total},
        "band": "hot" if total >= 80 else "warm" if total >= 60 else "cool" if total >= 40 else "cold",
        **{"confidence_known": 3, "confidence_of": 4, "completeness": 85},
        **{"fit_lines": lines, "engagement_lines": acts},
        "signals": (Signal(kind="pricing_view", text="pricing page 3x", count=3, last_at=at),),
        "gate": Gate(passed=total >= 60, reason=f"{total} of 60"),
        "facts": RouteFacts(
            company=company,
            employees=120,
            industry="B2B SaaS",
            country="US",
            domain="golden.example",
            seniority="vp",
            function="sales",
        ),
        "last_engaged_at": at,
    }


@dataclass(slots=True)
class History:
    """Adds events in order, numbered as the house would."""

    now: datetime = NOON
    events: list[Event] = field(default_factory=list)
    builder: EventBuilder = field(default_factory=lambda: EventBuilder(defaults=DEFAULTS))

    def add(
        self, kind: type[E], lead: str, at: datetime, data: Data | None = None, /, *, cause: Event | None = None
    ) -> E:
        event = self.builder.make(kind, data, subject=lead, at=at, cause=cause)
        self.events.append(event)
        return event

    def captured(self, lead: str, at: datetime, *, email: str, name: str, company: str, source: str | None) -> Event:
        campaign = Campaign(name=f"{source}-2026", source=source, medium="cpc") if source else None
        facts = facts_from(at, email=email, name=name, company=company, title="VP Sales")
        return self.add(LeadCaptured, lead, at, {"email": email, "facts": facts, "campaign": campaign})

    def engaged(self, lead: str, at: datetime, kind: str, *, cause: Event | None = None, **data: object) -> Event:
        fields = {"kind": kind, "name": kind.replace("_", " "), **data}
        return self.add(EngagementRecorded, lead, at, fields, cause=cause)

    def scored(
        self, lead: str, at: datetime, *, fit: int = 45, engagement: int = 50, company: str = "Acme", **known: str
    ) -> Event:
        score = standing(at, fit=fit, engagement=engagement, company=company)
        facts = score["facts"]
        assert isinstance(facts, RouteFacts)
        score["facts"] = replace(facts, **known)
        return self.add(LeadScored, lead, at, scored_data(score))

    def stage(self, lead: str, at: datetime, stage: str, status: str, **data: object) -> Event:
        return self.add(StageChanged, lead, at, {"stage": stage, "status": status, **data})

    def assigned(self, lead: str, at: datetime, rep: str, *, cause: Event | None = None) -> LeadAssigned:
        score = standing(at)
        shown = {name: score[name] for name in ("fit", "engagement", "total", "band", "signals", "facts")}
        row = {"eligible": True, "credits": 0, "weight": 1, "today": 0}
        candidates = tuple(
            Candidate.read({**row, "rep": one, "reason": why, "assigned": n, "ratio": n, "open": n})
            for n, (one, why) in enumerate(((rep, "picked"), ("rep-elena", "next")))
        )
        data = {
            **{"assignment": f"{lead}.1", "version": 1, "rep": rep, "touch": "4bh"},
            "passed": (PassedStep(step=0, rule="nobody", why="no disqualifier"),),
            "candidates": candidates,
            "snapshot": shown,
        }
        return self.add(LeadAssigned, lead, at, data, cause=cause)

    def clock(
        self, kind: type[Event], lead: str, at: datetime, promise: str, start: datetime | None = None, **data: object
    ) -> None:
        """Of the first assignment; it began at `start`, else now."""
        started = start or at
        fields = {
            **{"clock": f"{lead}/1/{promise}/{lead}.1", "promise": promise, "assignment": f"{lead}.1"},
            **{"started": started, "due": started + timedelta(hours=4)},
        }
        self.add(kind, lead, at, {**fields, **data})

    def offered(self, lead: str, at: datetime, rep: str, *, name: str, company: str, source: str | None) -> None:
        """From the form to the open offer, with its clocks and its notice."""
        email = f"{lead}@{company.lower().replace(' ', '')}.example"
        captured = self.captured(lead, at, email=email, name=name, company=company, source=source)
        raised = self.engaged(lead, at, "demo_request", cause=captured)
        score = standing(at, company=company)
        self.add(LeadScored, lead, at, scored_data(score), cause=raised)
        trigger = {"how": "hand_raise", "trigger": "demo_request"}
        passed = self.add(LeadQualified, lead, at, {**score, **trigger}, cause=raised)
        self.stage(lead, at, "mql", "assigned", owner=rep, team="new-york", source=source, completeness=85)
        offer = self.assigned(lead, at, rep, cause=passed)
        for promise in ("accepted", "first_touch"):
            self.clock(ClockStarted, lead, at, promise, holder=rep)
        notice = {"notice": f"n-{lead}", "kind": "assignment", "channel": "slack", "to": rep, "outbox": True}
        self.add(NoticeSent, lead, at, {**notice, "assignment": f"{lead}.1"}, cause=offer)

    def accepted(self, lead: str, at: datetime, rep: str, start: datetime) -> None:
        self.add(LeadAccepted, lead, at, {"assignment": f"{lead}.1", "rep": rep})
        self.stage(lead, at, "sal", "assigned", owner=rep)
        self.clock(ClockMet, lead, at, "accepted", start, holder=rep, stopped=at, cause="accepted")

    def reached(self, lead: str, at: datetime, rep: str, start: datetime) -> None:
        self.add(ContactAttempted, lead, at, {"by": rep, "channel": "call"})
        self.clock(ClockMet, lead, at, "first_touch", start, holder=rep, stopped=at, cause="call")
        self.add(ContactConnected, lead, at, {"by": rep, "channel": "call"})

    def sold(self, lead: str, at: datetime, rep: str, *, amount: int) -> None:
        money = Money(amount=amount, currency="USD")
        deal = {"by": rep, "deal": f"d-{lead}", "amount": money}
        self.stage(lead, at, "sql", "connected", owner=rep)
        self.add(DealOpened, lead, at + timedelta(days=1), {**deal, "product": "core"})
        self.stage(lead, at + timedelta(days=1), "opportunity", "connected", owner=rep, deal=deal["deal"])
        self.add(DealWon, lead, at + timedelta(days=5), deal)
        self.stage(lead, at + timedelta(days=5), "won", "connected", owner=rep, deal=deal["deal"], closed=True)

    def rejected(self, lead: str, at: datetime, rep: str, reason: str, *, note: str | None = None) -> None:
        answer = {"assignment": f"{lead}.1", "reason": reason}
        self.add(SalesRejected, lead, at, {**answer, "by": rep, "note": note})
        spoke = ScoreLine(rule="employees 51-200", points=25, because="120 employees", at=at)
        self.add(LeadReturned, lead, at, {**answer, "rep": rep, "fit_lines": (spoke,)})
        self.stage(lead, at, "lead", "nurture", stage_from="mql", closed=True)
        for promise in ("accepted", "first_touch"):
            self.clock(ClockVoided, lead, at, promise, holder=rep, stopped=at, cause="rejected")

    def breached(self, lead: str, at: datetime, rep: str, start: datetime) -> None:
        self.clock(ClockBreached, lead, at, "accepted", start, holder=rep, charged=rep)


def golden() -> History:
    """Ten leads, known numbers: 10 leads, 6 MQL, 4 SAL, 2 SQL, 2 opportunities, 1 won; one withdrawn, one rejected."""
    history = History()
    first = history.now - timedelta(days=20)
    people = ["Dana Whitfield", "Ravi Menon", "Ines Duarte", "Tomás Vega", "Mei Tanaka", "Olu Adeyemi"]
    for number, name in enumerate(people):
        start = first + timedelta(hours=number)
        source = "google" if number % 2 == 0 else "linkedin"
        history.offered(f"lead-{number}", start, "rep-dan", name=name, company=f"Acme {number}", source=source)
    for number in range(4):
        start = first + timedelta(hours=number)
        history.accepted(f"lead-{number}", start + timedelta(minutes=30), "rep-dan", start)
    for number in range(2):
        start = first + timedelta(hours=number)
        history.reached(f"lead-{number}", start + timedelta(hours=2), "rep-dan", start)
    history.sold("lead-0", first + timedelta(days=2), "rep-dan", amount=5_000_000)
    history.stage("lead-1", first + timedelta(days=3), "sql", "connected", owner="rep-dan")
    history.stage("lead-1", first + timedelta(days=4), "opportunity", "connected", owner="rep-dan")
    history.rejected("lead-4", first + timedelta(hours=9), "rep-dan", "not_icp", note="Dana says call her at home")
    history.breached("lead-5", first + timedelta(hours=30), "rep-dan", first + timedelta(hours=5))
    for number in range(6, 10):
        start = first + timedelta(days=number)
        lead, email = f"lead-{number}", f"p{number}@b.example"
        history.captured(lead, start, email=email, name=f"Quiet {number}", company="Borealis", source=None)
        history.scored(lead, start, fit=25, engagement=10, company="Borealis")
    history.stage("lead-6", first + timedelta(days=7), "mql", "waiting_for_shift")
    at = first + timedelta(days=8)
    history.stage("lead-6", at, "lead", "nurture", stage_from="mql", withdrawn=True, closed=True)
    feedback = {"by": "rep-dan", "quality": 8, "note": "good one"}
    history.add(FeedbackGiven, "lead-0", first + timedelta(days=3), feedback)
    spend = {
        **{"campaign": "google-2026", "source": "google", "amount": Money(amount=90_000, currency="USD")},
        **{"start": first.date(), "end": (first + timedelta(days=5)).date()},
    }
    history.add(SpendRecorded, "google-2026", first, spend)
    return history


@pytest.fixture(scope="session")
def service() -> Service:
    return SERVICE


@pytest.fixture(scope="session")
def terms(agreement: Agreement) -> Terms:
    return Terms.of(agreement)


@pytest.fixture
def golden_history() -> History:
    return golden()


@pytest.fixture
def history(golden_history: History) -> list[Event]:
    return golden_history.events


@pytest.fixture
def builder(golden_history: History) -> EventBuilder:
    """Makes more events, numbered after those of the golden history."""
    return golden_history.builder


@pytest.fixture(scope="session")
def examples() -> list[Event]:
    """One event of every type, as the contract shows them."""
    raw = [path.read_bytes() for path in sorted(EXAMPLES.glob("*.json"))]
    return [event for event in map(decode, raw) if event is not None]


@pytest.fixture
def past(request: pytest.FixtureRequest, agreement: Agreement) -> Prehistory | None:
    """Of a test that asks for the house: the golden history."""
    return happened("golden", agreement, golden().events) if "house" in request.fixturenames else None


@pytest.fixture
def house(context: Context) -> Context:
    """In which the golden history has happened."""
    return context


fold = pytest.fixture(lambda: fold_in, name="fold")


@pytest.fixture(scope="session")
def events() -> list[Event]:
    """Leads won, rejected and forgotten, breached, and withdrawn (a company is corrected); and what was spent."""
    history = golden()
    history.add(LeadErased, "lead-4", history.now - timedelta(days=1))
    crm = facts_from(history.now, source="crm", company="Test", name="Q. Six")
    history.add(LeadUpdated, "lead-6", history.now, {"facts": crm})
    history.scored("lead-6", history.now, company="Borealis Ltd")
    return [one for one in history.events if one.subject in ("lead-0", "lead-4", "lead-5", "lead-6", "google-2026")]


def client_of(house: Context) -> AsyncClient:
    routers = SERVICE.build(house).routers
    keys = Keys(house.database)
    app: FastAPI = application(title="test", settings=house.settings, keys=keys, routers=routers, ready={})
    return AsyncClient(transport=ASGITransport(app=app), base_url="http://localhost")


@pytest.fixture
async def web(house: Context) -> AsyncIterator[AsyncClient]:
    """A browser before the house that the golden history happened in."""
    async with client_of(house) as client:
        yield client


@pytest.fixture
async def new_house(context: Context) -> AsyncIterator[AsyncClient]:
    """A browser before a house where nothing has happened yet."""
    async with client_of(context) as client:
        yield client
