"""A state that is not the fold of its facts is found, in scoring and in sla-monitor."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from services.scoring.tests.conftest import LeadEvents, Scorer
from tests.soak import clocks, fold

from agreement import Agreement
from events import Event
from events.handoffs import LeadAccepted, LeadAssigned, StageChanged
from events.sales import ContactAttempted
from testing.events import NOON, EventBuilder


def scoring_events() -> list[Event]:
    events = LeadEvents()
    return [
        events.captured("ann", 0, claims={"title": "CEO"}),
        events.engaged("demo_request", 1, lead="ann"),
        events.captured("bob", 1, email="bob@acme.example"),
        *(events.engaged("pricing_view", 2 + day, lead="bob", asset=f"a{day}") for day in range(9)),
    ]


def score_again(bob: Scorer) -> None:
    bob.read(LeadEvents(EventBuilder("bob")).engaged("email_reply", 12, lead="bob"))


def change_facts(bob: Scorer) -> None:
    bob.persons["bob"] = {}


def oversleep(bob: Scorer) -> None:
    bob.timers.clear()


@pytest.mark.parametrize("spoil", [score_again, change_facts, oversleep])
def test_a_state_that_is_not_the_fold_is_found(agreement: Agreement, spoil: Callable[[Scorer], object]) -> None:
    log = scoring_events()
    kept, pure = fold.folded(log, agreement), fold.folded(log, agreement)
    spoil(kept["bob"])
    (found,) = fold.different(kept, pure, fold.latest(log))
    assert found.startswith("scoring's state of lead bob is not the fold of its facts: ")


def test_a_lead_that_scoring_lost_or_made_up_is_found(agreement: Agreement) -> None:
    log = scoring_events()
    whole, part = fold.folded(log, agreement), fold.folded(log[:2], agreement)
    assert "knows lead bob not" in fold.different(part, whole, fold.latest(log))[0]
    assert "knows lead bob and" in fold.different(whole, part, fold.latest(log))[0]


def test_where_batches_were_cut_and_when_timers_rang_is_no_difference(agreement: Agreement) -> None:
    log = scoring_events()
    kept, pure = fold.folded(log[:5], agreement), fold.folded(log, agreement)
    kept["bob"].read_one_by_one(log[5:8])
    kept["bob"].advance(log[7].time)
    kept["bob"].read_one_by_one(log[8:])
    assert fold.different(kept, pure, fold.latest(log)) == []


OFFER = {
    "version": 1,
    "cycle": 1,
    "rep": "rep-ana",
    "team": "new-york",
    "step": 7,
    "rule": "pool",
    "touch": "4bh",
    "snapshot": {"fit": 40, "engagement": 50, "total": 90, "band": "hot"},
}


def sla_events() -> list[Event]:
    """An offer that was accepted in time, and one that was not answered."""
    mql, other = EventBuilder("ann"), EventBuilder("bob")
    log: list[Event] = []
    for lead in (mql, other):
        log.append(lead.make(StageChanged, cycle=1, stage="mql", status="new", why="gate_passed"))
        log.append(lead.make(LeadAssigned, OFFER, assignment=f"{lead.subject}.1"))
    answer = {"assignment": "ann.1", "cycle": 1, "rep": "rep-ana"}
    return [
        *log,
        mql.make(LeadAccepted, answer, at=mql.at(0.01)),
        mql.make(ContactAttempted, channel="call", by="rep-ana"),
    ]


def test_clocks_that_are_not_the_fold_are_found(agreement: Agreement) -> None:
    log = sla_events()
    whole, part = clocks.folded_clocks(log, agreement), clocks.folded_clocks(log[:4], agreement)
    assert clocks.different_clocks(whole, clocks.folded_clocks(log, agreement), agreement, NOON) == []
    found = clocks.different_clocks(part, whole, agreement, NOON)
    assert any("stopped None for" in one for one in found)
    assert any(
        "on one side only" in one for one in clocks.different_clocks(clocks.ClockBook({}, {}), whole, agreement, NOON)
    )
    other = replace(whole, mqls={})
    assert clocks.different_clocks(whole, other, agreement, NOON) == ["sla-monitor counts other MQLs"]
