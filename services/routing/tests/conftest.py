"""Leads to tell stories about: a `LeadStory` folds events and timers over the agreement and keeps the facts.

Test modules import the makers from here: `qualified(...)`, `scored(...)`, `make(SalesRejected, ...)`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final, TypeVar

import pytest
from pydantic import BaseModel

from agreement import Agreement
from agreement.calendar import Calendars
from agreement.people import People
from events import Body, Event, Fact, Mode
from events.body import fields_of
from events.sales import AccountHandedBack, AccountSuppressed, SalesAccepted, SalesRejected
from events.scores import Gate, LeadQualified, LeadScored, RouteFacts, ScoreLine, Standing, standing_after
from events.slas import ClockEscalated
from routing.decide import Outcome, State, Terms, decide
from routing.decide.locks import accounts_of, deals_of, records_of
from routing.decide.model.shared_deals import SharedDeal
from routing.decide.state import Company, Lead, Rep
from routing.service import SERVICE
from runtime.service import Service
from runtime.values import Input, Timer
from testing.events import EventBuilder, of_type, scored_data

START: Final = datetime(2026, 8, 5, 16, 0, tzinfo=UTC)
"""Wednesday noon in New York, afternoon in Europe, night in Sydney."""
DAY: Final = timedelta(days=1)
BUILDER: Final = EventBuilder(start=START)
E = TypeVar("E", bound=Event)
D = TypeVar("D", bound=Body)
M = TypeVar("M", bound=BaseModel)


@pytest.fixture(scope="session")
def service() -> Service:
    return SERVICE


@pytest.fixture(scope="session")
def terms(agreement: Agreement) -> Terms:
    return Terms.of(agreement)


def change_fields(model: M, **fields: object) -> M:
    """A chapter of the agreement with other fields; what it computed from the old ones is computed anew."""
    return type(model).model_construct(**{name: getattr(model, name) for name in type(model).model_fields} | fields)


def with_routing(terms: Terms, **fields: object) -> Terms:
    return replace(terms, routing=change_fields(terms.routing, **fields))


def with_teams(terms: Terms, **fields: object) -> Terms:
    teams = change_fields(terms.teams, **fields)
    return replace(terms, teams=teams, calendars=Calendars(teams), people=People(teams))


def make(
    kind: type[E],
    lead: str = "lead-1",
    *,
    at: datetime = START,
    mode: Mode = "live",
    data: Mapping[str, object] = MappingProxyType({}),
    **more: object,
) -> E:
    """An event as its readers see it; the fields of its data are given by name, or as `data`."""
    fields = {**data, **more}
    return BUILDER.make(kind, subject=lead, at=at, mode=mode, **fields)  # type: ignore[arg-type]  # names of `data`


def standing(total: int, at: datetime, hand_raise: str | None, facts: RouteFacts) -> dict[str, object]:
    """The fields of a Standing as scoring would write them."""
    band = "cold" if total < 40 else "cool" if total < 60 else "warm" if total < 80 else "hot"
    passed = total >= 60 and not facts.hard and not facts.soft
    fast = hand_raise is not None and not facts.hard
    lines = (
        ScoreLine(rule="industry", points=-50, because="industry government", at=at),
        ScoreLine(rule="seniority", points=5, because="coordinator", at=at),
    )
    now = Standing(
        model="default",
        fit=20,
        engagement=total - 20,
        total=total,
        band=band,
        confidence_known=3,
        confidence_of=4,
        completeness=80,
        fit_lines=lines if total < 40 else (),
        gate=Gate(
            passed=passed or fast,
            reason=f"hand raised: {hand_raise}" if fast else f"{total} of 60",
            fast_track=fast,
            hand_raise=hand_raise,
        ),
        facts=facts,
        intent_at=at if total >= 40 or fast else None,
        hand_raise_at=at if fast else None,
        last_engaged_at=at,
    )
    return {name: getattr(now, name) for name in fields_of(Standing)}


def facts_of(fields: dict[str, object]) -> RouteFacts:
    shipped = {"domain": "acme.example", "employees": 120, "country": "US", "source": "webinar"}
    return RouteFacts.read(shipped | fields)


def scored(
    lead: str = "lead-1",
    total: int = 72,
    *,
    at: datetime = START,
    mode: Mode = "live",
    hand_raise: str | None = None,
    **facts: object,
) -> LeadScored:
    fields = standing(total, at, hand_raise, facts_of(facts))
    return make(LeadScored, lead, at=at, mode=mode, data=scored_data(fields))


def qualified(
    lead: str = "lead-1",
    total: int = 72,
    *,
    at: datetime = START,
    mode: Mode = "live",
    hand_raise: str | None = None,
    **facts: object,
) -> LeadQualified:
    known = facts_of(facts)
    how = "hand_raise" if hand_raise and not known.hard else "score"
    fields = standing(total, at, hand_raise, known)
    return make(LeadQualified, lead, at=at, mode=mode, how=how, trigger=hand_raise or "case_study", data=fields)


def escalated(lead: str, assignment: str | None, promise: str = "accepted", action: str = "repool") -> ClockEscalated:
    return make(
        ClockEscalated,
        lead,
        clock=f"{lead}/1/{promise}/{assignment or '-'}",
        promise=promise,
        level="owner",
        side="sales",
        cycle=1,
        assignment=assignment,
        target="1bd",
        started=START,
        due=START,
        percent=150,
        action=action,
    )


def kinds(facts: Iterable[Fact]) -> list[type[Event]]:
    return [fact.event for fact in facts]


def companies_of(inputs: Iterable[Input]) -> set[str]:
    """Domains that the inputs are about."""
    domains: set[str | None] = set()
    for one in inputs:
        if isinstance(one, LeadScored | LeadQualified) and (whole := standing_after(None, one.data)):
            domains.add(whole.facts.domain)
        elif isinstance(one, AccountSuppressed | AccountHandedBack):
            domains.add(one.data.account)
    return {domain for domain in domains if domain}


def people_of(state: State, inputs: Sequence[Input]) -> dict[str, tuple[tuple[str, str | None], ...]]:
    """The people of the accounts that these inputs speak about, as the store finds them."""
    return {
        account: tuple(
            (lead.id, lead.facts.domain)
            for lead in sorted(state.leads.values(), key=lambda lead: lead.id)
            if account.lower() in (lead.facts.domain, (lead.facts.company or "").lower())
        )
        for account in accounts_of(state.leads, inputs)
    }


def records_known(state: State, inputs: Sequence[Input]) -> dict[str, tuple[Lead, ...]]:
    """The records that these inputs name, as the store finds them."""
    return {
        name: tuple(
            lead
            for key, lead in sorted(state.leads.items())
            if key == name or (name in state.deals and key in state.deals[name].contacts)
        )
        for name in records_of(inputs)
    }


def state_after(state: State, outcome: Outcome) -> State:
    """The state after a batch."""
    return replace(
        state,
        leads={**state.leads, **outcome.leads},
        companies={**state.companies, **outcome.companies},
        reps={**state.reps, **outcome.reps},
        seats={**state.seats, **outcome.seats},
        deals={**state.deals, **outcome.deals},
    )


@dataclass
class LeadStory:
    """A house of one lane in memory: pure state, folded forward; timers fire when time passes."""

    terms: Terms
    state: State = field(default_factory=State)
    now: datetime = START
    facts: list[Fact] = field(default_factory=list)
    timers: dict[tuple[str, str], Timer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.state = replace(self.state, reps={rep.id: Rep(rep.id) for rep in self.terms.teams.reps})

    def play(self, *inputs: Input) -> list[Fact]:
        """Folds one batch and returns its facts."""
        missing = {d: Company(d) for d in companies_of(inputs) if d not in self.state.companies}
        deals = {deal: SharedDeal(deal) for deal in deals_of(inputs, self.state.leads)}
        self.state = replace(
            self.state, companies={**self.state.companies, **missing}, deals={**deals, **self.state.deals}
        )
        self.state = replace(
            self.state, people=people_of(self.state, inputs), records=records_known(self.state, inputs)
        )
        outcome = decide(self.state, inputs, self.terms, now=self.now)
        self.state = state_after(self.state, outcome)
        for timer in outcome.timers:
            self.timers.pop((timer.kind, timer.key), None)
            if timer.due_at is not None:
                self.timers[timer.kind, timer.key] = timer
        self.facts += outcome.facts
        return list(outcome.facts)

    def pass_to(self, instant: datetime) -> list[Fact]:
        """Time passes, timer by timer."""
        facts: list[Fact] = []
        while due := sorted(
            (t.due_at, t.kind, t.key) for t in self.timers.values() if t.due_at and t.due_at <= instant
        ):
            timer = self.timers.pop((due[0][1], due[0][2]))
            self.now = max(self.now, due[0][0])
            facts += self.play(timer)
        self.now = instant
        return facts

    def rest(self) -> list[Fact]:
        """The time that enrichment and a hand-raise in the same form are given."""
        return self.pass_to(self.now + timedelta(minutes=1))

    def lead(self, lead: str = "lead-1") -> Lead:
        return self.state.leads[lead]

    def place(self, lead: str = "lead-1") -> tuple[str, str]:
        """Stage and status."""
        return self.lead(lead).stage, self.lead(lead).status

    def data(self, shape: type[D]) -> list[D]:
        """What all facts of one type say, in order."""
        return of_type(self.facts, shape)

    def accept(self, lead: str = "lead-1", **data: object) -> list[Fact]:
        return self.play(make(SalesAccepted, lead, at=self.now, data=self._offer(lead) | data))

    def reject(self, reason: str, lead: str = "lead-1", **data: object) -> list[Fact]:
        return self.play(make(SalesRejected, lead, at=self.now, reason=reason, data=self._offer(lead) | data))

    def _offer(self, lead: str) -> dict[str, object]:
        current = self.lead(lead)
        return {"assignment": current.assignment(), "by": current.owner}


@pytest.fixture
def story(terms: Terms) -> LeadStory:
    return LeadStory(terms)
