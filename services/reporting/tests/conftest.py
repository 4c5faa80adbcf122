"""A small history of the house, told as its services would tell it, and the fixtures made from it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from agreement import Agreement
from events import Event, Fact, Money
from events.campaigns import SpendRecorded
from events.handoffs import Candidate, LeadAccepted, LeadAssigned, LeadReturned, PassedStep, Snapshot, StageChanged
from events.leads import Campaign, EngagementRecorded, Known, LeadCaptured, LeadErased
from events.notices import NoticeSent
from events.sales import ContactAttempted, ContactConnected, DealOpened, DealWon, FeedbackGiven, SalesRejected
from events.scores import Gate, LeadQualified, LeadScored, RouteFacts, ScoreLine, Signal
from events.slas import ClockBreached, ClockMet, ClockStarted, ClockVoided
from events.topics import partition
from reporting.decide.fold import Terms
from reporting.service import SERVICE
from runtime.database.connect import Database
from runtime.http.access_keys import Keys
from runtime.http.app import application
from runtime.service import Context, Service
from testing.events import as_read
from testing.service import batch

NOON = datetime(2026, 8, 5, 12, tzinfo=UTC)


class History:
    """Says facts in order and gives each its place, as the house would."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now
        self.events: list[Event] = []
        self._last: dict[tuple[str, int], int] = {}

    def say(self, fact: Fact) -> Event:
        stream = (fact.event.topic, partition(fact.subject))
        self._last[stream] = self._last.get(stream, 0) + 1
        told = as_read(fact, seq=self._last[stream])
        self.events.append(told)
        return told

    def captured(self, lead: str, at: datetime, *, email: str, name: str, company: str, source: str | None) -> Event:
        campaign = Campaign(name=f"{source}-2026", source=source, medium="cpc") if source else None
        facts = tuple(
            Known(name=key, value=value, source="form", at=at)
            for key, value in (("email", email), ("name", name), ("company", company), ("title", "VP Sales"))
        )
        data = LeadCaptured.Data(email=email, facts=facts, channel="form:demo", campaign=campaign)
        return self.say(LeadCaptured.fact(lead, data, time=at))

    def engaged(self, lead: str, at: datetime, kind: str, *, cause: Event | None = None, **more: Any) -> Event:
        data = EngagementRecorded.Data(
            kind=kind, name=kind.replace("_", " "), message_id=f"m{at.isoformat()}", channel="segment", **more
        )
        return self.say(EngagementRecorded.fact(lead, data, time=at, cause=cause))

    def standing(self, at: datetime, *, fit: int = 45, engagement: int = 50, company: str = "Acme") -> dict[str, Any]:
        total = fit + engagement
        lines = (
            ScoreLine(rule="employees 51-200", points=25, because="120 employees", at=at),
            ScoreLine(rule="seniority VP", points=fit - 25, because="VP Sales", at=at),
        )
        acts = (ScoreLine(rule="demo request", points=engagement, because="demo request", at=at),) if engagement else ()
        return {
            "model": "default",
            "fit": fit,
            "engagement": engagement,
            "total": total,
            "band": "hot" if total >= 80 else "warm" if total >= 60 else "cool" if total >= 40 else "cold",
            "confidence_known": 3,
            "confidence_of": 4,
            "completeness": 85,
            "fit_lines": lines,
            "engagement_lines": acts,
            "signals": (Signal(kind="pricing_view", text="pricing page 3x", count=3, last_at=at),),
            "gate": Gate(passed=total >= 60, reason=f"{total} of 60"),
            "facts": RouteFacts(
                company=company, employees=120, industry="B2B SaaS", country="US", domain="acme.example"
            ),
            "last_engaged_at": at,
        }

    def scored(self, lead: str, at: datetime, *, cause: Event | None = None, **more: Any) -> Event:
        return self.say(LeadScored.fact(lead, LeadScored.Data(**self.standing(at, **more)), time=at, cause=cause))

    def qualified(self, lead: str, at: datetime, *, cause: Event | None = None, **more: Any) -> Event:
        data = LeadQualified.Data(**self.standing(at, **more), how="hand_raise", trigger="demo_request")
        return self.say(LeadQualified.fact(lead, data, time=at, cause=cause))

    def stage(self, lead: str, at: datetime, stage: str, status: str, **more: Any) -> Event:
        data = StageChanged.Data(**{"cycle": 1, "stage": stage, "status": status, "why": "test", **more})
        return self.say(StageChanged.fact(lead, data, time=at))

    def assigned(
        self, lead: str, at: datetime, rep: str, *, version: int = 1, cause: Event | None = None, **more: Any
    ) -> Event:
        standing = self.standing(at)
        told = {key: standing[key] for key in ("fit", "engagement", "total", "band", "signals", "facts")}
        row = {"eligible": True, "credits": 0, "weight": 1, "today": 0}
        candidates = tuple(
            Candidate(rep=one, reason=why, assigned=turns, ratio=turns, open=turns, **row)
            for turns, (one, why) in enumerate(((rep, "picked"), ("rep-elena", "next")))
        )
        data = LeadAssigned.Data(
            **{
                "assignment": f"{lead}.{version}",
                "version": version,
                "cycle": 1,
                "rep": rep,
                "team": "new-york",
                "pool": "mid-na",
                "step": 7,
                "rule": "pool",
                "flag": "hot",
                "touch": "4bh",
                "passed": (PassedStep(step=0, rule="nobody", why="no disqualifier"),),
                "candidates": candidates,
                "snapshot": Snapshot(**told, lines=(*standing["fit_lines"], *standing["engagement_lines"])),
                **more,
            }
        )
        return self.say(LeadAssigned.fact(lead, data, time=at, cause=cause))

    def clock(self, kind: type[Event], lead: str, at: datetime, promise: str, rep: str, **more: Any) -> Event:
        started = more.pop("started", at)
        data = kind.Data(  # type: ignore[attr-defined]
            clock=f"{lead}/1/{promise}/{lead}.1",
            promise=promise,
            level="owner",
            side="sales",
            cycle=1,
            assignment=f"{lead}.1",
            holder=rep,
            team="new-york",
            pool="mid-na",
            target="4bh",
            started=started,
            due=started + timedelta(hours=4),
            **more,
        )
        return self.say(kind.fact(lead, data, time=at))

    def offered(self, lead: str, at: datetime, rep: str, *, name: str, company: str, source: str | None) -> None:
        """From the form to the open offer, with its clocks and its notice."""
        email = f"{lead}@{company.lower().replace(' ', '')}.example"
        known = self.captured(lead, at, email=email, name=name, company=company, source=source)
        raised = self.engaged(lead, at, "demo_request", cause=known)
        self.scored(lead, at, cause=raised, company=company)
        passed = self.qualified(lead, at, cause=raised, company=company)
        self.stage(lead, at, "mql", "assigned", owner=rep, team="new-york", source=source, completeness=85)
        offer = self.assigned(lead, at, rep, cause=passed)
        for promise in ("accepted", "first_touch"):
            self.clock(ClockStarted, lead, at, promise, rep)
        data = NoticeSent.Data(
            notice=f"n-{lead}", kind="assignment", channel="slack", to=rep, assignment=f"{lead}.1", outbox=True
        )
        self.say(NoticeSent.fact(lead, data, time=at, cause=offer))

    def accepted(self, lead: str, at: datetime, rep: str, start: datetime) -> None:
        self.say(LeadAccepted.fact(lead, LeadAccepted.Data(assignment=f"{lead}.1", cycle=1, rep=rep), time=at))
        self.stage(lead, at, "sal", "assigned", owner=rep)
        self.clock(ClockMet, lead, at, "accepted", rep, started=start, stopped=at, cause="accepted")

    def reached(self, lead: str, at: datetime, rep: str, start: datetime) -> None:
        self.say(ContactAttempted.fact(lead, ContactAttempted.Data(by=rep, channel="call"), time=at))
        self.clock(ClockMet, lead, at, "first_touch", rep, started=start, stopped=at, cause="call")
        self.say(ContactConnected.fact(lead, ContactConnected.Data(by=rep, channel="call"), time=at))

    def sold(self, lead: str, at: datetime, rep: str, *, amount: int) -> None:
        deal = f"d-{lead}"
        money = Money(amount=amount, currency="USD")
        self.stage(lead, at, "sql", "connected", owner=rep)
        opened = DealOpened.Data(by=rep, deal=deal, amount=money, product="core")
        self.say(DealOpened.fact(lead, opened, time=at + timedelta(days=1)))
        self.stage(lead, at + timedelta(days=1), "opportunity", "connected", owner=rep, deal=deal)
        self.say(DealWon.fact(lead, DealWon.Data(by=rep, deal=deal, amount=money), time=at + timedelta(days=5)))
        self.stage(lead, at + timedelta(days=5), "won", "connected", owner=rep, deal=deal, closed=True)

    def rejected(self, lead: str, at: datetime, rep: str, reason: str, *, note: str | None = None) -> None:
        said = SalesRejected.Data(by=rep, assignment=f"{lead}.1", reason=reason, note=note)
        self.say(SalesRejected.fact(lead, said, time=at))
        data = LeadReturned.Data(
            assignment=f"{lead}.1", cycle=1, rep=rep, reason=reason, then="nurture", credited=True, pool="mid-na"
        )
        self.say(LeadReturned.fact(lead, data, time=at))
        self.stage(lead, at, "lead", "nurture", stage_from="mql", closed=True)
        for promise in ("accepted", "first_touch"):
            self.clock(ClockVoided, lead, at, promise, rep, stopped=at, cause="rejected")

    def breached(self, lead: str, at: datetime, rep: str, start: datetime) -> None:
        self.clock(ClockBreached, lead, at, "accepted", rep, started=start, charged=rep)


def golden() -> History:
    """Ten leads, known numbers: 10 leads, 6 MQL, 4 SAL, 2 SQL, 2 opportunities, 1 won; one withdrawn, one rejected."""
    told = History()
    first = told.now - timedelta(days=20)
    people = ["Dana Whitfield", "Ravi Menon", "Ines Duarte", "Tomás Vega", "Mei Tanaka", "Olu Adeyemi"]
    for number, name in enumerate(people):
        start = first + timedelta(hours=number)
        source = "google" if number % 2 == 0 else "linkedin"
        told.offered(f"lead-{number}", start, "rep-dan", name=name, company=f"Acme {number}", source=source)
    for number in range(4):
        start = first + timedelta(hours=number)
        told.accepted(f"lead-{number}", start + timedelta(minutes=30), "rep-dan", start)
    for number in range(2):
        start = first + timedelta(hours=number)
        told.reached(f"lead-{number}", start + timedelta(hours=2), "rep-dan", start)
    told.sold("lead-0", first + timedelta(days=2), "rep-dan", amount=5_000_000)
    told.stage("lead-1", first + timedelta(days=3), "sql", "connected", owner="rep-dan")
    told.stage("lead-1", first + timedelta(days=4), "opportunity", "connected", owner="rep-dan")
    told.rejected("lead-4", first + timedelta(hours=9), "rep-dan", "not_icp", note="Dana says call her at home")
    told.breached("lead-5", first + timedelta(hours=30), "rep-dan", first + timedelta(hours=5))
    for number in range(6, 10):
        start = first + timedelta(days=number)
        told.captured(
            f"lead-{number}",
            start,
            email=f"p{number}@b.example",
            name=f"Quiet {number}",
            company="Borealis",
            source=None,
        )
        told.scored(f"lead-{number}", start, fit=25, engagement=10, company="Borealis")
    told.stage("lead-6", first + timedelta(days=7), "mql", "waiting_for_shift")
    told.stage("lead-6", first + timedelta(days=8), "lead", "nurture", stage_from="mql", withdrawn=True, closed=True)
    feedback = FeedbackGiven.Data(by="rep-dan", quality=8, note="good one")
    told.say(FeedbackGiven.fact("lead-0", feedback, time=first + timedelta(days=3)))
    spend = SpendRecorded.Data(
        campaign="google-2026",
        source="google",
        amount=Money(amount=90_000, currency="USD"),
        start=first.date(),
        end=(first + timedelta(days=5)).date(),
    )
    told.say(SpendRecorded.fact("google-2026", spend, time=first))
    return told


def erased(told: History, lead: str, at: datetime) -> Event:
    return told.say(LeadErased.fact(lead, LeadErased.Data(), time=at))


@pytest.fixture(scope="session")
def service() -> Service:
    return SERVICE


@pytest.fixture(scope="session")
def terms(agreement: Agreement) -> Terms:
    return Terms(agreement.definitions, agreement.events, agreement.routing, agreement.teams)


@pytest.fixture
def history() -> History:
    return golden()


@pytest.fixture
def told() -> History:
    """An empty history."""
    return History()


@pytest.fixture
async def house(context: Context, database: Database, history: History) -> Context:
    """The golden history, folded in lane by lane."""
    await fold_in(context, database, history.events)
    return context


async def fold_in(context: Context, database: Database, events: list[Event]) -> None:
    handler = SERVICE.build(context).handler
    assert handler is not None
    for lane in sorted({partition(one.subject) for one in events}):
        mine = [one for one in events if partition(one.subject) == lane]
        async with database.begin() as tx:
            await handler(batch(mine, lane=lane), tx)


fold = pytest.fixture(lambda: fold_in, name="fold")
erase = pytest.fixture(lambda: erased, name="erase")


@pytest.fixture(scope="session")
def events() -> list[Event]:
    """The golden history of one rejected and forgotten lead, one won, one breached, one withdrawn."""
    told = golden()
    erased(told, "lead-4", told.now - timedelta(days=1))
    return [one for one in told.events if one.subject in ("lead-0", "lead-4", "lead-5", "lead-6", "google-2026")]


def served(house: Context) -> AsyncClient:
    routers = SERVICE.build(house).routers
    keys = Keys(house.database)
    app: FastAPI = application(title="test", settings=house.settings, keys=keys, routers=routers, ready={})
    return AsyncClient(transport=ASGITransport(app=app), base_url="http://localhost")


@pytest.fixture
async def web(house: Context) -> AsyncIterator[AsyncClient]:
    """A browser before the house that the golden history happened in."""
    async with served(house) as client:
        yield client


@pytest.fixture
async def new_house(context: Context) -> AsyncIterator[AsyncClient]:
    """A browser before a house where nothing has happened yet."""
    async with served(context) as client:
        yield client
