"""The inbox in words and groups: which view a piece of work stands in, how its time is written, until when it waits."""

from datetime import UTC, date, datetime, timedelta

import pytest

from agreement import Agreement
from agreement.calendar import Calendars
from reporting.pages.inbox_words import heading, hours, later_choices, long_time, short_time, tone
from reporting.reports.inbox_views import time_left, view_of

ZONE = "America/New_York"
NOW = datetime(2026, 8, 5, 14, 0, tzinfo=UTC)
"""A Wednesday, 10:00 in New York."""


def at(hour: float, day: int = 5) -> datetime:
    """An hour of August in New York."""
    return datetime(2026, 8, day, tzinfo=UTC) + timedelta(hours=hour + 4)


Row = dict[str, object]
OFFER: Row = {
    "owner": "rep-dan",
    "state": "offered",
    "clock": "accepted",
    "clock_state": "running",
    "charged": None,
    "due": at(12),
    "snoozed_until": None,
    "next_step": None,
}
TAKEN: Row = {**OFFER, "state": "accepted", "clock": "first_touch"}
BREACHED: Row = {**TAKEN, "clock_state": "breached", "charged": "rep-dan", "due": at(9)}
STEP = {"kind": "outreach", "day": date(2026, 8, 5)}


@pytest.mark.parametrize(
    ("row", "view"),
    [
        (OFFER, "answer"),
        ({**OFFER, "due": at(9), "clock_state": "breached", "charged": "rep-dan"}, "answer"),
        (BREACHED, "answer"),
        ({**BREACHED, "clock": "three_attempts"}, "waiting"),
        ({**TAKEN, "next_step": STEP}, "call"),
        ({**TAKEN, "next_step": {**STEP, "day": date(2026, 8, 4)}}, "call"),
        ({**TAKEN, "next_step": {**STEP, "day": date(2026, 8, 6)}}, "waiting"),
        ({**TAKEN, "next_step": {"kind": "wait", "day": date(2026, 8, 4)}}, "waiting"),
        ({**TAKEN, "state": "task", "due": None, "clock": None, "next_step": {**STEP, "kind": "revisit"}}, "call"),
        (TAKEN, "waiting"),
        ({**OFFER, "snoozed_until": at(11)}, "snoozed"),
        ({**BREACHED, "due": at(9, day=3)}, "late"),
        ({**BREACHED, "due": at(9, day=3), "charged": "system"}, "answer"),
    ],
)
def test_a_piece_of_work_stands_in_one_view(agreement: Agreement, row: Row, view: str) -> None:
    assert view_of(row, agreement.service_levels, date(2026, 8, 5), NOW) == view


def test_at_the_very_instant_a_promise_is_late_and_a_breach_old(agreement: Agreement) -> None:
    levels = agreement.service_levels
    assert levels.manager_takes_after
    assert view_of({**TAKEN, "due": NOW}, levels, date(2026, 8, 5), NOW) == "answer"
    old = NOW - levels.manager_takes_after.timedelta
    assert view_of({**BREACHED, "due": old}, levels, date(2026, 8, 5), NOW) == "late"
    assert view_of({**BREACHED, "due": old + timedelta(seconds=1)}, levels, date(2026, 8, 5), NOW) == "answer"
    left = time_left(Calendars(agreement.teams).of_rep("rep-dan"), NOW, at(9), NOW, "1bh")
    assert (left.seconds, left.share, left.late) == (0, 1.0, True)


def test_where_the_agreement_leaves_old_breaches_to_the_rep_they_stay(agreement: Agreement) -> None:
    levels = agreement.service_levels.model_copy(update={"manager_takes_after": None})
    assert view_of({**BREACHED, "due": at(9, day=3)}, levels, date(2026, 8, 5), NOW) == "answer"


@pytest.mark.parametrize(
    ("started", "due", "short", "long", "colour", "group"),
    [
        (at(9), at(13), "3 h", "3 h left (13:00)", "", ""),
        (at(9), at(11.34), "1 h 20", "1 h 20 left (11:20)", "", ""),
        (at(9), at(10.1), "6 min", "6 min left (10:06)", "warn", ""),
        (at(9), at(9.5), "−30 min", "30 min late, was due 09:30", "late", ""),
        (at(9, 4), at(16, 4), "−3 bh", "3 business hours late, was due Tue 16:00", "late", ""),
        (at(9), at(12, 6), "11 bh", "11 bh left (Thu 12:00)", "", "tomorrow"),
        (at(9), at(12, 10), "29 bh", "29 bh left (Mon 12:00)", "", "Monday"),
        (at(9), at(12, 24), "119 bh", "119 bh left (Mon 24 Aug 12:00)", "", "later"),
    ],
)
def test_time_is_business_time_in_the_reps_zone(
    agreement: Agreement, started: datetime, due: datetime, short: str, long: str, colour: str, group: str
) -> None:
    calendar = Calendars(agreement.teams).of_rep("rep-dan")
    left = time_left(calendar, NOW, started, due, "4bh")
    assert short_time(left.seconds, due, NOW, ZONE) == short
    assert long_time(left.seconds, due, NOW, ZONE) == long
    assert tone(left.share, left.seconds, 80) == colour
    assert heading(due, NOW, ZONE) == group


def test_nights_and_holidays_use_nothing_of_a_promise(agreement: Agreement) -> None:
    calendar = Calendars(agreement.teams).of_rep("rep-dan")
    night = at(3, 6)
    left = time_left(calendar, night, at(17), at(10, 6), "2bh")
    assert (left.seconds, left.share) == (3600, 0.5)
    wall = time_left(calendar, night, at(17), at(10, 6), "17h")
    assert wall.seconds == 7 * 3600


def test_nothing_is_put_off_beyond_the_promise_or_into_the_night(agreement: Agreement) -> None:
    calendar = Calendars(agreement.teams).of_rep("rep-dan")

    def words(now: datetime, due: datetime | None) -> list[str]:
        return [one.words for one in later_choices(now, due, calendar, ZONE)]

    assert words(NOW, at(12.2)) == ["in 30 min (10:30)", "in 1 h (11:00)", "in 2 h (12:00)"]
    assert words(NOW, at(10.2)) == []
    assert words(NOW, at(9)) == []
    assert words(at(16.5), None) == [
        "in 30 min (17:00)",
        "in 1 h (17:30)",
        "tomorrow (Thu 09:00)",
        "Friday (Fri 09:00)",
        "in a week (Wed 12 Aug 16:30)",
    ]
    assert heading(None, NOW, ZONE) == "no clock runs"
    assert (hours(0), hours(59 * 60), hours(11 * 3600)) == ("0 min", "59 min", "11 h")
