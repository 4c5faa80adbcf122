"""What comes late or never: a third attempt, hands raised by whom sales had let go, and who is nobody's."""

from datetime import date

import pytest
from services.routing.tests.conftest import DAY, START, LeadStory, make, qualified, scored
from services.routing.tests.test_nurture import attempts, left, unresponsive

from events.handoffs import AlertRaised, LeadAssigned, LeadNurtured, LeadSuppressed
from events.sales import ContactAttempted, LeadSalesDisqualified


def test_a_third_attempt_after_the_ten_days_ends_it_at_once(story: LeadStory) -> None:
    story.play(qualified(), *attempts("email", "call"))
    story.pass_to(START + 12 * DAY)
    story.play(make(ContactAttempted, by="rep-dan", channel="email", at=story.now))
    story.pass_to(story.now)
    assert story.place() == ("sal", "unresponsive")


def test_wrong_timing_that_raises_a_hand_is_the_last_owners_with_priority(story: LeadStory) -> None:
    story.play(qualified())
    story.accept()
    story.play(make(LeadSalesDisqualified, by="rep-dan", reason="timing", revisit_on=date(2027, 11, 2)))
    story.now += 5 * DAY
    story.play(qualified(total=20, hand_raise="demo_request", at=story.now))
    offer = story.data(LeadAssigned.Data)[-1]
    assert (offer.rep, offer.cycle, offer.touch, offer.flag) == ("rep-dan", 2, "4bh", "hot")
    assert left(story)[-1][0] == "3"


def test_archived_comes_back_by_a_raised_hand_and_not_by_points(story: LeadStory) -> None:
    unresponsive(story)
    story.pass_to(START + 220 * DAY)
    story.play(scored(total=45, at=story.now))
    assert story.place() == ("sal", "archived")
    story.play(qualified(total=20, hand_raise="demo_request", at=story.now))
    offer = story.data(LeadAssigned.Data)[-1]
    assert (offer.rep, offer.cycle) == ("rep-dan", 2)


@pytest.mark.parametrize("hard", ["student", "excluded_industry", "unsupported_country", "own_staff", "test_record"])
def test_step_0_keeps_the_reason_and_calls_nobody(story: LeadStory, hard: str) -> None:
    story.play(scored(total=90, hard=(hard,)))
    story.pass_to(START + DAY)
    assert [data.reason for data in story.data(LeadSuppressed.Data)] == [hard]
    assert (story.data(LeadAssigned.Data), story.data(AlertRaised.Data), story.data(LeadNurtured.Data)) == ([], [], [])
