"""The service under test, its terms, and the events of one lead; hours count from Wednesday 10:00 in New York."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from msgspec.structs import replace

from agreement import Agreement
from events import Event, Fact
from events.deals import DealOpened, SurveyAnswered
from events.handoffs import LeadAccepted, LeadAssigned, LeadNurtured, LeadReturned, StageChanged
from events.notices import NoticeFailed, NoticeSent, NoticeUnknown
from events.sales import ContactAttempted, ContactConnected, FeedbackGiven, LeadSalesQualified, RepAvailability
from runtime.service import Service
from runtime.values import Input, Timer
from sla_monitor.decide import Outcome, State, Terms, decide
from sla_monitor.decide.state import Lead
from sla_monitor.service import SERVICE
from testing.events import EventBuilder

TEN: Final = datetime(2026, 8, 5, 14, 0, tzinfo=UTC)
"""Wednesday 10:00 in New York, where Ana works 9 to 18."""
OFFER: Final = {"assignment": "lead-1.1", "cycle": 1, "rep": "rep-ana"}
BY_ANA: Final = {"by": "rep-ana"}
WORD: Final = {"kind": "assignment", "assignment": "lead-1.1", "channel": "slack", "to": "rep-ana"}
"""Of the offer to Ana."""
DEFAULTS: Final[Mapping[type[Event], Mapping[str, Any]]] = {
    StageChanged: {"cycle": 1, "stage": "mql", "status": "new", "why": "gate_passed"},
    LeadAssigned: {
        **OFFER,
        "version": 1,
        "team": "new-york",
        "pool": "smb-na",
        "step": 7,
        "rule": "pool",
        "touch": "4bh",
        "snapshot": {"fit": 40, "engagement": 50, "total": 90, "band": "hot"},
    },
    LeadAccepted: OFFER,
    LeadReturned: {**OFFER, "reason": "not_icp", "then": "none"},
    LeadNurtured: {"cycle": 1, "segment": "1", "reason": "below the gate"},
    ContactAttempted: {**BY_ANA, "channel": "call"},
    ContactConnected: BY_ANA,
    LeadSalesQualified: BY_ANA,
    DealOpened: {**BY_ANA, "deal": "d-1"},
    FeedbackGiven: {**BY_ANA, "quality": 7},
    SurveyAnswered: {**BY_ANA, "deal": "d-1", "outcome": "won"},
    RepAvailability: {"rep": "rep-ana", "state": "away"},
    NoticeSent: {**WORD, "notice": "n-1"},
    NoticeUnknown: {**WORD, "notice": "n-1", "error": "timeout"},
    NoticeFailed: {**WORD, "notice": "n-2", "error": "channel_not_found"},
}


Run = Callable[[Sequence[Input]], tuple[State, list[Fact]]]
Fire = Callable[[State, str, float], tuple[State, Outcome]]


@pytest.fixture(scope="session")
def service() -> Service:
    return SERVICE


@pytest.fixture(scope="session")
def builders() -> Callable[[str], EventBuilder]:
    """A builder for each lead: for properties, and for many leads."""
    return lambda subject: EventBuilder(subject, TEN, DEFAULTS)


@pytest.fixture
def lead(builders: Callable[[str], EventBuilder]) -> EventBuilder:
    """Events of one lead, numbered as they are made; an offer to Ana, work by Ana, unless a call says otherwise."""
    return builders("lead-1")


@pytest.fixture(scope="session")
def terms(agreement: Agreement) -> Terms:
    """The shipped ones, but for the lead's own first touch, which runs beside its owners' (test_charges.py)."""
    terms = Terms.of(agreement)
    promises = tuple(one for one in terms.levels.promises if one.name != "lead_touch")
    return dataclasses.replace(terms, levels=terms.levels.model_copy(update={"promises": promises}))


@pytest.fixture(scope="session")
def after() -> Callable[[State, Outcome], State]:
    """The state as the store would keep it."""

    def state_after(state: State, outcome: Outcome) -> State:
        leads = dict(state.leads)
        for clock in outcome.clocks.values():
            one = leads.get(clock.lead, Lead())
            leads[clock.lead] = replace(one, clocks={**one.clocks, clock.id: clock})
        for subject, touches in outcome.touches.items():
            one = leads.get(subject, Lead())
            leads[subject] = replace(one, touches=(*one.touches, *touches))
        sums = dict(state.sums)
        for period, tally in outcome.tallies.items():
            sums[period] = sums.get(period, 0) + tally.n
        live = state.live | {period for period, tally in outcome.tallies.items() if tally.live}
        return State(leads, {**state.mqls, **outcome.mqls}, sums, live, {**state.words, **outcome.words})

    return state_after


@pytest.fixture
def run(lead: EventBuilder, terms: Terms, after: Callable[[State, Outcome], State]) -> Run:
    """From nothing known: the state after these inputs, and the facts."""

    def fold(inputs: Sequence[Input]) -> tuple[State, list[Fact]]:
        outcome = decide(State(), inputs, terms, now=lead.at(1000))
        return after(State(), outcome), outcome.facts

    return fold


@pytest.fixture
def fire(lead: EventBuilder, terms: Terms, after: Callable[[State, Outcome], State]) -> Fire:
    """The milestone timer of a clock, so many hours after the beginning."""

    def wake(state: State, clock: str, hours: float) -> tuple[State, Outcome]:
        timer = Timer("lead-1", "milestone", clock, lead.at(hours))
        outcome = decide(state, [timer], terms, now=lead.at(hours))
        return after(state, outcome), outcome

    return wake
