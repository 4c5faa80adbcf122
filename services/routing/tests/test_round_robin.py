"""Round robin: spread, weights, caps, shifts, newcomers, and what happens when nobody can take the lead."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from services.routing.tests.conftest import START, LeadStory, make, qualified, with_teams

from agreement.teams import Leave
from events.handoffs import AlertRaised, LeadAssigned, StageChanged
from events.sales import RepAvailability
from events.scores import LeadQualified
from routing.decide import Terms

NIGHT = datetime(2026, 8, 6, 3, 0, tzinfo=UTC)
"""Wednesday 23:00 in New York; the next shift begins Thursday 09:00."""
NINE = datetime(2026, 8, 6, 13, 0, tzinfo=UTC)


def with_reps(terms: Terms, **changes: dict[str, object]) -> Terms:
    """The shipped terms with some reps changed."""
    reps = tuple(rep.model_copy(update=changes.get(rep.id.removeprefix("rep-"), {})) for rep in terms.teams.reps)
    return with_teams(terms, reps=reps)


def with_pool(terms: Terms, pool: str, **changes: object) -> Terms:
    pools = tuple(p.model_copy(update=changes if p.id == pool else {}) for p in terms.teams.pools)
    return with_teams(terms, pools=pools)


def small(number: int, *, hand_raise: str | None = None, at: datetime = START) -> LeadQualified:
    """A lead for the three SDRs of smb-na."""
    return qualified(f"lead-{number}", employees=20, domain=f"c{number}.example", hand_raise=hand_raise, at=at)


def counts(story: LeadStory) -> Counter[str]:
    return Counter(offer.rep for offer in story.data(LeadAssigned.Data))


@settings(deadline=None, max_examples=30)
@given(many=st.integers(1, 25), cuts=st.lists(st.integers(0, 25), max_size=3))
def test_the_spread_is_never_more_than_one(terms: Terms, many: int, cuts: list[int]) -> None:
    story = LeadStory(terms)
    inputs = [small(i) for i in range(many)]
    edges = sorted({0, many, *(min(cut, many) for cut in cuts)})
    for start, end in pairwise(edges):
        story.play(*inputs[start:end])
    shares = [counts(story)[rep] for rep in ("rep-ana", "rep-ben", "rep-chloe")]
    assert sum(shares) == many
    assert max(shares) - min(shares) <= 1


def test_a_weight_of_two_gets_twice_the_leads(terms: Terms) -> None:
    story = LeadStory(with_reps(terms, ana={"weight": 2.0}))
    story.play(*(small(i) for i in range(12)))
    assert counts(story) == {"rep-ana": 6, "rep-ben": 3, "rep-chloe": 3}


def test_who_had_it_in_this_cycle_is_passed_over_although_it_is_their_turn(terms: Terms) -> None:
    story = LeadStory(with_reps(terms, ana={"weight": 5.0}))
    story.play(*(small(i) for i in range(4)))
    story.reject("out_of_territory", "lead-3")
    assert [o.rep for o in story.data(LeadAssigned.Data)] == ["rep-ana", "rep-ben", "rep-chloe", "rep-ana", "rep-ben"]
    rows = {row.rep: row for row in story.data(LeadAssigned.Data)[-1].candidates}
    assert rows["rep-ana"].reason == "had it in this cycle"
    assert rows["rep-ana"].ratio < rows["rep-ben"].ratio


def test_a_tie_goes_to_who_waited_longest_then_by_id(story: LeadStory) -> None:
    for i in range(4):
        story.now += timedelta(minutes=1)
        story.play(small(i))
    assert [o.rep for o in story.data(LeadAssigned.Data)] == ["rep-ana", "rep-ben", "rep-chloe", "rep-ana"]
    assert [row.reason for row in story.data(LeadAssigned.Data)[3].candidates] == ["picked", "next", "next"]
    story.reject("not_icp", "lead-0")
    for i in range(4, 7):
        story.now += timedelta(minutes=1)
        story.play(small(i))
    assert [o.rep for o in story.data(LeadAssigned.Data)[4:]] == ["rep-ben", "rep-chloe", "rep-ana"], "Ana was last"


def test_a_credited_turn_comes_back(story: LeadStory) -> None:
    story.play(small(1))
    story.reject("not_icp", "lead-1")
    story.now += timedelta(minutes=1)
    story.play(*(small(i) for i in (2, 3, 4)))
    assert counts(story) == {"rep-ana": 2, "rep-ben": 1, "rep-chloe": 1}


def test_caps_are_kept_and_the_table_says_so(terms: Terms) -> None:
    story = LeadStory(with_reps(terms, ana={"daily_cap": 1}, ben={"open_cap": 1}))
    story.play(*(small(i) for i in range(5)))
    assert counts(story) == {"rep-ana": 1, "rep-ben": 1, "rep-chloe": 3}
    reasons = {row.rep: row.reason for row in story.data(LeadAssigned.Data)[-1].candidates}
    assert reasons == {
        "rep-ana": "daily cap 1 reached",
        "rep-ben": "open cap 1 reached",
        "rep-chloe": "picked",
    }


def test_the_daily_cap_is_that_of_the_local_day(terms: Terms) -> None:
    story = LeadStory(with_reps(terms, ana={"daily_cap": 1}, ben={"active": False}, chloe={"active": False}))
    story.play(small(1))
    story.now += timedelta(days=1)
    story.play(small(2))
    assert counts(story) == {"rep-ana": 2}


def test_everyone_capped_goes_to_the_overflow_pool_then_to_the_manager(terms: Terms) -> None:
    caps: dict[str, dict[str, object]] = {name: {"daily_cap": 1} for name in ("dan", "elena", "frank", "hana")}
    story = LeadStory(with_reps(terms, **caps))
    story.play(*(qualified(f"lead-{i}", domain=f"c{i}.example") for i in range(5)))
    offers = story.data(LeadAssigned.Data)
    assert [(o.rep, o.pool, o.rule) for o in offers] == [
        ("rep-dan", "mid-na", "pool"),
        ("rep-elena", "mid-na", "pool"),
        ("rep-frank", "ent-na", "pool"),
        ("rep-hana", "ent-na", "pool"),
        ("rep-grace", "mid-na", "manager"),
    ]
    assert len(offers[-1].candidates) == 4


def test_at_night_a_hot_lead_goes_to_the_on_call_list_and_is_a_turn_like_any_other(story: LeadStory) -> None:
    story.now = NIGHT
    story.play(small(1, hand_raise="demo_request", at=NIGHT))
    (offer,) = story.data(LeadAssigned.Data)
    assert (offer.rep, offer.rule, offer.flag) == ("rep-ana", "on_call", "hot")
    assert {row.reason for row in offer.candidates} == {"off shift"}
    assert story.state.seats["smb-na", "rep-ana"].assigned == 1


def test_without_an_on_call_list_the_manager_gets_it(terms: Terms) -> None:
    story = LeadStory(with_pool(terms, "smb-na", on_call=()))
    story.now = NIGHT
    story.play(small(1, hand_raise="demo_request", at=NIGHT))
    assert [(o.rep, o.rule) for o in story.data(LeadAssigned.Data)] == [("rep-grace", "manager")]


def test_at_night_a_warm_lead_waits_for_the_shift(story: LeadStory) -> None:
    story.now = NIGHT
    story.play(small(1, at=NIGHT))
    (moved,) = story.data(StageChanged.Data)
    assert (moved.stage, moved.status) == ("mql", "waiting_for_shift")
    assert {row.reason for row in moved.candidates} == {"off shift"}
    assert [step.step for step in moved.passed] == list(range(8)), "the steps before the pool, and why it is no rep's"
    assert moved.passed[-1].why == (
        "nobody in smb-na can take it now: Ana Lima off shift, Ben Carter off shift, Chloe Nguyen off shift"
    )
    data = story.pass_to(NINE)
    assert [fact.time for fact in data] == [NINE, NINE]
    assert [(o.rep, o.previous) for o in story.data(LeadAssigned.Data)] == [("rep-ana", None)]
    assert len(story.data(LeadAssigned.Data)[0].passed) == 7


def test_a_waiting_lead_that_raises_a_hand_is_not_kept_waiting(story: LeadStory) -> None:
    story.now = NIGHT
    story.play(small(1, at=NIGHT))
    story.play(small(1, hand_raise="contact_sales", at=NIGHT + timedelta(minutes=1)))
    assert [(o.rep, o.rule) for o in story.data(LeadAssigned.Data)] == [("rep-ana", "on_call")]
    assert story.pass_to(NINE) == []


def test_a_shift_outside_the_promise_is_not_waited_for(terms: Terms) -> None:
    """All of the pool are on leave until long after one business day."""
    leave: dict[str, object] = {"leave": (Leave(first=date(2026, 8, 6), last=date(2026, 8, 20)),)}
    terms = with_reps(terms, ana=leave, ben=leave, chloe=leave)
    story = LeadStory(terms)
    story.now = NIGHT
    story.play(small(1, at=NIGHT))
    assert [(o.rep, o.rule) for o in story.data(LeadAssigned.Data)] == [("rep-ana", "on_call")]


def test_nobody_at_all_is_an_alert_and_is_tried_again_next_shift(terms: Terms) -> None:
    nobody: dict[str, dict[str, object]] = {name: {"active": False} for name in ("ana", "ben", "chloe", "grace")}
    story = LeadStory(with_reps(terms, **nobody))
    story.play(small(1))
    (alert,) = story.data(AlertRaised.Data)
    assert (alert.to, alert.reason) == ("operations", "nobody_eligible")
    assert alert.candidates
    assert not any(row.eligible for row in alert.candidates)
    assert alert.passed[-1].why.startswith("nobody in smb-na can take it now: ")
    assert story.data(StageChanged.Data)[-1].passed == alert.passed
    assert (story.lead("lead-1").stage, story.lead("lead-1").status) == ("mql", "new")
    assert [timer.due_at for timer in story.timers.values()] == [NINE]


@pytest.mark.parametrize("state", ["left", "away"])
def test_who_is_not_here_gets_nothing_and_a_returner_starts_at_the_median(story: LeadStory, state: str) -> None:
    story.play(make(RepAvailability, "rep-ana", rep="rep-ana", state=state))
    story.play(*(small(i) for i in range(8)))
    assert counts(story) == {"rep-ben": 4, "rep-chloe": 4}
    story.play(make(RepAvailability, "rep-ana", rep="rep-ana", state="active"))
    story.play(*(small(i) for i in range(8, 14)))
    assert counts(story) == {"rep-ana": 2, "rep-ben": 6, "rep-chloe": 6}, "two turns each: the past is not made up for"


def test_a_newcomer_starts_at_the_median(terms: Terms) -> None:
    story = LeadStory(with_pool(terms, "smb-na", members=("rep-ana", "rep-ben")))
    story.play(*(small(i) for i in range(6)))
    story.terms = terms
    story.play(*(small(i) for i in range(6, 12)))
    assert counts(story) == {"rep-ana": 5, "rep-ben": 5, "rep-chloe": 2}
    assert story.state.seats["smb-na", "rep-chloe"].head_start == 3


def test_away_ends_by_itself(story: LeadStory) -> None:
    until = START + timedelta(hours=1)
    story.play(make(RepAvailability, "rep-ana", rep="rep-ana", state="away", until=until))
    story.play(small(1))
    story.now = until
    story.play(small(2), small(3))
    assert [o.rep for o in story.data(LeadAssigned.Data)] == ["rep-ben", "rep-chloe", "rep-ana"]
