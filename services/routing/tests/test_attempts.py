"""When an attempt was made and whose promise it keeps: as sla-monitor counts it."""

from datetime import timedelta

from services.routing.tests.conftest import BUILDER, START, LeadStory, escalated, make, qualified

from events.handoffs import LeadAssigned
from events.sales import ContactAttempted


def test_an_attempt_of_a_fast_clock_is_of_when_it_was_recorded(story: LeadStory) -> None:
    """As sla-monitor counts it: the tenth day is counted from then."""
    fast = BUILDER.make(
        ContactAttempted, {"by": "rep-dan", "channel": "call"}, at=START + timedelta(hours=9), recorded=START
    )
    story.play(qualified(), fast)
    assert [one.at for one in story.lead().attempts] == [START]


def test_what_a_colleague_did_keeps_no_promise_of_the_owner(story: LeadStory) -> None:
    story.play(qualified(employees=20))
    story.accept()
    story.play(make(ContactAttempted, by="rep-ben", channel="call", at=story.now))
    story.play(escalated("lead-1", "lead-1.1", promise="first_touch"))
    assert [o.rep for o in story.data(LeadAssigned.Data)] == ["rep-ana", "rep-ben"], (
        "sla-monitor does not count it either"
    )
