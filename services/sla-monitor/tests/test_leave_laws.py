"""The laws of clocks and leave: when it is heard of, how often timers run, and what a promise leaves its rep."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreement import Agreement
from agreement.leave import leave_of
from agreement.service_levels import Promise
from events import Event, Fact
from events.handoffs import LeadAccepted, LeadAssigned, StageChanged
from events.sales import ContactAttempted, RepAvailability
from runtime.values import Input, Timer
from sla_monitor.decide import Outcome, State, Terms, decide
from sla_monitor.decide.state import Lead
from testing.events import EventBuilder
from testing.laws import FoldLaws

After = Callable[[State, Outcome], State]
Builders = Callable[[str], EventBuilder]

hours = st.sampled_from([0, 1, 2, 3, 4, 5, 8, 23, 24, 26, 30, 50, 100, 119, 121, 200])
steps = st.one_of(
    st.tuples(st.just("away"), hours, st.one_of(st.none(), hours), st.one_of(st.none(), hours)),
    st.tuples(st.sampled_from(["active", "left"]), hours, st.none(), st.none()),
    st.tuples(st.sampled_from(["assign", "accept", "attempt", "close"]), hours, st.integers(1, 2), st.none()),
)
Step = tuple[str, float, float | None, float | None]


class TestLeaveAndClocks(FoldLaws[State]):
    """What is said of a rep's leave, before, between and after what happens to the leads."""

    terms: Terms
    after: After
    builders: Builders

    @pytest.fixture(autouse=True)
    def _terms(self, agreement: Agreement, after: After, builders: Builders) -> None:
        shipped = Terms.of(agreement)
        more = Promise.model_validate(
            {"name": "any_time", "title": "x", "side": "sales", "target": "5h", "level": "owner",
             "starts": ("assigned",), "stops": ("attempted",)}
        )  # fmt: skip
        levels = shipped.levels.model_copy(update={"promises": (*shipped.levels.promises, more)})
        self.terms, self.after, self.builders = replace(shipped, levels=levels), after, builders

    def logs(self) -> st.SearchStrategy[list[Input]]:
        return st.lists(steps, max_size=10).map(self.events)

    def events(self, log: Sequence[Step]) -> list[Input]:
        lead = self.builders("lead-1")
        return [self.event(lead, *step) for step in log]

    def event(self, lead: EventBuilder, what: str, at: float, one: float | None, other: float | None) -> Event:
        version = 1 if one is None else int(one)
        offer = {"assignment": f"lead-1.{version}", "rep": ("rep-ana", "rep-ben")[version > 1]}
        match what:
            case "assign":
                return lead.make(LeadAssigned, offer, at=lead.at(at), version=version)
            case "accept":
                return lead.make(LeadAccepted, offer, at=lead.at(at))
            case "attempt":
                return lead.make(ContactAttempted, at=lead.at(at), by=offer["rep"])
            case "close":
                return lead.make(StageChanged, at=lead.at(at), stage="lost", closed=True)
            case _:
                span = {"since": one, "until": other}
                when = {name: lead.at(hour) for name, hour in span.items() if hour is not None}
                return lead.make(RepAvailability, when, at=lead.at(at), subject="rep-ana", state=what)

    def begin(self) -> State:
        return State()

    def fold(self, state: State, inputs: Sequence[Input]) -> tuple[State, Sequence[Fact]]:
        outcome = decide(state, inputs, self.terms, now=self.builders("lead-1").at(1000))
        return self.after(state, outcome), outcome.facts

    def compared(self, state: State) -> object:
        """Clocks are reckoned when something happens to their lead: here, a stage that begins nothing."""
        nothing = self.builders("lead-1").make(StageChanged, stage="lead", cycle=9)
        state, _ = self.fold(state, [nothing])
        leads = {name: (lead.clocks, frozenset(lead.touches)) for name, lead in state.leads.items()}
        return replace(state, leads={}), leads

    @given(log=st.lists(steps, max_size=10))
    def test_when_leave_is_heard_of_never_shows(self, log: list[Step]) -> None:
        """A rep's words come by another lane than the lead's events: in their own order, at any time."""
        events = self.events(log)
        words = [one for one in events if isinstance(one, RepAvailability)]
        others = [one for one in events if not isinstance(one, RepAvailability)]
        first, _ = self.fold(State(), [*words, *others])
        last, _ = self.fold(State(), [*others, *words])
        assert self.compared(first) == self.compared(last)
        mixed, _ = self.fold(State(), events)
        assert self.compared(mixed) == self.compared(first)

    @given(log=st.lists(steps, max_size=10), moments=st.lists(hours, max_size=6).map(sorted))
    def test_how_often_the_timers_run_never_shows(self, log: list[Step], moments: list[float]) -> None:
        """Many small wake-ups bring the same as one after a long sleep, also where the first one moves a clock."""
        state, _ = self.fold(State(), self.events(log))
        often, facts = state, list[Fact]()
        for moment in [*moments, 1000.0]:
            often, more = self.wake(often, moment)
            facts += more
        once, said_once = self.wake(state, 1000.0)
        assert often.leads == once.leads
        assert sorted(map(repr, said_once)) == sorted(map(repr, facts))

    def wake(self, state: State, moment: float) -> tuple[State, list[Fact]]:
        """All timers that are due by then, until none is."""
        facts, now = list[Fact](), self.builders("lead-1").at(moment)
        for _ in range(9):
            clocks = state.leads.get("lead-1", Lead()).clocks
            wakes = {name: clock.next_at for name, clock in clocks.items()}
            due = [Timer("lead-1", "milestone", name, at) for name, at in wakes.items() if at and at <= now]
            outcome = decide(state, due, self.terms, now=now)
            state, facts = self.after(state, outcome), [*facts, *outcome.facts]
        return state, facts

    @given(log=st.lists(steps, max_size=10))
    def test_who_is_away_when_a_promise_is_due_is_never_charged(self, log: list[Step]) -> None:
        """And a promise in business hours leaves its rep the promised time, however much leave there is."""
        state, _ = self.fold(State(), self.events(log))
        state, _ = self.wake(state, 1000.0)
        state = self.fold(state, [self.builders("lead-1").make(StageChanged, stage="lead", cycle=9)])[0]
        for clock in state.leads.get("lead-1", Lead()).clocks.values():
            leave = self.leave(state, clock.holder)
            assert clock.charged != clock.holder or not any(
                since < clock.due and (until is None or clock.due < until) for since, until in leave
            )
            if clock.target.endswith("bh") and clock.level == "owner":
                team = self.terms.calendars.of_team("new-york")
                taken = [
                    team.elapsed(max(since, clock.started), min(until, clock.due))
                    for since, until in leave
                    if until is not None and until > clock.started and since < clock.due
                ]
                promised = timedelta(hours=int(clock.target.removesuffix("bh")))
                assert team.elapsed(clock.started, clock.due) - sum(taken, timedelta(0)) == promised

    def leave(self, state: State, rep: str | None) -> tuple[tuple[datetime, datetime | None], ...]:
        return leave_of(state.words.get(rep or "", ()))
