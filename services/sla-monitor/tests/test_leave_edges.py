"""Leave at its edges: whose clocks it is about, what is dated when, what is said once, and what is not said at all."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from agreement import Agreement
from events import Event, Fact
from events.handoffs import LeadAccepted, LeadAssigned, StageChanged
from events.sales import ContactAttempted, RepAvailability
from events.slas import ClockBreached, ClockMoved, ClockReminded
from runtime.values import Input, Timer
from sla_monitor.decide import Outcome, State, Terms, decide
from sla_monitor.decide.draft import LEAVE
from sla_monitor.decide.state import Clock
from testing.events import EventBuilder, of_type

TOUCH = "lead-1/1/first_touch/lead-1.1"
Run = Callable[[Sequence[Input]], tuple[State, list[Fact]]]
Fire = Callable[[State, str, float], tuple[State, Outcome]]
After = Callable[[State, Outcome], State]


def word(lead: EventBuilder, at: float, state: str = "away", **hours: float) -> Event:
    when = {name: lead.at(hour) for name, hour in hours.items()}
    return lead.make(RepAvailability, when, at=lead.at(at), subject="rep-ana", state=state)


def touch(state: State, name: str = TOUCH) -> Clock:
    return state.leads["lead-1"].clocks[name]


def test_the_leads_own_clock_waits_for_nobodys_leave(lead: EventBuilder, agreement: Agreement, after: After) -> None:
    """It is a side's: nothing that is said of its owner moves it, or wakes it."""
    terms, name = Terms.of(agreement), "lead-1/1/lead_touch/-"
    events = [word(lead, -1, since=1, until=23), lead.make(LeadAssigned, at=lead.at(0))]
    state = after(State(), decide(State(), events, terms, now=lead.at(0)))
    assert (touch(state, name).away, touch(state, name).waits_for) == ((), None)
    assert touch(state).waits_for == "rep-ana"


def test_what_a_clock_does_is_never_dated_before_it_was_moved(
    lead: EventBuilder, run: Run, terms: Terms, after: After
) -> None:
    """It looks again late: meanwhile, by its new hours, it was due. The move comes first."""
    state, _ = run([word(lead, -1, since=1, until=23), lead.make(LeadAssigned, at=lead.at(0))])
    state = replace(state, words=decide(State(words=state.words), [word(lead, 1.5, "active")], terms,
                                        now=lead.at(1.5)).words)  # fmt: skip
    outcome = decide(state, [Timer("lead-1", LEAVE, TOUCH, lead.at(10))], terms, now=lead.at(10))
    times = [fact.time for fact in outcome.facts]
    assert type(outcome.facts[0].data) is ClockMoved.Data
    assert times == sorted(times)
    assert times[0] == lead.at(2.5), "half of the time was gone then"
    assert [data.due for data in of_type(outcome.facts, ClockBreached.Data)] == [lead.at(4.5)]


def test_who_was_reminded_is_not_reminded_again_of_the_same_part(
    lead: EventBuilder, run: Run, fire: Fire, terms: Terms, after: After
) -> None:
    state, _ = run([lead.make(LeadAssigned, at=lead.at(0))])
    before = touch(state)
    state, outcome = fire(state, TOUCH, 2)
    assert [data.percent for data in of_type(outcome.facts, ClockReminded.Data)] == [50]
    ill = decide(state, [word(lead, 2.1, since=2.2, until=23)], terms, now=lead.at(2.1))
    state, outcome = fire(after(state, ill), TOUCH, 3.2)
    assert [data.due_before for data in of_type(outcome.facts, ClockMoved.Data)] == [before.due]
    assert of_type(outcome.facts, ClockReminded.Data) == []
    assert touch(state).last_percent == 50, "80 % are still to come"
    state, outcome = fire(state, TOUCH, 26)
    assert [data.percent for data in of_type(outcome.facts, ClockReminded.Data)] == [80]


@pytest.mark.parametrize("end", ["met", "void"])
def test_of_a_clock_that_is_over_either_way_nothing_is_said(
    lead: EventBuilder, run: Run, terms: Terms, after: After, end: str
) -> None:
    """It was kept, or ended without a verdict, before leave was heard of: its due time moves in silence."""
    over = (
        lead.make(ContactAttempted, at=lead.at(1))
        if end == "met"
        else lead.make(StageChanged, at=lead.at(1), stage="lost", closed=True)
    )
    state, _ = run([lead.make(LeadAssigned, at=lead.at(0)), over])
    assert touch(state).state == end
    more = [word(lead, 5, since=0.5, until=23), lead.make(LeadAccepted, at=lead.at(5))]
    outcome = decide(state, more, terms, now=lead.at(5))
    state = after(state, outcome)
    assert (touch(state).state, touch(state).due > lead.at(4)) == (end, True)
    assert [data for data in of_type(outcome.facts, ClockMoved.Data) if data.promise == "first_touch"] == []
