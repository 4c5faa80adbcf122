"""Leads to tell stories about: a `story` folds facts over the shipped agreement and keeps what was said."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agreement import Agreement
from events import Event, Fact, Mode
from events.sales import SalesAccepted, SalesRejected
from events.scores import Gate, LeadQualified, LeadScored, RouteFacts, ScoreLine, Standing
from events.slas import ClockEscalated
from routing.decide import Outcome, State, Terms, decide
from routing.decide.state import Company, Lead, Rep
from routing.service import SERVICE
from runtime.service import Service
from runtime.values import Timer
from testing.events import as_read

NOON = datetime(2026, 8, 5, 16, 0, tzinfo=UTC)
"""Wednesday noon in New York, afternoon in Europe, night in Sydney."""


@pytest.fixture(scope="session")
def service() -> Service:
    return SERVICE


@pytest.fixture(scope="session")
def terms(agreement: Agreement) -> Terms:
    return Terms.of(agreement)


def standing(total: int = 72, *, at: datetime = NOON, hand_raise: str | None = None, **facts: Any) -> dict[str, Any]:
    """The fields of a Standing as scoring would say them; keywords are route facts."""
    given: dict[str, Any] = {"domain": "acme.example", "employees": 120, "country": "US", "source": "webinar"} | facts
    band = "cold" if total < 40 else "cool" if total < 60 else "warm" if total < 80 else "hot"
    hard, soft = given.get("hard", ()), given.get("soft", ())
    passed = total >= 60 and not hard and not soft
    fast = hand_raise is not None and not hard
    reason = f"hand raised: {hand_raise}" if fast else f"{total} of 60"
    lines = (
        ScoreLine(rule="industry", points=-50, because="industry government", at=at),
        ScoreLine(rule="seniority", points=5, because="coordinator", at=at),
    )
    found = Standing(
        model="default",
        fit=20,
        engagement=total - 20,
        total=total,
        band=band,
        confidence_known=3,
        confidence_of=4,
        completeness=80,
        fit_lines=lines if total < 40 else (),
        gate=Gate(passed=passed or fast, reason=reason, fast_track=fast, hand_raise=hand_raise),
        facts=RouteFacts(**given),
        intent_at=at if total >= 40 or fast else None,
        hand_raise_at=at if fast else None,
        last_engaged_at=at,
    )
    return {name: getattr(found, name) for name in Standing.model_fields}


def scored(lead: str = "lead-1", total: int = 72, *, at: datetime = NOON, mode: Mode = "live", **more: Any) -> Event:
    data = LeadScored.Data(**standing(total, at=at, **more))
    return as_read(LeadScored.fact(lead, data, time=at, mode=mode))


def qualified(lead: str = "lead-1", total: int = 72, *, at: datetime = NOON, mode: Mode = "live", **more: Any) -> Event:
    fields = standing(total, at=at, **more)
    how = "hand_raise" if fields["gate"].fast_track else "score"
    data = LeadQualified.Data(how=how, trigger=fields["gate"].hand_raise or "case_study", **fields)
    return as_read(LeadQualified.fact(lead, data, time=at, mode=mode))


def sales(kind: type[Event], lead: str = "lead-1", *, at: datetime = NOON, mode: Mode = "live", **data: Any) -> Event:
    body = kind.Data(**data)  # type: ignore[attr-defined]
    return as_read(kind.fact(lead, body, time=at, mode=mode))


def escalated(lead: str, assignment: str | None, promise: str = "accepted", action: str = "repool") -> Event:
    data = ClockEscalated.Data(
        clock=f"{lead}/1/{promise}/{assignment or '-'}", promise=promise, level="owner", side="sales", cycle=1,
        assignment=assignment, target="1bd", started=NOON, due=NOON, percent=150, action=action,
    )  # fmt: skip
    return as_read(ClockEscalated.fact(lead, data, time=NOON))


@dataclass
class Story:
    """A house of one lane in memory: pure state, folded forward; timers fire when time passes."""

    terms: Terms
    state: State = field(default_factory=State)
    now: datetime = NOON
    facts: list[Fact] = field(default_factory=list)
    timers: dict[tuple[str, str], Timer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.state = replace(self.state, reps={rep.id: Rep(rep.id) for rep in self.terms.teams.reps})

    def tell(self, *inputs: Event | Timer) -> list[Fact]:
        """Folds and returns what was said."""
        domains = [
            d for i in inputs if (d := getattr(getattr(getattr(i, "data", None), "facts", None), "domain", None))
        ]
        domains += [a for i in inputs if (a := getattr(getattr(i, "data", None), "account", None))]
        self._open(domains)
        outcome = decide(self.state, inputs, self.terms, now=self.now)
        self._keep(outcome)
        self.facts += outcome.facts
        return list(outcome.facts)

    def _open(self, domains: Sequence[str]) -> None:
        missing = {d: Company(d) for d in domains if d not in self.state.companies}
        self.state = replace(self.state, companies={**self.state.companies, **missing})

    def _keep(self, outcome: Outcome) -> None:
        was = self.state
        self.state = replace(
            was,
            leads={**was.leads, **outcome.leads},
            companies={**was.companies, **outcome.companies},
            reps={**was.reps, **outcome.reps},
            seats={**was.seats, **outcome.seats},
        )
        for timer in outcome.timers:
            self.timers.pop((timer.kind, timer.key), None)
            if timer.due_at is not None:
                self.timers[timer.kind, timer.key] = timer

    def pass_to(self, instant: datetime) -> list[Fact]:
        """Time passes, timer by timer."""
        said: list[Fact] = []
        while due := sorted(
            (t.due_at, t.kind, t.key) for t in self.timers.values() if t.due_at and t.due_at <= instant
        ):
            timer = self.timers.pop((due[0][1], due[0][2]))
            self.now = max(self.now, due[0][0])
            said += self.tell(timer)
        self.now = instant
        return said

    def rest(self) -> list[Fact]:
        """The time that enrichment and a hand-raise in the same form are given."""
        return self.pass_to(self.now + timedelta(minutes=1))

    def lead(self, lead: str = "lead-1") -> Lead:
        return self.state.leads[lead]

    def said(self, kind: type[Event]) -> list[Any]:
        return [fact.data for fact in self.facts if fact.event is kind]

    def accept(self, lead: str = "lead-1", **data: Any) -> list[Fact]:
        current = self.lead(lead)
        given = {"assignment": current.assignment(), "by": current.owner} | data
        return self.tell(sales(SalesAccepted, lead, at=self.now, **given))

    def reject(self, reason: str, lead: str = "lead-1", **data: Any) -> list[Fact]:
        current = self.lead(lead)
        given = {"assignment": current.assignment(), "by": current.owner} | data
        return self.tell(sales(SalesRejected, lead, at=self.now, reason=reason, **given))


@pytest.fixture
def story(terms: Terms) -> Story:
    return Story(terms)


class Make:
    """The makers above, for tests (test modules cannot import a conftest); and the terms, which are long to print."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms

    story = Story
    noon = NOON
    day = timedelta(days=1)
    scored = staticmethod(scored)
    qualified = staticmethod(qualified)
    sales = staticmethod(sales)
    escalated = staticmethod(escalated)


@pytest.fixture(scope="session")
def make(terms: Terms) -> Make:
    return Make(terms)
