"""A lead that is closed has no owner whose clocks run."""

import dataclasses
from collections.abc import Callable, Sequence

import pytest

from agreement import Agreement
from events import Event, Fact
from events.handoffs import LeadAccepted, LeadAssigned, StageChanged
from runtime.values import Input
from sla_monitor.decide import State, Terms, decide
from testing.events import EventBuilder

Run = Callable[[Sequence[Input]], tuple[State, list[Fact]]]
OWNERS = {f"lead-1/1/{name}/lead-1.1" for name in ("accepted", "first_touch", "three_attempts")}


ENDS: dict[str, dict[str, object]] = {
    "disqualified": {"stage": "mql", "status": "disqualified", "why": "student"},
    "lost": {"stage": "lost", "status": "nurture", "why": "deal lost: price"},
    "won": {"stage": "won", "status": "connected", "why": "deal won"},
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("steps", [1, 2, 3], ids=["before the offer", "offered", "accepted"])
def test_closing_stops_everything(lead: EventBuilder, agreement: Agreement, steps: int, end: str) -> None:
    """The clocks of the lead, of marketing and of the owner, whatever has begun and however it ends."""

    def states(*events: Event) -> dict[str, str | None]:
        outcome = decide(State(), events, Terms.of(agreement), now=lead.at(0.5))
        return {clock.promise: clock.state for clock in outcome.clocks.values()}

    story = [lead.make(StageChanged, at=lead.at(0)), lead.make(LeadAssigned, at=lead.at(0.1))]
    begun = [*story, lead.make(LeadAccepted, at=lead.at(0.2))][:steps]
    before = states(*begun)
    running = {name for name, state in before.items() if state == "running"}
    owners = {"lead_touch", "first_touch", "three_attempts"}
    assert running == [{"routed"}, {*owners, "accepted"}, owners][steps - 1]
    after = states(*begun, lead.make(StageChanged, {"closed": True, **ENDS[end]}, at=lead.at(0.3)))
    assert after == {**before, **dict.fromkeys(running, "void")}, "and nothing else begins or changes"


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
