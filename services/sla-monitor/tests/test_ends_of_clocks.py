"""What ends a clock, and what does not: an offer that is said again, an end that lasted no time, endings of before."""

from collections.abc import Callable, Sequence

import pytest
from msgspec.structs import replace

from events import Fact
from events.deal_ends import DealJudged
from events.deals import SurveyAnswered
from events.handoffs import LeadAssigned
from runtime.values import Input
from sla_monitor.decide import State, Terms, decide
from sla_monitor.decide.state import Clock, Lead
from testing.events import EventBuilder

Run = Callable[[Sequence[Input]], tuple[State, list[Fact]]]
LOST: dict[str, object] = {"cycle": 1, "deal": "d-1", "state": "lost", "owner": "rep-ana", "team": "new-york"}


def surveys(state: State) -> list[Clock]:
    clocks = state.leads["lead-1"].clocks.values()
    return sorted((one for one in clocks if one.promise == "survey"), key=lambda one: (one.started, one.id))


def test_an_offer_that_is_said_again_ends_none_of_its_own_clocks(lead: EventBuilder, run: Run) -> None:
    once, _ = run([lead.make(LeadAssigned, at=lead.at(0))])
    twice, _ = run([lead.make(LeadAssigned, at=lead.at(0)), lead.make(LeadAssigned, at=lead.at(1))])
    states = [{key: one.state for key, one in state.leads["lead-1"].clocks.items()} for state in (once, twice)]
    assert states[0] == states[1]
    assert set(states[0].values()) == {"running"}


def test_an_end_that_was_taken_back_at_its_own_instant_lasted_no_time(lead: EventBuilder, run: Run) -> None:
    log = [
        lead.make(DealJudged, LOST, at=lead.at(2)),
        lead.make(DealJudged, {**LOST, "surveys_from": lead.at(2)}, at=lead.at(5)),
    ]
    first, second = surveys(run(log)[0])
    assert (first.state, first.ended, first.ended_why) == ("void", lead.at(2), "deal_reopened")
    assert (second.state, second.started) == ("running", lead.at(5))


@pytest.mark.parametrize(("outcome", "state"), [("won", "met"), ("lost", "running")])
def test_of_a_clock_that_kept_several_endings_the_latest_is_asked_about(
    lead: EventBuilder, run: Run, terms: Terms, outcome: str, state: str
) -> None:
    (clock,) = surveys(run([lead.make(DealJudged, LOST, at=lead.at(1))])[0])
    older = Lead(clocks={clock.id: replace(clock, endings=("lost", "won"))})
    survey = lead.make(SurveyAnswered, at=lead.at(2), outcome=outcome)
    outcomes = decide(State(leads={"lead-1": older}), [survey], terms, now=lead.at(3)).clocks
    assert outcomes.get(clock.id, clock).state == state
