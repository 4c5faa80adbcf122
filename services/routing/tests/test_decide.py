"""The fold: what a function forgets is not lost, what it leaves open is loud, and an unknown input is refused."""

from collections.abc import Callable
from importlib import import_module

import pytest
from services.routing.tests.conftest import START, LeadStory, kinds, make, qualified

from events import Event
from events.handoffs import AlertRaised, LeadAssigned, LeadReturned, StageChanged
from events.sales import SalesRejected
from events.scores import LeadCooled
from events.topics import TOPICS
from routing.decide import HANDLES, Terms, decide
from routing.decide.model.case import Case, LeftOpen
from routing.decide.wake_ups import WAKE_UPS
from testing.events import data_of

Answer = Callable[[Case, Event], None]
UNREAD = {
    *("feedback.given.v1", "survey.answered.v1", "lookup.failed.v1"),
    *("content.requested.v1", "content.rated.v1", "action.item.v1", "assessment.answered.v1", "partner.noted.v1"),
}
"""Facts that change nothing about whose lead it is."""


@pytest.fixture
def answer_with(monkeypatch: pytest.MonkeyPatch) -> Callable[[Answer], None]:
    """Puts another function into the table, for `lead.cooled`."""
    module = import_module("routing.decide.decide")
    return lambda function: monkeypatch.setattr(module, "HANDLES", {**HANDLES, LeadCooled: function})


def forget(case: Case, event: Event) -> None:
    """Changes the lead, emits a fact, and cares for nothing else."""
    case.change(cooling=True)
    case.emit(AlertRaised, AlertRaised.Data(to="operations", reason="test", text="test"))


def leave_open(case: Case, event: Event) -> None:
    case.move("disqualified", "test")


def test_every_kind_of_timer_is_handled_and_no_other() -> None:
    assert {key for key in HANDLES if isinstance(key, str)} == {*WAKE_UPS}


def test_what_a_function_changed_and_emitted_is_committed_without_its_help(
    story: LeadStory, answer_with: Callable[[Answer], None]
) -> None:
    answer_with(forget)
    assert kinds(story.play(make(LeadCooled, total=10, reason="test"))) == [AlertRaised]
    assert story.lead().cooling


def test_a_move_without_a_reason_raises(story: LeadStory, answer_with: Callable[[Answer], None]) -> None:
    answer_with(leave_open)
    with pytest.raises(LeftOpen, match=r"from lead, new to lead, disqualified without a reason"):
        story.play(make(LeadCooled, total=10, reason="test"))


def test_each_case_is_closed_before_the_next_begins(story: LeadStory) -> None:
    facts = story.play(qualified(), make(SalesRejected, assignment="lead-1.1", by="rep-dan", reason="out_of_territory"))
    assert kinds(facts) == [StageChanged, LeadAssigned, LeadReturned, LeadAssigned]
    assert data_of(facts[-1], LeadAssigned.Data).reassigned_from == "rep-dan"


def test_an_input_that_is_in_no_table_is_refused(story: LeadStory, terms: Terms) -> None:
    stage = make(StageChanged, cycle=1, stage="mql", status="new", why="test")
    with pytest.raises(KeyError):
        decide(story.state, [stage], terms, now=START)


def test_a_row_that_was_not_locked_does_not_change(story: LeadStory, terms: Terms) -> None:
    with pytest.raises(LookupError, match="was not locked"):
        decide(story.state, [qualified()], terms, now=START)


@pytest.mark.parametrize("topic", ["scores", "sales"])
def test_the_table_answers_what_its_topics_carry(topic: str) -> None:
    assert {event.type_name() for event in TOPICS[topic].events if event not in HANDLES} <= UNREAD
