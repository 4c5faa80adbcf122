"""Signals and assets at the edges of the gate's window: who reads differences knows what a whole standing says."""

from datetime import timedelta

import pytest
from services.scoring.tests.conftest import LeadEvents, Scorer

from events.scores import LeadScored
from scoring.decide import signals
from scoring.decide.signals import MOST
from testing.events import of_type

WINDOW = timedelta(days=90)
"""Of the shipped gate."""


def assert_that_differences_add_up(scorer: Scorer) -> None:
    lead, known = scorer.leads["ann"], scorer.standing()
    assert known.signals == signals.list_signals(lead, scorer.terms)
    assert known.assets == signals.list_assets(lead, scorer.terms)


@pytest.mark.parametrize("earlier", [timedelta(days=5), timedelta(0)], ids=["before", "at the edge"])
def test_a_signal_that_arrives_when_its_window_is_over_is_not_shown(
    events: LeadEvents, scorer: Scorer, earlier: timedelta
) -> None:
    """What it was worth has decayed before it arrived; it counts, and shows nowhere."""
    assert scorer.terms.gate.window == WINDOW
    scorer.read(events.captured(), events.updated(days=100, title="CEO"))
    late = events.engaged("other", timedelta(days=100) - WINDOW - earlier, asset="a")
    scorer.read(late.replaced(recordedtime=events.at(101)), now=events.at(101))
    late = events.engaged("product_page", timedelta(days=100) - WINDOW - earlier, asset="p")
    scorer.read(late.replaced(recordedtime=events.at(101)), now=events.at(101))
    assert (scorer.standing().signals, scorer.standing().assets) == ((), ())
    assert_that_differences_add_up(scorer)


def test_each_asset_leaves_when_its_own_window_is_over(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(), events.engaged("other", 0, asset="a"), events.engaged("other", 50, asset="b"))
    scorer.read(events.engaged("other", 91, asset="c"))
    assert scorer.standing().assets == ("c", "b")
    assert_that_differences_add_up(scorer)


def test_of_very_many_signals_the_oldest_is_forgotten_by_everybody(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(), events.engaged("demo_request", 0))
    for number in range(MOST):
        scorer.read(events.engaged("case_study", timedelta(minutes=number + 1), asset=f"c{number}"))
        assert_that_differences_add_up(scorer)
    assert "demo_request" not in {signal.kind for signal in scorer.standing().signals}


def test_a_whole_standing_is_told_without_the_move_of_a_signal(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(), events.engaged("case_study", 1, asset="c"))
    scorer.read(events.engaged("case_study", 3, asset="d"))
    late = events.engaged("pricing_view", 2).replaced(recordedtime=events.at(4))
    scorer.read(late, now=events.at(4))
    for scored in of_type(scorer.facts, LeadScored.Data):
        assert (scored.standing is None) or (scored.signal, scored.asset) == (None, None)
    assert_that_differences_add_up(scorer)
