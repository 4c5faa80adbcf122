"""The laws of the fold: where a batch is cut, how topics interleave, how often timers run; and what a state means."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreement.service_levels import Promise
from events import Event, Fact
from events.deals import DealOpened, SurveyAnswered
from events.handoffs import LeadAccepted, LeadAssigned, LeadNurtured, LeadReturned, StageChanged
from events.notices import NoticeFailed, NoticeSent, NoticeUnknown
from events.sales import ContactAttempted, ContactConnected, FeedbackGiven, LeadSalesQualified
from runtime.values import Input, Timer
from sla_monitor.decide import Outcome, State, Terms, decide
from sla_monitor.decide.state import Clock, Lead
from testing.events import EventBuilder
from testing.laws import FoldLaws

After = Callable[[State, Outcome], State]
Builders = Callable[[str], EventBuilder]

RULES: Final[Mapping[str, Mapping[str, object]]] = {
    "opens_a_deal": {"level": "owner", "starts": ("qualified",), "stops": ("deal_opened",)},
    "calls_again": {"level": "owner", "starts": ("qualified", "deal_opened"), "stops": ("attempted", "feedback")},
    "works_it": {"level": "owner", "starts": ("accepted",), "stops": ("attempted",), "attempts": 2},
    "reaches_it": {"level": "lead", "starts": ("becomes_mql",), "stops": ("connected", "accepted", "qualified")},
    "touches_it": {"level": "lead", "starts": ("assigned",), "stops": ("attempted", "connected")},
    "closes_it": {"level": "lead", "starts": ("deal_opened",), "stops": ("deal_closed",)},
}
"""Promises of other shapes than the shipped ones: rows of an agreement, no code."""
FURTHER: Final = tuple(
    Promise.model_validate({"title": name, "side": "sales", "target": "5bh", "name": name, **rule})
    for name, rule in RULES.items()
)


@dataclass(frozen=True)
class EventLine:
    """One event: its type, when (hours), and its data."""

    kind: type[Event]
    at: float
    data: dict[str, object]

    def event(self, lead: EventBuilder) -> Event:
        return lead.make(self.kind, at=lead.at(self.at), **self.data)  # type: ignore[arg-type]


def lines(kind: type[Event], **fields: st.SearchStrategy[object]) -> st.SearchStrategy[EventLine]:
    return st.builds(EventLine, st.just(kind), hours, st.fixed_dictionaries({}, optional=fields))


def offers(kind: type[Event], **fields: st.SearchStrategy[object]) -> st.SearchStrategy[EventLine]:
    """About one of three offers; of an assignment, its version is the offer's."""
    more = {"version": st.integers(1, 3)} if kind is LeadAssigned else {}
    names = st.sampled_from(("lead-1.1", "lead-1.2", "lead-1.3"))
    every = {"assignment": names, "rep": reps, "cycle": cycles, **more}
    return st.builds(EventLine, st.just(kind), hours, st.fixed_dictionaries(every, optional=fields))


hours = st.sampled_from([0, 1, 2, 3, 4, 5, 8, 23, 24, 26, 30, 50, 100, 119, 121, 200])
reps = st.sampled_from(["rep-ana", "rep-ben", "rep-kate"])
cycles = st.sampled_from([1, 1, 1, 2])
owners = st.one_of(st.none(), reps)
reasons = st.sampled_from(["other", "rep_left", "accept_timeout"])
handoff = st.one_of(
    lines(StageChanged, cycle=cycles, completeness=st.sampled_from([None, 79, 80]), re_engaged=st.booleans()),
    lines(
        StageChanged,
        cycle=cycles,
        stage=st.sampled_from(["sal", "sql", "opportunity", "won"]),
        owner=owners,
        implied=st.just(("mql",)),
    ),
    lines(StageChanged, cycle=cycles, stage=st.just("lead"), withdrawn=st.just(True)),
    st.builds(
        EventLine,
        st.just(StageChanged),
        hours,
        st.fixed_dictionaries(
            {"stage": st.sampled_from(["won", "lost", "mql"]), "closed": st.just(True)},
            optional={"cycle": cycles, "owner": owners, "deal": st.sampled_from(["d-1", "d-2"])},
        ),
    ),
    offers(LeadAssigned, rule=st.sampled_from(["hands_to", "deal_owner"])),
    offers(LeadAccepted),
    offers(LeadReturned, reason=reasons),
    lines(LeadNurtured, cycle=cycles),
)
sale = st.one_of(
    *(lines(kind, by=owners) for kind in (ContactConnected, LeadSalesQualified, DealOpened)),
    lines(ContactAttempted, by=owners, channel=st.sampled_from(["call", "email"])),
    lines(FeedbackGiven),
    lines(SurveyAnswered, deal=st.sampled_from(["d-1", "d-2"]), outcome=st.sampled_from(["won", "lost"])),
)
word = st.one_of(
    *(
        lines(kind, assignment=st.sampled_from(("lead-1.1", "lead-1.2")), to=reps)
        for kind in (NoticeSent, NoticeFailed, NoticeUnknown)
    )
)


class TestClocksAndCounts(FoldLaws[State]):
    """Handoffs and sales, in any order, end in the same clocks and counts; of the shipped promises and of others."""

    terms: Terms
    after: After
    builders: Builders

    @pytest.fixture(autouse=True)
    def _terms(self, terms: Terms, after: After, builders: Builders) -> None:
        promises = (*terms.levels.promises, *FURTHER)
        self.terms = replace(terms, levels=terms.levels.model_copy(update={"promises": promises}))
        self.after, self.builders = after, builders

    def logs(self) -> st.SearchStrategy[list[Input]]:
        return st.lists(st.one_of(handoff, sale, word), max_size=12).map(self.events)

    def events(self, log: Sequence[EventLine]) -> list[Input]:
        lead = self.builders("lead-1")
        return [line.event(lead) for line in log]

    def begin(self) -> State:
        return State()

    def fold(self, state: State, inputs: Sequence[Input]) -> tuple[State, Sequence[Fact]]:
        outcome = decide(state, inputs, self.terms, now=self.builders("lead-1").at(1000))
        return self.after(state, outcome), outcome.facts

    def compared(self, state: State) -> object:
        leads = {name: (lead.clocks, frozenset(lead.touches)) for name, lead in state.leads.items()}
        return replace(state, leads={}), leads

    def clocks(self, log: Sequence[EventLine]) -> dict[str, Clock]:
        state, _ = self.fold(State(), self.events(log))
        return dict(state.leads.get("lead-1", Lead()).clocks)

    @given(log=st.lists(st.one_of(handoff, sale), max_size=10), moments=st.lists(hours, max_size=6).map(sorted))
    def test_how_often_the_timers_run_never_shows(self, log: list[EventLine], moments: list[float]) -> None:
        """Many small wake-ups bring the same as one after a long sleep."""
        clocks = self.clocks(log)
        often, facts = dict(clocks), list[Fact]()
        for moment in [*moments, 1000.0]:
            outcome = self.wake(often, moment)
            often |= outcome.clocks
            facts += outcome.facts
        once = self.wake(clocks, 1000.0)
        assert {**clocks, **once.clocks} == often
        assert sorted(map(repr, once.facts)) == sorted(map(repr, facts))

    def wake(self, clocks: dict[str, Clock], moment: float) -> Outcome:
        """All milestone timers of these clocks, so many hours after the beginning."""
        timers = [Timer("lead-1", "milestone", name, clock.next_at) for name, clock in clocks.items()]
        now = self.builders("lead-1").at(moment)
        return decide(State({"lead-1": Lead(clocks)}), timers, self.terms, now=now)

    @given(log=st.lists(st.one_of(handoff, sale, word), max_size=12))
    def test_every_state_is_explained_by_its_evidence(self, log: list[EventLine]) -> None:
        for clock in self.clocks(log).values():
            match clock.state:
                case "met":
                    assert clock.stopped is not None
                    assert clock.started <= clock.stopped <= clock.due
                case "late":
                    assert clock.stopped is not None
                    assert clock.stopped > clock.due
                case "void":
                    assert clock.ended == clock.stopped is not None
                case "breached" | "running":
                    assert clock.stopped is None
            assert (clock.charged is not None) == (clock.state in ("breached", "late"))
