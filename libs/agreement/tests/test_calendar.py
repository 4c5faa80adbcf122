"""The due times of domain.md, section 7, and the laws of business time."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations, islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreement.calendar import WEEKDAYS, Calendar, NeverOpen, Shifts
from agreement.types import Span

NINE_TO_SIX: Shifts = {day: [(time(9), time(18))] for day in WEEKDAYS[:5]}
WITH_LUNCH: Shifts = {day: [(time(9), time(12, 30)), (time(13, 30), time(18))] for day in WEEKDAYS[:5]}
BERLIN, NEW_YORK, PARIS = "Europe/Berlin", "America/New_York", "Europe/Paris"


def span(text: str) -> Span:
    return Span.model_validate(text)


def local(zone: str, text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def calendar(zone: str, shifts: Shifts = NINE_TO_SIX, country: str | None = None) -> Calendar:
    return Calendar(zone, shifts, country=country)


@pytest.mark.parametrize(
    ("working", "start", "target", "due"),
    [
        pytest.param(calendar(BERLIN), "2026-03-27T16:30", "4bh", "2026-03-30T11:30", id="dst-starts-on-sunday"),
        pytest.param(calendar(BERLIN), "2026-08-08T16:00", "4bh", "2026-08-10T13:00", id="starts-on-saturday"),
        pytest.param(calendar(NEW_YORK), "2026-08-07T18:00", "1bh", "2026-08-10T10:00", id="closing-instant"),
        pytest.param(calendar(PARIS, WITH_LUNCH), "2026-08-05T12:00", "1bh", "2026-08-05T14:00", id="over-lunch"),
        pytest.param(
            calendar(NEW_YORK, country="US"), "2026-09-04T16:00", "4bh", "2026-09-08T11:00", id="labor-day-off"
        ),
        pytest.param(calendar(NEW_YORK), "2026-08-05T10:00", "24bh", "2026-08-07T16:00", id="three-days"),
        pytest.param(calendar(NEW_YORK), "2026-10-30T17:30", "1bh", "2026-11-02T09:30", id="dst-ends-on-sunday"),
        pytest.param(calendar(NEW_YORK), "2026-08-05T10:00", "1bd", "2026-08-06T10:00", id="next-working-day"),
        pytest.param(calendar(NEW_YORK), "2026-08-07T10:00", "1bd", "2026-08-10T10:00", id="over-the-weekend"),
        pytest.param(calendar(NEW_YORK), "2026-08-07T20:00", "1bd", "2026-08-11T09:00", id="from-the-next-opening"),
        pytest.param(calendar(BERLIN), "2026-03-27T16:30", "3bd", "2026-04-01T16:30", id="same-local-time-over-dst"),
        pytest.param(calendar(NEW_YORK), "2026-08-07T17:00", "1bh", "2026-08-07T18:00", id="exactly-to-closing"),
        pytest.param(calendar(BERLIN), "2026-03-28T16:30", "24h", "2026-03-29T17:30", id="wall-clock-over-dst"),
    ],
)
def test_due_times_are_those_of_the_domain(working: Calendar, start: str, target: str, due: str) -> None:
    zone = working._zone.key
    found = working.add(local(zone, start), span(target))
    assert found == local(zone, due)
    assert found.tzinfo is UTC


def test_the_closing_instant_is_closed_and_the_opening_instant_open() -> None:
    working = calendar(PARIS, WITH_LUNCH)
    assert working.is_open(local(PARIS, "2026-08-05T09:00"))
    assert not working.is_open(local(PARIS, "2026-08-05T12:30"))
    assert working.next_open(local(PARIS, "2026-08-05T12:30")) == local(PARIS, "2026-08-05T13:30")
    assert working.next_open(local(PARIS, "2026-08-05T18:00")) == local(PARIS, "2026-08-06T09:00")


def test_own_days_leave_and_worked_holidays_are_counted() -> None:
    working = Calendar(
        NEW_YORK,
        NINE_TO_SIX,
        country="US",
        worked=[date(2026, 9, 7)],
        days_off=[date(2026, 9, 8)],
        leave=[(date(2026, 9, 9), date(2026, 9, 10))],
    )
    assert working.working(date(2026, 9, 7))
    assert working.add(local(NEW_YORK, "2026-09-07T10:00"), span("1bd")) == local(NEW_YORK, "2026-09-11T10:00")


def test_holidays_of_a_subdivision_are_not_those_of_its_neighbours() -> None:
    bavaria = Calendar(BERLIN, NINE_TO_SIX, country="DE", subdivision="BY")
    assert not bavaria.working(date(2026, 1, 6))
    assert calendar(BERLIN, country="DE").working(date(2026, 1, 6))


def test_a_business_day_that_lands_on_a_shorter_day_is_due_within_its_hours() -> None:
    short = calendar(BERLIN, {**NINE_TO_SIX, "fri": [(time(10), time(12)), (time(13), time(15))]})
    for start, due in (("17:00", "15:00"), ("12:30", "12:00"), ("13:00", "13:00"), ("09:30", "10:00")):
        assert short.add(local(BERLIN, f"2026-08-06T{start}"), span("1bd")) == local(BERLIN, f"2026-08-07T{due}")


def test_overlapping_shifts_count_once() -> None:
    working = calendar(BERLIN, {"mon": [(time(9), time(13)), (time(12), time(15))]})
    assert working.elapsed(local(BERLIN, "2026-08-03T00:00"), local(BERLIN, "2026-08-04T00:00")) == timedelta(hours=6)


def test_half_of_a_business_day_is_half_of_its_open_time() -> None:
    working = calendar(NEW_YORK)
    friday = local(NEW_YORK, "2026-08-07T12:00")
    assert working.at_percent(friday, span("1bd"), 50) == local(NEW_YORK, "2026-08-07T16:30")
    assert working.at_percent(friday, span("1bd"), 150) == local(NEW_YORK, "2026-08-10T16:30")
    assert working.at_percent(friday, span("4bh"), 80) == local(NEW_YORK, "2026-08-07T15:12")
    assert working.at_percent(friday, span("24h"), 150) == local(NEW_YORK, "2026-08-09T00:00")


def test_a_calendar_that_never_opens_is_refused() -> None:
    with pytest.raises(NeverOpen):
        calendar(BERLIN, {})
    away = Calendar(BERLIN, NINE_TO_SIX, leave=[(date(2020, 1, 1), date(2090, 1, 1))])
    with pytest.raises(NeverOpen):
        away.next_open(local(BERLIN, "2026-08-03T10:00"))
    with pytest.raises(NeverOpen):
        away._working_days(local(BERLIN, "2026-08-03T10:00"), 1)
    with pytest.raises(NeverOpen):
        next(away.open_days(local(BERLIN, "2026-08-03T10:00")))


HOURS = [time(6), time(8), time(9, 15), time(12, 30), time(13), time(17), time(18), time(21, 45)]
shifts = st.sampled_from(list(combinations(HOURS, 2)))
weeks = st.dictionaries(st.sampled_from(WEEKDAYS), st.lists(shifts, min_size=1, max_size=3), min_size=1)
calendars = st.builds(
    Calendar,
    st.sampled_from([BERLIN, NEW_YORK, "Australia/Lord_Howe", "Asia/Kolkata", "America/Sao_Paulo"]),
    weeks,
    country=st.sampled_from([None, "US", "DE", "AU"]),
)
instants = st.integers(0, 2 * 365 * 86400).map(lambda s: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=s))
spans = st.builds(lambda n, unit: span(f"{n}{unit}"), st.integers(1, 12), st.sampled_from(["bh", "bd"]))


@given(calendars, instants, spans)
def test_due_is_never_while_closed(working: Calendar, start: datetime, target: Span) -> None:
    due = working.add(start, target)
    assert due > start
    assert any(opened <= due <= closed for opened, closed in working.openings(working.local_day(due)))


@given(calendars, instants, st.integers(1, 60))
def test_business_hours_added_are_business_hours_elapsed(working: Calendar, start: datetime, amount: int) -> None:
    assert working.elapsed(start, working.add(start, span(f"{amount}bh"))) == timedelta(hours=amount)


@given(calendars, instants, instants, spans)
def test_who_starts_later_is_not_due_earlier(working: Calendar, one: datetime, other: datetime, target: Span) -> None:
    first, second = sorted((one, other))
    assert working.add(first, target) <= working.add(second, target)


@given(calendars, instants)
def test_open_days_are_those_of_one_opening_after_the_other(working: Calendar, start: datetime) -> None:
    days: list[date] = []
    instant = start
    while len(days) < 12:
        day = working.local_day(working.next_open(instant))
        days.extend([] if day in days else [day])
        instant = working.openings(day)[-1][1]
    assert list(islice(working.open_days(start), 12)) == days


@given(calendars, instants, spans)
def test_milestones_come_in_order(working: Calendar, start: datetime, target: Span) -> None:
    stones = [working.at_percent(start, target, percent) for percent in (50, 80, 100, 150)]
    assert all(earlier <= later for earlier, later in pairwise([start, *stones]))


@given(calendars, instants, spans, st.lists(st.integers(1, 400), max_size=6).map(sorted))
def test_several_milestones_are_those_of_one_each(
    working: Calendar, start: datetime, target: Span, percents: list[int]
) -> None:
    due = working.add(start, target)
    found = working.at_percents(start, target, percents, due)
    assert list(found) == [working.at_percent(start, target, percent) for percent in percents]
    if target.business:
        used = [working.elapsed(start, at) for at in found]
        assert used == [working.elapsed(start, due) * percent / 100 for percent in percents]


@given(calendars, st.lists(instants, min_size=3, max_size=3).map(sorted))
def test_elapsed_time_adds_up(working: Calendar, moments: list[datetime]) -> None:
    a, b, c = moments
    assert working.elapsed(a, b) + working.elapsed(b, c) == working.elapsed(a, c)
    assert working.elapsed(c, a) == timedelta(0)


@given(calendars, instants, st.integers(0, 40 * 24))
def test_pauses_and_open_time_fill_the_span(working: Calendar, start: datetime, length: int) -> None:
    end = start + timedelta(hours=length)
    pauses = working.pauses(start, end)
    assert sum((b - a for a, b in pauses), timedelta(0)) + working.elapsed(start, end) == end - start
    assert all(a < b and not working.elapsed(a, b) for a, b in pauses)
