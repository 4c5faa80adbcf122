"""Clocks and time: reminders, breaches, the way back to the pool; events and timers in one batch."""

from collections.abc import Callable, Iterable, Sequence

import pytest
from msgspec.structs import replace

from events import Fact
from events.handoffs import LeadAccepted, LeadAssigned
from events.sales import ContactAttempted
from events.slas import ClockCorrected, ClockData, ClockEscalated, ClockState
from runtime.values import Input, Timer
from sla_monitor.decide import Outcome, State, Terms, decide
from sla_monitor.decide.clocks import NEXT, move
from sla_monitor.decide.state import Clock
from testing.events import EventBuilder, data_of, of_type

TOUCH = "lead-1/1/first_touch/lead-1.1"
STATES: tuple[ClockState, ...] = ("running", "met", "breached", "late", "void")
Run = Callable[[Sequence[Input]], tuple[State, list[Fact]]]
Fire = Callable[[State, str, float], tuple[State, Outcome]]


def of_lead(state: State) -> dict[str, Clock]:
    """Clocks by id."""
    return dict(state.leads["lead-1"].clocks)


def names(facts: Iterable[Fact]) -> list[str]:
    clocks = [(fact.event.type_name().split(".")[1], fact.data) for fact in facts]
    return [f"{verb} {data.promise}" for verb, data in clocks if isinstance(data, ClockData)]


def timers(outcome: Outcome) -> list[Timer]:
    return [timer for timer in outcome.timers if timer.due_at and timer.kind == "milestone"]


def test_an_earlier_stamp_that_comes_late_undoes_the_breach(
    lead: EventBuilder, run: Run, fire: Fire, terms: Terms
) -> None:
    state, _ = run([lead.make(LeadAssigned, at=lead.at(0))])
    state, _ = fire(state, TOUCH, 5)
    assert of_lead(state)[TOUCH].state == "breached"
    late = lead.make(ContactAttempted, at=lead.at(3), recorded=lead.at(30), mode="historical")
    outcome = decide(state, [late], terms, now=lead.at(30))
    corrected, _ = outcome.facts
    assert corrected.mode == "live"
    data = data_of(corrected, ClockCorrected.Data)
    assert (data.was, data.now, data.stopped, data.cause) == ("breached", "met", lead.at(3), "attempted")
    assert outcome.clocks[TOUCH].charged is None


def test_milestones_missed_in_a_downtime_happen_in_order_with_their_own_times(
    lead: EventBuilder, terms: Terms, after: Callable[[State, Outcome], State], fire: Fire
) -> None:
    outcome = decide(State(), [lead.make(LeadAssigned, at=lead.at(0))], terms, now=lead.at(0))
    assert [timer.due_at for timer in timers(outcome) if timer.key == TOUCH] == [lead.at(2)]
    _, woken = fire(after(State(), outcome), TOUCH, 48)
    assert [(fact.event.type_name(), fact.time) for fact in woken.facts] == [
        ("clock.reminded.v1", lead.at(2)),
        ("clock.reminded.v1", lead.at(3.2)),
        ("clock.breached.v1", lead.at(4)),
        ("clock.escalated.v1", lead.at(6)),
    ]
    assert timers(woken) == []
    assert {fact.correlation for fact in woken.facts} == {outcome.facts[0].correlation}


def test_each_timer_plans_the_next(lead: EventBuilder, run: Run, fire: Fire) -> None:
    state, _ = run([lead.make(LeadAssigned, at=lead.at(0))])
    for hours, following in ((2, 3.2), (3.2, 4), (4, 6), (6, None)):
        state, outcome = fire(state, TOUCH, hours)
        assert len(outcome.facts) == 1
        assert outcome.timers[0].due_at == (None if following is None else lead.at(following))


@pytest.mark.parametrize(
    ("more", "action"),
    [({}, "repool"), ({"kind": "named"}, "manager"), ({"flag": "referral"}, "manager"), ({"flag": "hot"}, "repool")],
)
def test_of_named_accounts_and_referrals_the_manager_decides(
    lead: EventBuilder, run: Run, fire: Fire, more: dict[str, str], action: str
) -> None:
    offer = lead.make(LeadAssigned, at=lead.at(0))
    state, _ = run([offer.replaced(data=offer.data.replaced(**more))])
    _, outcome = fire(state, TOUCH, 6)
    (data,) = of_type(outcome.facts, ClockEscalated.Data)
    assert (data.action, data.manager) == (action, "rep-grace")


def test_a_timer_of_a_stopped_clock_changes_nothing(
    lead: EventBuilder, terms: Terms, after: Callable[[State, Outcome], State], fire: Fire
) -> None:
    events = [lead.make(LeadAssigned, at=lead.at(0)), lead.make(ContactAttempted, at=lead.at(1))]
    outcome = decide(State(), events, terms, now=lead.at(1))
    assert TOUCH not in {timer.key for timer in timers(outcome)}
    _, woken = fire(after(State(), outcome), TOUCH, 9)
    assert (woken.facts, woken.clocks) == ([], {})


def test_only_a_clock_whose_next_milestone_moved_is_planned(
    lead: EventBuilder, terms: Terms, after: Callable[[State, Outcome], State]
) -> None:
    begun = decide(State(), [lead.make(LeadAssigned, at=lead.at(0))], terms, now=lead.at(0))
    assert {timer.key for timer in begun.timers} == set(begun.clocks)
    accepted = lead.make(LeadAccepted, at=lead.at(1))
    answered = decide(after(State(), begun), [accepted], terms, now=lead.at(1))
    assert {timer.key: timer.due_at for timer in answered.timers} == {
        name: None for name, clock in answered.clocks.items() if clock.state == "met"
    }
    at_birth = decide(
        State(),
        [lead.make(ContactAttempted, at=lead.at(1)), lead.make(LeadAssigned, at=lead.at(0))],
        terms,
        now=lead.at(1),
    )
    assert at_birth.clocks[TOUCH].state == "met"
    assert TOUCH not in {timer.key for timer in at_birth.timers}, "it never had one to cancel"


def test_a_timer_that_comes_too_early_is_planned_again(
    lead: EventBuilder, terms: Terms, after: Callable[[State, Outcome], State], fire: Fire
) -> None:
    begun = decide(State(), [lead.make(LeadAssigned, at=lead.at(0))], terms, now=lead.at(0))
    _, woken = fire(after(State(), begun), TOUCH, 1)
    assert [(timer.key, timer.due_at) for timer in timers(woken)] == [(TOUCH, lead.at(2))]


def test_events_and_timers_of_a_batch_are_decided_in_its_order(lead: EventBuilder, terms: Terms) -> None:
    """The touch was read before the reminder was due: nobody is reminded."""
    milestone = Timer("lead-1", "milestone", TOUCH, lead.at(2))
    events = [lead.make(LeadAssigned, at=lead.at(0)), lead.make(ContactAttempted, at=lead.at(1))]
    stopped = decide(State(), [*events, milestone], terms, now=lead.at(3))
    assert "reminded first_touch" not in names(stopped.facts)
    reminded = decide(State(), [events[0], milestone, events[1]], terms, now=lead.at(3))
    assert names(reminded.facts)[-2:] == ["met first_touch", "reminded first_touch"]


def test_an_input_that_nobody_decides_on_is_refused(terms: Terms, lead: EventBuilder) -> None:
    with pytest.raises(KeyError):
        decide(State(), [Timer("lead-1", "unheard_of", "x", lead.at(0))], terms, now=lead.at(0))


def test_a_pair_that_is_not_in_the_table_changes_nothing(lead: EventBuilder, run: Run) -> None:
    state, _ = run([lead.make(LeadAssigned, at=lead.at(0))])
    clock = of_lead(state)[TOUCH]
    for state_before in STATES:
        for evidence in {evidence for _, evidence in NEXT}:
            if (state_before, evidence) not in NEXT:
                before = replace(clock, state=state_before)
                assert move(before, evidence, None) == (before, [])
