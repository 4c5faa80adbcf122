"""What the make-believe world does: the same for the same seed, with days on which something is wrong."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from agreement.calendar import Calendar, Calendars
from simulation.books import Books, TouchEntry
from simulation.days import STEP, SimulatedDays
from simulation.dice import dice
from simulation.habits import HABITS, OfferedLead, react
from simulation.plan import Happening, Mishaps, arrivals
from simulation.work import Owner, closing, outreach
from simulation.world import CAMPAIGNS, build
from testing.service import shipped_agreement

SPAN = SimulatedDays.ending(datetime(2026, 11, 26, 15, 0, tzinfo=UTC), 30, "America/New_York")
WORLD = build(7, 120)


@pytest.fixture(scope="module")
def coming() -> list[Happening]:
    return arrivals(WORLD, SPAN)


@pytest.fixture(scope="module")
def calendar() -> Calendar:
    return Calendars(shipped_agreement().teams).of_rep("rep-ana")


def test_the_same_seed_makes_the_same_world_and_another_one_another(coming: list[Happening]) -> None:
    assert build(7, 120) == WORLD
    assert arrivals(build(7, 120), SPAN) == coming
    assert build(8, 120) != WORLD


def test_it_all_lies_within_the_days_and_on_the_grid_of_the_clock(coming: list[Happening]) -> None:
    assert SPAN.begin == datetime(2026, 10, 28, 4, tzinfo=UTC), "midnight in New York"
    for one in coming:
        assert SPAN.holds(one.at)
        assert one.at <= one.sent < SPAN.until
        assert one.sent.timestamp() % STEP.total_seconds() == 0


def test_working_days_bring_more_than_weekends(coming: list[Happening]) -> None:
    days = Counter(one.at.weekday() >= 5 for one in coming if one.door == "track")
    assert days[False] > 5 * days[True]


def test_on_the_day_of_the_broken_script_only_forms_arrive(coming: list[Happening]) -> None:
    broken = Mishaps.of(SPAN).broken_tracking
    assert {one.door for one in coming if one.at.date() == broken} <= {"form", "event"}
    assert any(one.door == "track" for one in coming if one.at.date() == broken + timedelta(days=1))


def test_robots_come_in_a_wave(coming: list[Happening]) -> None:
    days = Counter(one.at.date() for one in coming if one.spam)
    assert days.total() > 3
    assert days.most_common(1)[0][1] > days.total() / 2


def test_every_campaign_that_costs_is_paid_each_week_to_the_last_day(coming: list[Happening]) -> None:
    paid = Counter(one.spend[0] for one in coming if one.spend)
    assert paid["podcast"] == 5, "it brings nobody, and costs all the same"
    assert paid.keys() == {one.source for one in CAMPAIGNS if one.weekly}
    ends = [one.body["data"]["end"] for one in coming if one.spend]
    assert max(ends) == (SPAN.first + timedelta(days=30)).isoformat()


def test_a_rep_answers_in_working_hours_and_a_fast_one_within_minutes(calendar: Calendar) -> None:
    offer = OfferedLead("a.1", "a", "rep-ana", 120, "hot", "mql")
    night = datetime(2026, 11, 3, 3, 0, tzinfo=UTC)
    for number in range(50):
        luck = dice(7, "test", number)
        reaction = react(offer, WORLD.visitors[number], HABITS[0], calendar, now=night, luck=luck)
        assert reaction.answer
        assert timedelta() <= reaction.at - datetime(2026, 11, 3, 14, 0, tzinfo=UTC) <= timedelta(minutes=30)


def test_reps_differ_in_what_they_leave_lying(calendar: Calendar) -> None:
    offer = OfferedLead("a.1", "a", "rep-ana", 70, None, "mql")
    noon = datetime(2026, 11, 3, 17, 0, tzinfo=UTC)
    silent = {
        habit.name: sum(
            react(offer, None, habit, calendar, now=noon, luck=dice(7, number)).answer is None for number in range(100)
        )
        for habit in HABITS
    }
    assert silent["fast"] == silent["slow"] == 0
    assert silent["ignoring"] > silent["cherry-picking"] > 0


def test_work_goes_forward_in_time_and_a_deal_ends_once(calendar: Calendar) -> None:
    owner = Owner("rep-ana", HABITS[1], calendar)
    start = datetime(2026, 11, 3, 17, 0, tzinfo=UTC)
    endings = Counter[str]()
    for visitor in WORLD.visitors:
        steps = outreach(visitor, owner, start, dice(7, "o", visitor.number))
        assert all(start <= step.sent for step in steps)
        deal = closing(visitor, owner, start, dice(7, "c", visitor.number))
        kinds = [step.about["type"] for step in deal]
        assert sum(kind in ("deal_won", "deal_lost") for kind in kinds) == ("deal_opened" in kinds)
        endings.update(kinds)
    assert min(endings["deal_won"], endings["deal_lost"], endings["survey"]) > 0


def test_the_source_is_the_first_that_was_named_then_the_first_form() -> None:
    at = datetime(2026, 11, 3, tzinfo=UTC)
    form, page = TouchEntry(at, None, "demo"), TouchEntry(at + timedelta(days=1), "google", None)
    books = Books(
        known={1, 2, 3}, linked={1}, touches={1: [form, page], 2: [form, page], 3: [TouchEntry(at, None, None)]}
    )
    assert [books.source_of(number) for number in (1, 2, 3)] == ["google", "form:demo", None]


def test_the_last_word_about_a_deal_counts() -> None:
    books = Books()
    usd = {"amount": 100, "currency": "USD"}
    books.report({"type": "deal_opened", "deal": "d", "amount": usd}, 1)
    books.report({"type": "deal_changed", "deal": "d", "amount": {**usd, "amount": 90}}, 1)
    assert books.sums("open") == {"USD": 90}
    books.report({"type": "deal_won", "deal": "d"}, 1)
    assert (books.sums("open"), books.sums("won")) == ({}, {"USD": 90})
