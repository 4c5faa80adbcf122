"""`pass_on_after`: a raised hand that was not answered goes to the next rep on shift (domain, section 7)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from services.routing.tests.conftest import START, LeadStory, make, qualified, with_routing

from agreement.types import Span
from events.handoffs import LeadAssigned, LeadReturned
from events.sales import ContactAttempted, RepAvailability
from routing.decide import Terms

FIFTEEN = timedelta(minutes=15)


@pytest.fixture
def story(terms: Terms) -> LeadStory:
    assert terms.pass_on_after is None, "as shipped"
    return LeadStory(replace(terms, pass_on_after=Span.model_validate("15min")))


def reps(story: LeadStory) -> list[str]:
    return [data.rep for data in story.data(LeadAssigned.Data)]


def test_a_raised_hand_that_nobody_answered_goes_to_the_next_on_shift(story: LeadStory) -> None:
    story.play(qualified(hand_raise="demo_request", employees=20))
    story.pass_to(START + FIFTEEN - timedelta(seconds=1))
    assert len(reps(story)) == 1
    story.pass_to(START + FIFTEEN)
    first, second = story.data(LeadAssigned.Data)
    assert (second.pool, second.reassigned_from, second.why_reassigned) == (first.pool, first.rep, "accept_timeout")
    assert second.rep != first.rep
    (returned,) = story.data(LeadReturned.Data)
    assert (returned.reason, returned.credited, story.lead().owner) == ("accept_timeout", False, second.rep)


@pytest.mark.parametrize("most", [0, 1, 2])
def test_it_is_passed_on_as_often_as_after_a_time_out_at_most(story: LeadStory, most: int) -> None:
    story.terms = with_routing(story.terms, repools_at_most=most)
    story.play(qualified(hand_raise="demo_request", employees=20))
    story.pass_to(START + 20 * FIFTEEN)
    assert len(set(reps(story))) == len(reps(story)) == 1 + most


@pytest.mark.parametrize("how", ["accepted", "attempted"])
def test_what_was_answered_or_worked_stays(story: LeadStory, how: str) -> None:
    story.play(qualified(hand_raise="demo_request", employees=20))
    if how == "accepted":
        story.accept()
    else:
        story.play(make(ContactAttempted, channel="call", by=story.lead().owner))
    story.pass_to(START + 2 * FIFTEEN)
    assert len(reps(story)) == 1


def test_what_was_given_to_the_owner_of_a_named_account_is_no_turn_and_stays(story: LeadStory) -> None:
    domain, account = next(iter(story.terms.teams.named_by_domain.items()))
    story.play(qualified(hand_raise="demo_request", domain=domain, employees=20))
    assert reps(story) == [account.owner]
    story.pass_to(START + 2 * FIFTEEN)
    assert reps(story) == [account.owner]


def test_a_score_that_nobody_answered_has_time(story: LeadStory) -> None:
    story.play(qualified(employees=20))
    story.pass_to(START + 2 * FIFTEEN)
    assert len(reps(story)) == 1


def test_with_nobody_else_on_shift_it_stays(story: LeadStory) -> None:
    story.play(qualified(hand_raise="demo_request", employees=20))
    (rep,) = reps(story)
    pool = story.terms.teams.pool_by_id["smb-na"]
    others = {one.id for one in story.terms.teams.reps} - {rep}
    assert rep in pool.members
    story.play(*(make(RepAvailability, one, rep=one, state="away") for one in sorted(others)))
    story.pass_to(START + 2 * FIFTEEN)
    assert reps(story) == [rep]


def test_as_shipped_it_stays(terms: Terms) -> None:
    story = LeadStory(terms)
    story.play(qualified(hand_raise="demo_request", employees=20))
    story.pass_to(START + 2 * FIFTEEN)
    assert len(reps(story)) == 1
