"""Waits added up, by hand: median and nine in ten, whose they were, and in which hour of the week hands were raised."""

from datetime import UTC, datetime

import pytest
from httpx import AsyncClient

from reporting.decide.answer_times import add_up, grouped, hour_of_week, hour_words
from reporting.decide.tallies import quantile
from reporting.store.conditions import DatabaseRow


def wait(
    seconds: float, *, rep: str = "dan", answered: bool = True, waits: bool = False, off: float = 0
) -> DatabaseRow:
    parts = {"customer": 0, "system": 0, "queue": 0, "rep": seconds - off, "off_hours": off}
    return {"rep": rep, "answered": answered, "waits": waits, "seconds": seconds, "parts": parts}


def test_four_answers_by_hand() -> None:
    some = [wait(60), wait(120), wait(180), wait(3600, off=3000)]
    times = add_up([*some, wait(9, answered=False, waits=True), wait(5, answered=False)])
    assert (times.answered, times.waiting, times.untouched) == (4, 1, 1)
    assert times.median == 150
    assert times.p90 == pytest.approx(180 + 0.7 * 3420)
    assert (times.seconds, times.parts["off_hours"], times.parts["rep"]) == (3960, 3000, 960)
    assert sum(times.parts.values()) == times.seconds
    assert times.slowest == "off_hours"
    assert times.never == 1 / 5, "who still waits is not yet nobody's"


def test_nothing_is_not_fast() -> None:
    nothing = add_up([])
    assert (nothing.median, nothing.p90, nothing.slowest, nothing.never) == (None, None, None, None)
    assert add_up([wait(7)]).p90 == 7


def test_each_rep_has_the_own_times() -> None:
    groups = grouped([wait(60), wait(300, rep="eva"), wait(100, rep="eva")], lambda one: str(one["rep"]))
    assert {name: (one.answered, one.median) for name, one in groups.items()} == {"dan": (1, 60), "eva": (2, 200)}


@pytest.mark.parametrize(
    ("at", "hour", "words"),
    [
        (datetime(2026, 8, 3, 13, 59, tzinfo=UTC), 9, "Mon 09:00"),
        (datetime(2026, 8, 3, 3, 0, tzinfo=UTC), 6 * 24 + 23, "Sun 23:00"),
        (datetime(2026, 1, 5, 14, 0, tzinfo=UTC), 9, "Mon 09:00"),
    ],
)
def test_the_hour_is_the_house_s_own_in_summer_and_winter(at: datetime, hour: int, words: str) -> None:
    assert hour_of_week(at, "America/New_York") == hour
    assert hour_words(hour) == words


async def test_the_page_of_speed_divides_and_lists(web: AsyncClient) -> None:
    page = (await web.get("/speed?range=30d")).text
    assert page.index("Dan Kowalski") < page.index("Where the hours go") < page.index("Each raised hand")
    week = (await web.get("/speed?range=30d&by=hour")).text
    assert 'aria-label="Hours of the week in America/New_York; stronger is slower"' in week
    chosen = (await web.get("/speed?range=30d&holder=rep-dan&state=answered")).text
    assert chosen.index("Each raised hand") < chosen.index("By hour of the week"), "what was chosen comes first"
    assert (await web.get("/speed?hour=168")).headers["location"] == "/speed"


def test_nine_of_ten_of_one_and_of_two() -> None:
    assert quantile([10.0], 0.9) == 10
    assert quantile([10.0, 20.0], 0.9) == 19
    assert quantile([], 0.9) is None
