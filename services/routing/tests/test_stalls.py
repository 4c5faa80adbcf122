"""Stalls: accepted work without any logged activity (domain, section 6)."""

from datetime import UTC, datetime, timedelta

from services.routing.tests.conftest import DAY, START, LeadStory, make, qualified

from events.deals import DealOpened
from events.handoffs import AlertRaised, LeadNurtured, OwnerTold
from events.sales import ContactAttempted

TEN, FIFTEEN = (datetime(2026, 8, day, 16, 0, tzinfo=UTC) for day in (19, 26))
THIRTY, THIRTY_FIVE = (datetime(2026, 9, day, 16, 0, tzinfo=UTC) for day in (17, 24))
"""So many business days later; one of them is Labor Day."""
SECOND = timedelta(seconds=1)


def test_accepted_work_on_which_nothing_is_logged_goes_back_in_three_steps(story: LeadStory) -> None:
    story.play(qualified())
    story.accept()
    assert story.pass_to(TEN - DAY) == []
    story.pass_to(TEN)
    assert [(data.rep, data.why) for data in story.data(OwnerTold.Data)] == [("rep-dan", "stalled")]
    story.pass_to(FIFTEEN)
    assert [(data.to, data.rep, data.reason) for data in story.data(AlertRaised.Data)] == [
        ("manager", "rep-grace", "stalled")
    ]
    story.pass_to(datetime(2026, 9, 3, 16, 0, tzinfo=UTC))
    assert (story.place(), story.lead().owner) == (("sal", "nurture"), None)
    assert [data.segment for data in story.data(LeadNurtured.Data)] == ["1"]


def test_whatever_is_logged_begins_the_time_anew(story: LeadStory) -> None:
    story.play(qualified())
    story.accept()
    story.pass_to(TEN - DAY)
    story.play(make(ContactAttempted, by="rep-dan", channel="call", at=story.now))
    story.pass_to(TEN + 7 * DAY)
    assert story.data(OwnerTold.Data) == []


def test_an_opportunity_never_goes_back_by_itself(story: LeadStory) -> None:
    story.play(qualified(), make(DealOpened, deal="d", by="rep-dan"))
    assert story.pass_to(THIRTY - SECOND) == []
    story.pass_to(THIRTY)
    assert [data.why for data in story.data(OwnerTold.Data)] == ["stalled"]
    assert story.pass_to(THIRTY_FIVE - SECOND) == []
    story.pass_to(THIRTY_FIVE)
    assert [data.to for data in story.data(AlertRaised.Data)] == ["manager"]
    story.pass_to(START + 200 * DAY)
    assert [data.why for data in story.data(OwnerTold.Data)] == ["stalled"]
    assert [(data.to, data.reason) for data in story.data(AlertRaised.Data)] == [
        ("manager", "stalled"),
        ("operations", "undecided"),
    ]
    assert story.place() == ("opportunity", "connected")
