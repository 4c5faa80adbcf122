"""Leave and return without a hand, and turns outside hours: nobody is flooded, nobody corrects anything."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from services.routing.tests.conftest import DAY, START, LeadStory, make, qualified, with_teams

from agreement.leave import away_at, leave_of, word_of
from agreement.teams import Leave
from events.handoffs import LeadAssigned, LeadReturned
from events.sales import RepAvailability
from routing.decide import Terms
from routing.decide.model.workspace import Workspace
from testing.service import shipped_agreement

HOUR: Final = timedelta(hours=1)
SUNDAY = datetime(2026, 8, 9, 16, 0, tzinfo=UTC)
TERMS: Final = Terms.of(shipped_agreement())


def offers(story: LeadStory, count: int, first: int) -> Counter[str]:
    """Who gets so many leads, one after the other."""
    before = len(story.data(LeadAssigned.Data))
    for number in range(first, first + count):
        story.play(qualified(f"lead-{number}", domain=f"c{number}.example", employees=20, at=story.now))
    return Counter(data.rep for data in story.data(LeadAssigned.Data)[before:])


def test_two_weeks_away_while_others_take_ten_each(story: LeadStory) -> None:
    """The golden test: who returns starts at the pool's median ratio, and the next leads are shared as ever."""
    assert offers(story, 3, 0) == {"rep-ana": 1, "rep-ben": 1, "rep-chloe": 1}
    back = START + 14 * DAY
    story.play(make(RepAvailability, "rep-ben", rep="rep-ben", state="away", until=back))
    for day in range(10):
        story.now = START + day * DAY if (START + day * DAY).weekday() < 5 else story.now
        offers(story, 2, 10 + 2 * day)
    assert Counter(data.rep for data in story.data(LeadAssigned.Data)) == {"rep-ana": 11, "rep-ben": 1, "rep-chloe": 11}
    story.now = back
    assert offers(story, 9, 100) == {"rep-ana": 3, "rep-ben": 3, "rep-chloe": 3}
    (row,) = [row for row in story.data(LeadAssigned.Data)[-9].candidates if row.rep == "rep-ben"]
    assert (row.assigned, row.ratio, row.head_start) == (1, 11.0, 10.0)


def test_a_leave_begins_when_it_says(story: LeadStory) -> None:
    since, until = START + DAY, START + 2 * DAY
    story.play(make(RepAvailability, "rep-ben", rep="rep-ben", state="away", since=since, until=until))
    assert offers(story, 3, 0) == {"rep-ana": 1, "rep-ben": 1, "rep-chloe": 1}
    story.now = since
    assert "rep-ben" not in offers(story, 4, 10)
    story.now = until
    assert offers(story, 3, 20)["rep-ben"] == 1


@given(
    words=st.lists(
        st.tuples(
            st.sampled_from(("active", "away", "left")),
            st.none() | st.integers(-3, 9),
            st.none() | st.integers(-3, 9),
        ),
        max_size=5,
    ),
    order=st.randoms(use_true_random=False),
)
def test_who_is_away_is_said_alike_by_routing_and_by_the_rule_in_whatever_order_it_was_heard_of(
    words: list[tuple[str, int | None, int | None]], order: Random
) -> None:
    """`agreement.leave` goes by when it was said; so does who is picked, from now on."""
    facts = [
        make(
            RepAvailability,
            "rep-ben",
            at=START - (len(words) - n) * HOUR,
            rep="rep-ben",
            state=state,
            since=None if state != "away" or since is None else START + since * HOUR,
            until=None if state != "away" or until is None else START + until * HOUR,
        )
        for n, (state, since, until) in enumerate(words)
    ]
    leave = leave_of(map(word_of, facts))
    story = LeadStory(TERMS)
    story.play(*order.sample(facts, len(facts)))
    for minutes in range(0, 600, 30):
        now = START + timedelta(minutes=minutes + 15)
        workspace = Workspace(story.state, TERMS, now)
        assert workspace.present("rep-ben") is not away_at(leave, now)


def test_who_was_here_again_before_it_was_heard_that_they_left_keeps_the_leads(story: LeadStory) -> None:
    story.play(qualified())
    story.accept()
    rep = story.data(LeadAssigned.Data)[-1].rep
    story.play(make(RepAvailability, rep, rep=rep, state="active", at=START + 2 * HOUR))
    story.play(make(RepAvailability, rep, rep=rep, state="left", at=START + HOUR))
    story.pass_to(START + 3 * HOUR)
    assert story.data(LeadReturned.Data) == []
    assert story.lead().owner == rep


def test_leave_that_is_said_in_a_batch_holds_for_the_rest_of_it(story: LeadStory) -> None:
    """Who is present is asked for the first lead already, before the words."""
    first, second = (qualified(f"lead-{n}", domain=f"c{n}.example", employees=20) for n in range(2))
    pool = ("rep-ana", "rep-ben", "rep-chloe")
    earlier = [make(RepAvailability, rep, rep=rep, state="active", at=START - HOUR) for rep in pool]
    story.play(*earlier, first, *(make(RepAvailability, rep, rep=rep, state="away") for rep in pool), second)
    assert [data.rep for data in story.data(LeadAssigned.Data) if data.rep in pool] == ["rep-ana"]


def test_three_hot_leads_on_a_sunday_and_one_on_monday_are_shared(story: LeadStory) -> None:
    story.now = SUNDAY
    for number in range(3):
        story.play(qualified(f"l{number}", domain=f"d{number}.example", hand_raise="demo_request", at=SUNDAY))
    assert {data.rule for data in story.data(LeadAssigned.Data)} == {"on_call"}
    story.now = SUNDAY + DAY
    story.play(qualified("l3", domain="d3.example", at=story.now))
    assert Counter(data.rep for data in story.data(LeadAssigned.Data)) == {"rep-dan": 2, "rep-elena": 2}
    assert all(data.turn for data in story.data(LeadAssigned.Data))


def reasons(story: LeadStory) -> dict[str, str]:
    return {row.rep: row.reason for row in story.data(LeadAssigned.Data)[-1].candidates}


@pytest.mark.parametrize(
    ("begins", "ends", "hand_raise", "kept"),
    [
        pytest.param(2, 48, "demo_request", False, id="away when four hours are over"),
        pytest.param(2, None, "demo_request", False, id="nobody knows until when"),
        pytest.param(1, 3, "demo_request", True, id="back in time"),
        pytest.param(4, 48, "demo_request", True, id="at work until it is due"),
        pytest.param(5, 48, None, False, id="away when a business day is over"),
        pytest.param(2, 8, None, True, id="back on the next day"),
    ],
)
def test_who_will_be_away_when_the_first_touch_is_due_is_not_picked(
    story: LeadStory, begins: int, ends: int | None, hand_raise: str | None, kept: bool
) -> None:
    since, until = START + begins * HOUR, None if ends is None else START + ends * HOUR
    story.play(make(RepAvailability, "rep-ana", rep="rep-ana", state="away", since=since, until=until))
    story.play(qualified("lead-1", domain="c1.example", employees=20, hand_raise=hand_raise))
    (offer,) = story.data(LeadAssigned.Data)
    assert offer.rep == ("rep-ana" if kept else "rep-ben")
    if not kept:
        assert reasons(story)["rep-ana"] == "on leave from 2026-08-05, before the first touch is due"
        assert [row.eligible for row in offer.candidates if row.rep == "rep-ana"] == [False]


def test_leave_of_the_agreement_counts_as_leave_that_is_said_does(terms: Terms) -> None:
    tomorrow = (START + DAY).date()
    reps = tuple(
        rep.model_copy(update={"leave": (Leave(first=tomorrow, last=tomorrow),)} if rep.id == "rep-ana" else {})
        for rep in terms.teams.reps
    )
    story = LeadStory(with_teams(terms, reps=reps))
    story.play(qualified("warm", domain="c1.example", employees=20))
    assert story.data(LeadAssigned.Data)[-1].rep == "rep-ben"
    assert reasons(story)["rep-ana"] == "on leave from 2026-08-06, before the first touch is due"
    story.play(qualified("hot", domain="c2.example", employees=20, hand_raise="demo_request"))
    assert story.data(LeadAssigned.Data)[-1].rep == "rep-ana", "due today"


def test_when_all_are_about_to_leave_it_goes_as_when_nobody_is_eligible(terms: Terms) -> None:
    """To who is on call, as long as that one stays; then to the pool's manager. At night on call is on call."""
    pools = tuple(
        pool.model_copy(update={"on_call": ("rep-dan",)} if pool.id == "smb-na" else {}) for pool in terms.teams.pools
    )
    story = LeadStory(with_teams(terms, pools=pools))
    for rep in terms.teams.pool_by_id["smb-na"].members:
        story.play(make(RepAvailability, rep, rep=rep, state="away", since=START + HOUR, until=START + 9 * DAY))
    story.play(qualified("lead-1", domain="c1.example", employees=20, hand_raise="demo_request"))
    assert [(data.rule, data.rep) for data in story.data(LeadAssigned.Data)] == [("on_call", "rep-dan")]
    assert "picked" not in reasons(story).values()
    dan = make(RepAvailability, "rep-dan", rep="rep-dan", state="away", since=START + 20 * HOUR)
    story.now = START + HOUR / 2
    story.play(dan, qualified("lead-2", domain="c2.example", employees=20))
    assert story.data(LeadAssigned.Data)[-1].rule == "manager", "Dan is away when a business day is over"
    story.now = START + 12 * HOUR
    story.play(qualified("lead-3", domain="c3.example", employees=20, hand_raise="demo_request", at=story.now))
    assert [(data.rule, data.rep) for data in story.data(LeadAssigned.Data)][2:] == [("on_call", "rep-dan")]


def test_who_waits_for_a_shift_waits_for_one_after_the_leave(story: LeadStory, terms: Terms) -> None:
    """The lead of a Sunday would have waited for Monday morning."""
    story.now = SUNDAY
    back = SUNDAY + DAY
    for rep in terms.teams.pool_by_id["smb-na"].members:
        until = back if rep == "rep-ana" else SUNDAY + 9 * DAY
        story.play(make(RepAvailability, rep, rep=rep, state="away", since=SUNDAY + 4 * HOUR, until=until))
    story.play(qualified("lead-1", domain="c1.example", employees=20, at=SUNDAY))
    assert story.data(LeadAssigned.Data) == []
    assert [timer.due_at for timer in story.timers.values() if timer.kind == "shift"] == [back]
