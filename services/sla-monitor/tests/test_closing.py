"""A lead that is closed has no owner whose clocks run."""

from collections.abc import Callable, Sequence

from events import Fact
from events.handoffs import LeadAssigned, StageChanged
from runtime.values import Input
from sla_monitor.decide import State
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
