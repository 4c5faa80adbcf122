"""Where the minutes go between a raised hand and the first touch: they are booked to parts that sum up to the whole."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreement import Agreement
from agreement.calendar import Calendars
from reporting.decide.waits import HeldOffer, Hours, Wait, book


def at(hour: float, day: int = 5) -> datetime:
    """In New York, in August 2026; the 5th is a Wednesday, work is from 9 to 18."""
    return datetime(2026, 8, day, 4, tzinfo=UTC) + timedelta(hours=hour)


@pytest.fixture(scope="module")
def hours(agreement: Agreement) -> Hours:
    calendars = Calendars(agreement.teams)
    return lambda rep: calendars.of_rep(rep) if rep else calendars.of_team("new-york")


def ana(start: float, heard: float | None, end: float | None = None) -> HeldOffer:
    return HeldOffer("rep-ana", at(start), None if heard is None else at(heard), None if end is None else at(end))


def kate(start: float, heard: float | None, end: float | None = None) -> HeldOffer:
    """Of London, where it is five hours later: there she works until 13 o'clock of New York."""
    return HeldOffer("rep-kate", at(start), None if heard is None else at(heard), None if end is None else at(end))


@pytest.mark.parametrize(
    ("wait", "parts"),
    [
        (Wait(at(10), at(12), at(10), at(10), [ana(10, 10)]), {"rep": 2}),
        (Wait(at(10), at(12), at(11), at(11), [ana(11, 11.5)]), {"customer": 1, "system": 0.5, "rep": 0.5}),
        (Wait(at(16), at(34), at(16), at(16), [ana(16, 16)]), {"rep": 3, "off_hours": 15}),
        (Wait(at(10), at(13), at(10), at(10.5), []), {"system": 0.5, "queue": 2.5}),
        (Wait(at(20), at(34), at(20), at(20), [ana(33, 33)]), {"off_hours": 13, "rep": 1}),
        (Wait(at(10), at(14), at(10), at(10), [ana(10, 10, 11), ana(12, 12)]), {"rep": 3, "queue": 1}),
        (Wait(at(10), at(14), at(10), at(10), [ana(10, 10, 11), ana(13, 13)]), {"rep": 2, "queue": 2}),
        (Wait(at(10), at(14), at(10), at(10), [ana(10, None)]), {"system": 4}),
        (Wait(at(10), at(14), at(10), at(10), [kate(10, 10)]), {"rep": 3, "off_hours": 1}),  # her hours, not ours
        (Wait(at(10), at(14), at(10), at(10), [kate(10, 10), ana(11, None)]), {"rep": 1, "system": 3}),  # the later one
        (Wait(at(10), at(14), at(10), at(10), [ana(11, None), kate(10, 10)]), {"rep": 1, "system": 3}),
        (Wait(at(10), at(14), at(10), None, [ana(2, 2)]), {"rep": 4}),  # the rep had the lead before
        (Wait(at(10), at(10), at(10), None, []), {}),
    ],
)
def test_each_minute_is_booked_to_one_part(hours: Hours, wait: Wait, parts: dict[str, float]) -> None:
    found = {part: time / timedelta(hours=1) for part, time in book(wait, hours).items() if time}
    assert found == parts


moments = st.integers(0, 14 * 24 * 3600).map(lambda seconds: at(0) + timedelta(seconds=seconds))
maybe = st.one_of(st.none(), moments)
offers = st.builds(HeldOffer, st.sampled_from(["rep-ana", "rep-kate"]), moments, maybe, maybe)


@given(st.tuples(moments, moments).map(sorted), moments, maybe, st.lists(offers, max_size=5))
def test_the_parts_sum_to_the_whole(
    hours: Hours, ends: list[datetime], known: datetime, decision: datetime | None, some: list[HeldOffer]
) -> None:
    parts = book(Wait(ends[0], ends[1], known, decision, some), hours)
    assert sum(parts.values(), timedelta()) == ends[1] - ends[0]
    assert min(parts.values()) >= timedelta()
