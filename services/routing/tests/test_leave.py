"""Leave and return without a hand, and turns outside hours: nobody is flooded, nobody corrects anything."""

from collections import Counter
from datetime import UTC, datetime

from services.routing.tests.conftest import DAY, START, LeadStory, make, qualified

from events.handoffs import LeadAssigned
from events.sales import RepAvailability

SUNDAY = datetime(2026, 8, 9, 16, 0, tzinfo=UTC)


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


def test_three_hot_leads_on_a_sunday_and_one_on_monday_are_shared(story: LeadStory) -> None:
    story.now = SUNDAY
    for number in range(3):
        story.play(qualified(f"l{number}", domain=f"d{number}.example", hand_raise="demo_request", at=SUNDAY))
    assert {data.rule for data in story.data(LeadAssigned.Data)} == {"on_call"}
    story.now = SUNDAY + DAY
    story.play(qualified("l3", domain="d3.example", at=story.now))
    assert Counter(data.rep for data in story.data(LeadAssigned.Data)) == {"rep-dan": 2, "rep-elena": 2}
    assert all(data.turn for data in story.data(LeadAssigned.Data))
