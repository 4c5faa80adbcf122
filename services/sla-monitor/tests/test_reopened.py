"""A deal that is open again owes no survey for the end that was taken back; its next end is another promise."""

import dataclasses
from collections.abc import Callable, Sequence

import pytest
from msgspec.structs import replace

from events import Event, Fact
from events.deal_ends import DealJudged
from events.deals import SurveyAnswered
from events.handoffs import StageChanged
from events.slas import ClockCorrected, ClockStarted
from runtime.values import Input
from sla_monitor.decide import Outcome, State, decide
from sla_monitor.decide.state import Clock, Lead
from sla_monitor.decide.terms import Terms
from testing.events import EventBuilder

Run = Callable[[Sequence[Input]], tuple[State, list[Fact]]]
Fire = Callable[[State, str, float], tuple[State, Outcome]]


def ended(lead: EventBuilder, stage: str, at: float, deal: str | None = "d-1", before: str = "opportunity") -> Event:
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


def deal(
    lead: EventBuilder, state: str, at: float, deal: str = "d-1", owner: str = "rep-ana", since: float | None = None
) -> Event:
    surveys_from = None if since is None else lead.at(since)
    data = {"cycle": 1, "deal": deal, "state": state, "owner": owner, "team": "new-york", "surveys_from": surveys_from}
    return lead.make(DealJudged, data, at=lead.at(at))


def test_a_survey_of_before_it_was_open_again_is_not_about_the_second_end(lead: EventBuilder, run: Run) -> None:
    before, between = (lead.make(SurveyAnswered, at=lead.at(at), outcome="lost") for at in (2, 4))
    log = [deal(lead, "lost", 1), before, deal(lead, "open", 3, since=3), deal(lead, "lost", 5, since=3)]
    state, _ = run(log)
    assert [one.state for one in surveys(state)] == ["met", "running"]
    state, _ = run([*log, between])
    assert [(one.state, one.stopped) for one in surveys(state)] == [("met", lead.at(2)), ("met", lead.at(5))]
    state, _ = run([log[0], *log[2:], between])
    assert [one.state for one in surveys(state)] == ["void", "met"]


@pytest.mark.parametrize("again", ["open", "lost"], ids=["open again", "lost again"])
def test_an_opening_that_is_heard_of_after_the_due_time_takes_the_breach_back(
    lead: EventBuilder, run: Run, terms: Terms, fire: Fire, again: str
) -> None:
    """Occurred within the five days, known after them: the end that was taken back owed nothing any more."""
    state, _ = run([deal(lead, "lost", 1)])
    (clock,) = surveys(state)
    state, outcome = fire(state, clock.id, 24 * 8)
    assert [one.state for one in surveys(state)] == ["breached"]
    late = deal(lead, again, 24 if again == "open" else 24 * 8, since=24)
    outcome = decide(state, [late], terms, now=lead.at(24 * 9))
    first = outcome.clocks[clock.id]
    assert (first.state, first.stopped, first.cause, first.charged) == ("void", lead.at(24), "deal_reopened", None)
    (fact,) = (one.data for one in outcome.facts if isinstance(one.data, ClockCorrected.Data))
    assert (fact.was, fact.now) == ("breached", "void")


def test_a_deal_that_is_lost_after_a_win_takes_no_breach_of_the_win_back(
    lead: EventBuilder, run: Run, terms: Terms, fire: Fire
) -> None:
    """Lost, won, lost again, and never open in between: the win owed its survey until the deal was lost once more."""
    state, _ = run([deal(lead, "lost", 1), deal(lead, "won", 2)])
    _, won = surveys(state)
    state, _ = fire(state, won.id, 24 * 8)
    assert [one.state for one in surveys(state)] == ["void", "breached"]
    outcome = decide(state, [deal(lead, "lost", 24 * 9, since=2)], terms, now=lead.at(24 * 9))
    end = outcome.clocks[won.id]
    assert (end.state, end.ended, end.ended_why) == ("breached", lead.at(24 * 9), "deal_ended_otherwise")
    assert not [one for one in outcome.facts if isinstance(one.data, ClockCorrected.Data)]


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


def test_the_same_end_of_which_other_surveys_count_is_another_clock(lead: EventBuilder, run: Run) -> None:
    """What was counted as answered before that was known is no kept promise, whatever is heard afterwards."""
    foresaw = lead.make(SurveyAnswered, at=lead.at(3), outcome="won")
    log = [deal(lead, "won", 5), foresaw, deal(lead, "won", 5, since=4)]
    state, _ = run(log)
    assert [(one.state, one.started) for one in surveys(state)] == [("void", lead.at(5)), ("running", lead.at(5))]
    state, _ = run([*log, lead.make(SurveyAnswered, at=lead.at(6), outcome="won"), deal(lead, "won", 5, since=4)])
    assert [one.state for one in surveys(state)] == ["void", "met"]


def test_an_end_that_stood_keeps_its_promise_when_the_deal_ends_otherwise_later(lead: EventBuilder, run: Run) -> None:
    answered = lead.make(SurveyAnswered, at=lead.at(2), outcome="lost")
    state, _ = run([deal(lead, "lost", 1), answered, deal(lead, "won", 4)])
    assert [(one.state, one.started) for one in surveys(state)] == [("met", lead.at(1)), ("running", lead.at(4))]


def test_of_an_end_that_was_earlier_one_promise_is_kept(lead: EventBuilder, run: Run) -> None:
    answered = lead.make(SurveyAnswered, at=lead.at(3), outcome="lost")
    state, _ = run([deal(lead, "lost", 4), answered, deal(lead, "lost", 2)])
    assert {one.started: one.state for one in surveys(state)} == {lead.at(4): "void", lead.at(2): "met"}


def test_a_stage_of_before_and_the_deal_itself_begin_one_clock(lead: EventBuilder, run: Run) -> None:
    state, _ = run([ended(lead, "lost", 1), deal(lead, "lost", 1)])
    assert [(one.id, one.state) for one in surveys(state)] == [("lead-1/1/survey/-", "running")]


def test_a_stage_says_nothing_of_a_deal_that_speaks_for_itself(lead: EventBuilder, run: Run) -> None:
    state, _ = run([deal(lead, "lost", 1), of_today(reopened(lead, 2))])
    assert [one.state for one in surveys(state)] == ["running"]


@pytest.mark.parametrize(
    ("stage", "closed", "other"),
    [("opportunity", True, "d-1"), ("sql", False, "d-1"), ("opportunity", False, "d-2"), ("opportunity", False, None)],
)
@pytest.mark.parametrize("deal", ["d-1", None])
def test_what_opens_no_deal_again_leaves_its_survey_owed(
    lead: EventBuilder, run: Run, deal: str | None, stage: str, closed: bool, other: str | None
) -> None:
    moved = lead.make(StageChanged, {"stage": stage, "closed": closed, "deal": other}, at=lead.at(3))
    state, _ = run([ended(lead, "lost", 1, deal=deal), moved])
    assert [(one.id, one.state) for one in surveys(state)] == [("lead-1/1/survey/-", "running")]


def test_the_clocks_of_a_cycle_are_counted_in_it(lead: EventBuilder, run: Run) -> None:
    next_cycle = {"stage": "lost", "closed": True, "cycle": 2, "owner": "rep-ana", "team": "new-york"}
    for deal in ("d-2", None):
        closed = lead.make(StageChanged, {**next_cycle, "deal": deal}, at=lead.at(5))
        state, _ = run([ended(lead, "won", 1), closed])
        assert [one.id for one in surveys(state)] == ["lead-1/1/survey/-", "lead-1/2/survey/-"]
    again = lead.make(StageChanged, {**next_cycle, "stage": "won", "deal": "d-2"}, at=lead.at(6))
    state, _ = run(
        [ended(lead, "won", 1), lead.make(StageChanged, {**next_cycle, "deal": "d-2"}, at=lead.at(5)), again]
    )
    assert surveys(state)[-1].id == "lead-1/2/survey/2"


def test_an_ending_that_names_no_deal_starts_one_clock_a_cycle(lead: EventBuilder, run: Run) -> None:
    for deal in ("d-1", None):
        state, _ = run([ended(lead, "lost", 1, deal=deal), ended(lead, "won", 2, deal=None)])
        assert [(one.endings, one.state) for one in surveys(state)] == [(("lost",), "running")]


@pytest.mark.parametrize(
    ("kept", "stage", "clocks"),
    [((), "won", 1), (("lost", "won"), "won", 1), (("lost", "won"), "lost", 2), (("won", "lost"), "won", 2)],
)
def test_of_an_older_clock_the_latest_ending_counts_and_one_that_says_none_stays(
    lead: EventBuilder, run: Run, terms: Terms, kept: tuple[str, ...], stage: str, clocks: int
) -> None:
    state, _ = run([ended(lead, "lost", 1)])
    (clock,) = surveys(state)
    older = Lead(clocks={clock.id: replace(clock, endings=kept)})
    outcome = decide(State(leads={"lead-1": older}), [ended(lead, stage, 1)], terms, now=lead.at(1000))
    begun = [one for one in outcome.facts if isinstance(one.data, ClockStarted.Data)]
    assert len(begun) == clocks - 1


def test_two_promises_that_a_closing_begins_have_a_clock_each(lead: EventBuilder, terms: Terms) -> None:
    (survey,) = (one for one in terms.levels.promises if one.name == "survey")
    promises = (*terms.levels.promises, survey.model_copy(update={"name": "review"}))
    both = dataclasses.replace(terms, levels=terms.levels.model_copy(update={"promises": promises}))
    outcome = decide(State(), [ended(lead, "lost", 1)], both, now=lead.at(1000))
    begun = [one.data.clock for one in outcome.facts if isinstance(one.data, ClockStarted.Data)]
    assert begun == ["lead-1/1/survey/-", "lead-1/1/review/-"]
