"""A lead that is closed has no owner whose clocks run."""

import dataclasses
from collections.abc import Callable, Sequence

import pytest

from events import Fact
from events.handoffs import LeadAssigned, StageChanged
from runtime.values import Input
from sla_monitor.decide import State, Terms, decide
from testing.events import EventBuilder

Run = Callable[[Sequence[Input]], tuple[State, list[Fact]]]
OWNERS = {f"lead-1/1/{name}/lead-1.1" for name in ("accepted", "first_touch", "three_attempts")}


def test_closing_stops_each_clock_of_the_owner(lead: EventBuilder, run: Run) -> None:
    events = [lead.make(StageChanged, at=lead.at(0)), lead.make(LeadAssigned, at=lead.at(0))]
    state, _ = run(events)
    running = {key for key, clock in state.leads["lead-1"].clocks.items() if clock.state == "running"}
    assert running == OWNERS
    state, _ = run([*events, lead.make(StageChanged, at=lead.at(1), closed=True, status="disqualified", why="student")])
    ended = state.leads["lead-1"].clocks
    assert {(ended[key].state, ended[key].cause) for key in running} == {("void", "student")}


def test_a_lead_that_is_withdrawn_has_no_clock_whatever_the_words(lead: EventBuilder, run: Run) -> None:
    begun = [lead.make(StageChanged, at=lead.at(0)), lead.make(LeadAssigned, at=lead.at(0))]
    withdrawn = lead.make(StageChanged, at=lead.at(1), stage="lead", status="new", withdrawn=True, why="58 of 60")
    state, _ = run([*begun, withdrawn])
    ended = [clock for clock in state.leads["lead-1"].clocks.values() if clock.stopped == lead.at(1)]
    assert {clock.id for clock in ended} == OWNERS
    assert {(clock.state, clock.cause) for clock in ended} == {("void", "withdrawn")}


@pytest.mark.parametrize(("cycle", "end"), [(1, ("met", "deal_closed")), (2, ("void", "deal lost: price"))])
def test_a_deal_that_closes_keeps_what_was_promised_until_then_in_its_own_cycle_only(
    lead: EventBuilder, terms: Terms, cycle: int, end: tuple[str, str]
) -> None:
    promises = tuple(
        one.model_copy(update={"stops": ("deal_closed",)}) if one.name == "first_touch" else one
        for one in terms.levels.promises
    )
    changed = dataclasses.replace(terms, levels=terms.levels.model_copy(update={"promises": promises}))
    begun = [lead.make(StageChanged, at=lead.at(0)), lead.make(LeadAssigned, at=lead.at(0))]
    lost = lead.make(
        StageChanged, at=lead.at(1), stage="lost", status="nurture", closed=True, cycle=cycle, why="deal lost: price"
    )
    clocks = decide(State(), [*begun, lost], changed, now=lead.at(1000)).clocks
    clock = clocks["lead-1/1/first_touch/lead-1.1"]
    assert (clock.state, clock.cause) == end
