"""A person answered, and nobody says who talked with them: operations hears of it at once, and has it."""

from datetime import timedelta

import pytest
from services.routing.tests.conftest import DAY, START, LeadStory, make, qualified, scored
from services.routing.tests.test_places import where

from events.deals import DealOpened
from events.handoffs import AlertRaised, OwnerTold
from events.sales import ContactConnected

CUSTOMER = "bellowscollege.example"


@pytest.mark.parametrize("record", ["a customer's", "an open deal's"])
def test_a_talk_that_nobody_has_is_in_the_queue_of_operations_who_hear_of_it_once_and_at_once(
    story: LeadStory, record: str
) -> None:
    """It joins no record; whose record it would be hears of each raised hand. There is nobody to go to after them."""
    domain = CUSTOMER if record == "a customer's" else "acme.example"
    if record == "an open deal's":
        story.play(qualified("first"), make(DealOpened, "first", deal="d", by="rep-dan"))
    story.play(make(ContactConnected, by=None))
    assert [(data.to, data.reason) for data in story.data(AlertRaised.Data)] == [("operations", "no_owner")]
    story.play(scored(at=START + timedelta(hours=1), domain=domain, hand_raise="demo_request"))
    story.pass_to(START + 40 * DAY)
    assert (story.place(), story.lead().owner, where(story, "lead-1")) == (("sal", "connected"), None, "operations")
    assert len(story.data(AlertRaised.Data)) == 1
    assert len(story.data(OwnerTold.Data)) == 1
