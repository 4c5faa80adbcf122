"""A deal that is open again owes no survey for the end that was taken back; its next end is another promise."""

from collections.abc import Callable, Sequence

from events import Event, Fact
from events.deal_ends import DealJudged
from events.deals import SurveyAnswered
from events.handoffs import StageChanged
from runtime.values import Input
from sla_monitor.decide import State
from sla_monitor.decide.state import Clock
from testing.events import EventBuilder

Run = Callable[[Sequence[Input]], tuple[State, list[Fact]]]


def ended(lead: EventBuilder, stage: str, at: float, deal: str = "d-1", before: str = "opportunity") -> Event:
    data = {"stage": stage, "stage_from": before, "closed": True, "owner": "rep-ana", "team": "new-york", "deal": deal}
    return lead.make(StageChanged, data, at=lead.at(at))


def reopened(lead: EventBuilder, at: float, deal: str = "d-1") -> Event:
    data = {"stage": "opportunity", "stage_from": "lost", "status": "connected", "owner": "rep-ana", "deal": deal}
    return lead.make(StageChanged, data, at=lead.at(at))


def surveys(state: State) -> list[Clock]:
    """In the order in which they began."""
    clocks = state.leads["lead-1"].clocks.values()
    return sorted((one for one in clocks if one.promise == "survey"), key=lambda one: (one.started, one.id))


def test_a_deal_that_is_open_again_owes_no_survey(lead: EventBuilder, run: Run) -> None:
    state, _ = run([ended(lead, "lost", 1), reopened(lead, 3)])
    (clock,) = surveys(state)
    assert (clock.state, clock.stopped, clock.cause, clock.next_at) == ("void", lead.at(3), "deal_reopened", None)


def test_its_second_end_starts_a_second_clock(lead: EventBuilder, run: Run) -> None:
    for stage in ("lost", "won"):
        log = [ended(lead, "lost", 1), reopened(lead, 3), ended(lead, stage, 5), ended(lead, stage, 5)]
        state, _ = run(log)
        first, second = surveys(state)
        assert (first.state, second.state, second.started) == ("void", "running", lead.at(5))
        assert (second.deal, second.endings, second.holder) == ("d-1", (stage,), "rep-ana")
        state, _ = run([*log, lead.make(SurveyAnswered, at=lead.at(6), outcome=stage)])
        assert [one.state for one in surveys(state)] == ["void", "met"]


def test_a_survey_that_came_before_it_was_open_again_kept_its_promise(lead: EventBuilder, run: Run) -> None:
    answered = lead.make(SurveyAnswered, at=lead.at(2), outcome="lost")
    state, _ = run([ended(lead, "lost", 1), answered, reopened(lead, 3), ended(lead, "won", 5)])
    assert [one.state for one in surveys(state)] == ["met", "running"]


def test_each_deal_of_a_lead_has_its_own_clock(lead: EventBuilder, run: Run) -> None:
    state, _ = run([ended(lead, "lost", 1), ended(lead, "won", 2, deal="d-2", before="lost"), reopened(lead, 3)])
    first, second = surveys(state)
    assert [(one.deal, one.state) for one in (first, second)] == [("d-1", "void"), ("d-2", "running")]
    state, _ = run([ended(lead, "won", 1), ended(lead, "won", 2, deal="d-2"), lead.make(SurveyAnswered, at=lead.at(4))])
    assert [(one.deal, one.state) for one in surveys(state)] == [("d-1", "met"), ("d-2", "running")]


def deal(lead: EventBuilder, state: str, at: float, deal: str = "d-1", owner: str = "rep-ana") -> Event:
    data = {"cycle": 1, "deal": deal, "state": state, "owner": owner, "team": "new-york"}
    return lead.make(DealJudged, data, at=lead.at(at))


def of_today(event: Event) -> Event:
    """The same stage, as it is written since routing speaks of deals apart."""
    assert isinstance(event, StageChanged)
    return event.replaced(data=event.data.replaced(deal_judged=True))


def test_a_deal_ends_whatever_the_stage_of_its_lead_does(lead: EventBuilder, run: Run) -> None:
    log = [deal(lead, "won", 1, "d-2", "rep-ben"), of_today(ended(lead, "won", 1, deal="d-2")), deal(lead, "lost", 2)]
    state, _ = run(log)
    assert [(one.id, one.deal, one.endings, one.holder) for one in surveys(state)] == [
        ("lead-1/1/survey/-", "d-2", ("won",), "rep-ben"),
        ("lead-1/1/survey/2", "d-1", ("lost",), "rep-ana"),
    ]
    state, _ = run([*log, deal(lead, "open", 3)])
    assert [(one.deal, one.state) for one in surveys(state)] == [("d-2", "running"), ("d-1", "void")]


def test_the_same_end_at_another_instant_is_another_clock(lead: EventBuilder, run: Run) -> None:
    for at in (2, 6):
        state, _ = run([deal(lead, "lost", 4), deal(lead, "lost", at), deal(lead, "lost", at)])
        assert {one.started: one.state for one in surveys(state)} == {lead.at(4): "void", lead.at(at): "running"}


def test_a_stage_of_before_and_the_deal_itself_begin_one_clock(lead: EventBuilder, run: Run) -> None:
    state, _ = run([ended(lead, "lost", 1), deal(lead, "lost", 1)])
    assert [(one.id, one.state) for one in surveys(state)] == [("lead-1/1/survey/-", "running")]


def test_a_stage_says_nothing_of_a_deal_that_speaks_for_itself(lead: EventBuilder, run: Run) -> None:
    state, _ = run([deal(lead, "lost", 1), of_today(reopened(lead, 2))])
    assert [one.state for one in surveys(state)] == ["running"]
