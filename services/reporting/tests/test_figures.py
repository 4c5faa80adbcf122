"""How numbers are written: percentages that are honest, changes with their direction, and the days before."""

from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreement import Agreement
from events import Money
from reporting.decide.rates import mql_quality, share
from reporting.figures import change, count_of, percent, short_money
from reporting.pages.chart import grid
from reporting.period import Period, days_of
from reporting.reports.answering import change_of
from reporting.reports.report import Column

WHOLE = st.integers(1, 2_000_000)


def value_of(text: str) -> float:
    """The number in `99.7 %`; what is over or under something counts as that."""
    return float(text.removesuffix(" %").removeprefix("under ").removeprefix("over "))


@given(WHOLE, st.data())
def test_a_hundred_per_cent_is_all_and_nothing_is_none(whole: int, data: st.DataObject) -> None:
    part = data.draw(st.integers(0, whole))
    text = percent(part / whole)
    assert (text == "100 %") == (part == whole)
    assert (text == "0 %") == (part == 0)
    assert 0 <= value_of(text) <= 100
    assert abs(value_of(text) - 100 * part / whole) <= 0.5


@given(WHOLE, st.data())
def test_a_larger_share_never_reads_smaller(whole: int, data: st.DataObject) -> None:
    one, other = sorted(data.draw(st.lists(st.integers(0, whole), min_size=2, max_size=2)))
    assert value_of(percent(one / whole)) <= value_of(percent(other / whole))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"), (0, "0 %"), (0.25, "25 %"), (299 / 300, "99.7 %"), (0.9999, "over 99.9 %"), (1, "100 %"),
        (0.004, "0.4 %"), (0.0001, "under 0.1 %"), (1.2, "over 100 %"),
    ],
)  # fmt: skip
def test_shares_as_they_are_read(value: float | None, text: str) -> None:
    assert percent(value) == text


def test_what_is_no_part_of_the_whole_has_no_share() -> None:
    assert (share(3, 2), share(0, 0), share(1, 2)) == (None, None, 0.5)


def test_how_many_of_what() -> None:
    assert [count_of(many, "deal") for many in (0, 1, 1200)] == ["0 deals", "1 deal", "1,200 deals"]
    assert count_of(2, "first touch") == "2 first touches"


def test_changes_say_by_how_much_and_in_what() -> None:
    assert [change(one, "%") for one in (12.4, -6, 0.5, 0, None)] == ["+12 %", "−6 %", "+0.5 %", "same", "new"]
    assert change(-6.2, "pp") == "−6.2 pp"


@pytest.mark.parametrize(
    ("cell", "now", "before", "better", "expected"),
    [
        ("number", 12, 10, "more", (20.0, "%", True)),
        ("duration", 60, 120, "less", (-50.0, "%", True)),
        ("percent", 0.75, 0.81, "more", (-6.0, "pp", False)),
        ("number", 5, 0, "more", (None, "%", None)),
        ("money", Money(amount=90, currency="USD"), Money(amount=100, currency="USD"), None, (-10.0, "%", None)),
        ("number", 5, 5, "more", (0.0, "%", None)),
    ],
)
def test_a_change_is_good_or_bad_by_what_is_wanted(
    cell: str, now: object, before: object, better: str | None, expected: tuple[float | None, str, bool | None]
) -> None:
    column = Column("it", "It", cell, better=better)  # type: ignore[arg-type]
    found = change_of(column, {"it": now}, {"it": before})
    assert (found["change"], found["unit"], found["good"]) == expected


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(1, 400), st.sampled_from(["prev", "year"]))
def test_the_days_before_are_as_many_on_the_same_weekdays(first: date, length: int, compare: str) -> None:
    days = Period(first, date.fromordinal(first.toordinal() + length), "UTC")
    before = days.before(compare)  # type: ignore[arg-type]
    assert before.until - before.first == days.until - days.first
    assert before.first.weekday() == days.first.weekday()
    assert compare == "year" or before.until <= days.first
    parts = list(days.parts())
    assert (parts[0].first, parts[-1].until) == (days.first, days.until)
    assert all(one.until == following.first for one, following in pairwise(parts))


def test_seven_days_are_compared_with_the_seven_before() -> None:
    week = days_of("7d", datetime(2026, 8, 5, 12, tzinfo=UTC), "Europe/Berlin")
    assert week.before("prev").parameters == {"from": "2026-07-23", "to": "2026-07-30"}
    assert [part.parameters["to"] for part in week.weeks_up_to(2)] == ["2026-07-30", "2026-08-06"]


@given(st.floats(0, 1e7))
def test_the_grid_of_a_chart_holds_its_highest_bar(highest: float) -> None:
    ticks = grid(highest)
    assert ticks[0] == 0
    assert ticks[-1] >= highest
    assert len(ticks) <= 6


def test_a_share_of_few_says_so(agreement: Agreement) -> None:
    terms = agreement.service_levels.commitments.quality
    few, none = mql_quality(1, 2, terms), mql_quality(0, 0, terms)
    assert (few["mql_to_sql"], few["enough"]) == (0.5, False)
    assert 0 < few["low"] < 0.5 < few["high"] < 1
    assert none == {"mql_to_sql": None, "low": None, "high": None, "enough": False}
    assert mql_quality(1, terms.leads_at_least, terms)["enough"]


@pytest.mark.parametrize(
    ("major", "text"),
    [
        (None, "–"),
        (99_999, "99,999 USD"),
        (225_000, "225 k USD"),
        (1_020_000, "1.02 M USD"),
        (1_234_567_890, "1.23 bn USD"),
    ],
)
def test_a_sum_on_a_tile_is_short_whatever_its_size(major: int | None, text: str) -> None:
    assert short_money(None if major is None else Money(amount=major * 100, currency="USD")) == text
