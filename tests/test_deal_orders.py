"""Any order of arrival of a deal's facts ends in the same state in routing, sla-monitor and reporting."""

from collections.abc import Sequence
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from services.reporting.tests.test_decide import state_after
from services.routing.tests.conftest import LeadStory, make
from services.routing.tests.recipes import shipped_terms
from services.routing.tests.test_deals import PLACES, fact, play

from agreement import Agreement
from agreement.deals import DealEvent, DealHistory
from events import Event
from events.body import wire_values
from events.deal_ends import DealJudged
from events.handoffs import StageChanged
from reporting.decide.positions import Position
from reporting.decide.sales import Deal
from sla_monitor.decide import State, Terms, decide
from sla_monitor.decide.state import Clock
from testing.examples import examples

LIVES: Final = (
    ("opened", "changed", "lost"),
    ("opened", "lost", "opened"),
    ("opened", "lost", "opened", "lost"),
    ("opened", "lost", "opened", "won"),
    ("opened", "lost", "won"),
    ("opened", "won", "lost"),
    ("opened", "won", "opened"),
    ("opened", "lost", "opened", "lost", "opened"),
)
"""Of a deal, in the order in which it occurred."""


@pytest.fixture(scope="module")
def terms(agreement: Agreement) -> Terms:
    return Terms.of(agreement)


def decisions(story: LeadStory, *, older: bool = False) -> list[Event]:
    """What routing says of the lead's stage and of its deals; `older`: as it was before it spoke of deals apart."""
    kinds = StageChanged.Data if older else StageChanged.Data | DealJudged.Data
    facts = [one for one in story.facts if isinstance(one.data, kinds)]
    news = {"deal_judged": False} if older else {}
    return [make(one.event, one.subject, at=one.time, data=wire_values(one.data) | news) for one in facts]


def surveys(events: Sequence[Event], terms: Terms, story: LeadStory) -> list[Clock]:
    """Those that are owed."""
    clocks = decide(State(), events, terms, now=story.now).clocks.values()
    return [one for one in clocks if one.promise == "survey" and one.state != "void"]


@settings(deadline=None, max_examples=examples(40), database=None)
@given(life=st.sampled_from(LIVES), older=st.booleans(), data=st.data())
def test_any_order_of_arrival_ends_in_the_same_state_everywhere(
    terms: Terms, life: Sequence[str], *, older: bool, data: st.DataObject
) -> None:
    facts: list[DealEvent] = [fact(kind, hours) for hours, kind in enumerate(life, 1)]
    history = DealHistory()
    for one in facts:
        history = history.after(one)
    arrived = data.draw(st.permutations(facts))
    story = LeadStory(shipped_terms())
    play(story, *arrived)
    assert (story.place(), story.lead().cycle) == (PLACES[history.state], 1)
    moves = decisions(story, older=older)
    views = state_after([*arrived, *moves])
    assert [one.state for one in views.rows(Deal).values()] == [history.state]
    (position,) = views.rows(Position).values()
    assert (position.stage, position.closed) == (PLACES[history.state][0], history.state != "open")
    clocks = [(one.deal, one.endings) for one in surveys(moves, terms, story)]
    assert clocks == ([] if history.state == "open" else [("d", (history.state,))])


PAIRS: Final = st.lists(
    st.tuples(st.sampled_from("de"), st.sampled_from(("opened", "changed", "won", "lost"))), min_size=1, max_size=7
)
"""Facts of two deals of one lead, in the order in which they occurred."""


@settings(deadline=None, max_examples=examples(60), database=None)
@given(life=PAIRS, data=st.data())
def test_each_end_of_each_deal_owes_its_survey_in_any_order_of_arrival(
    terms: Terms, life: Sequence[tuple[str, str]], data: st.DataObject
) -> None:
    facts = [fact(kind, hours, deal=deal) for hours, (deal, kind) in enumerate(life, 1)]
    histories = {deal: DealHistory() for deal, _ in life}
    for one in facts:
        histories[one.data.deal] = histories[one.data.deal].after(one)
    story = LeadStory(shipped_terms())
    play(story, *data.draw(st.permutations(facts)))
    clocks = [(one.deal, one.endings, one.started) for one in surveys(decisions(story), terms, story)]
    assert sorted(clocks) == sorted(
        (deal, (history.state,), history.closed_at) for deal, history in histories.items() if history.state != "open"
    )
