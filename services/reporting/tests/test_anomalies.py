"""Days that stand out: by hand, one-sided, robust, of enough, explained; a silent channel is an outage."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.decide.anomalies import (
    WEEK,
    Anomaly,
    DayValue,
    OddityLimits,
    Part,
    Series,
    judge,
    oddity,
    outages,
)
from reporting.reports.anomalies import in_words

TUESDAY = date(2026, 11, 24)
LIMITS = OddityLimits(weeks=8, deviations=3.5, count_at_least=10)
BEFORE = (19, 21, 20, 22, 18, 20, 20, 21)
"""Median 20, median absolute deviation 1: a standard deviation of 1.48."""


def counts(today: int, before: Sequence[int] = BEFORE) -> dict[date, DayValue]:
    days = {TUESDAY - WEEK * number: DayValue.count(one) for number, one in enumerate(before, 1)}
    return days | ({TUESDAY: DayValue.count(today)} if today else {})


def series(today: int, *, falls: bool = True, parts: Mapping[Part, tuple[int, Sequence[int]]] | None = None) -> Series:
    some = {part: counts(now, before) for part, (now, before) in (parts or {}).items()}
    return Series("mqls", "count", falls, counts(today), some)


def test_a_fall_is_measured_in_robust_deviations_and_by_chance() -> None:
    """(20 - 4) / 1.4826 = 10.8 by spread; Poisson: at most 4 of 20 is 1 in 59,000, 4.15 deviations."""
    found = oddity(series(4), TUESDAY, LIMITS)
    assert found is not None
    assert (found.kind, found.value, found.expected, found.weeks) == ("fall", 4, 20, 8)
    assert found.deviations == pytest.approx(4.15, abs=0.01)
    assert found.key == "mqls/2026-11-24"


def test_what_chance_alone_would_do_is_not_odd() -> None:
    """12 of 20 is 5.4 deviations by the spread of eight calm weeks, and not 2 by Poisson's law."""
    assert oddity(series(12), TUESDAY, LIMITS) is None


@pytest.mark.parametrize(("today", "falls"), [(60, True), (2, False), (20, True), (20, False)])
def test_the_good_side_and_the_usual_say_nothing(today: int, falls: bool) -> None:
    assert oddity(series(today, falls=falls), TUESDAY, LIMITS) is None


def test_a_rise_of_what_should_not_rise() -> None:
    found = oddity(series(45, falls=False), TUESDAY, LIMITS)
    assert found is not None
    assert found.kind == "rise"
    assert found.deviations == pytest.approx(4.742, abs=0.001), "at least 45 where 20 are usual, by Poisson's law"


def test_one_wild_week_before_does_not_hide_a_fall() -> None:
    """A mean would have been 30 with a deviation of 29."""
    wild = Series("mqls", "count", True, counts(3, (19, 21, 20, 110, 18, 20, 20, 21)))
    assert oddity(wild, TUESDAY, LIMITS) is not None


def test_of_too_few_nothing_is_said() -> None:
    few = Series("mqls", "count", True, counts(0, (9, 8, 9, 9, 8, 9, 9, 9)))
    assert oddity(few, TUESDAY, LIMITS) is None
    shares = {TUESDAY - WEEK * n: DayValue.share(90, 100) for n in range(1, 9)} | {TUESDAY: DayValue.share(0, 9)}
    assert oddity(Series("acceptance_rate", "share", True, shares), TUESDAY, LIMITS) is None


def test_just_enough_is_enough() -> None:
    usual = Series("mqls", "count", True, counts(0, (10,) * 8))
    assert oddity(usual, TUESDAY, LIMITS) is not None, "P(0 of 10) is 3.9 deviations"
    shares = {TUESDAY - WEEK * n: DayValue.share(90, 100) for n in range(1, 9)} | {TUESDAY: DayValue.share(0, 10)}
    assert oddity(Series("acceptance_rate", "share", True, shares), TUESDAY, LIMITS) is not None
    young = Series("mqls", "count", True, counts(0, BEFORE[:4]), since=TUESDAY - 4 * WEEK)
    found = oddity(young, TUESDAY, LIMITS)
    assert found is not None
    assert found.weeks == 4, "half of the weeks, the first of them among them"
    younger = Series("mqls", "count", True, counts(0, BEFORE[:3]), since=TUESDAY - 3 * WEEK)
    assert oddity(younger, TUESDAY, OddityLimits(weeks=7, deviations=3.5, count_at_least=10)) is None


def test_restless_weeks_make_less_of_a_fall_than_chance_does() -> None:
    """Median 100, median absolute deviation 10, 14.8 as a standard deviation: 60 is 2.7 of them off, 45 is 3.7."""
    restless = (90, 110) * 4
    assert oddity(Series("mqls", "count", True, counts(60, restless)), TUESDAY, LIMITS) is None
    found = oddity(Series("mqls", "count", True, counts(45, restless)), TUESDAY, LIMITS)
    assert found is not None
    assert found.deviations == pytest.approx(55 / 14.826)


@pytest.mark.parametrize(("seconds", "odd"), [(150.0, None), (200.0, 4.0)])
def test_a_median_that_never_moved_is_judged_by_the_root_of_how_many_it_is_of(
    seconds: float, odd: float | None
) -> None:
    days = {TUESDAY - WEEK * n: DayValue(16, 16, 100.0) for n in range(1, 9)}
    found = oddity(
        Series("response_time", "median", False, days | {TUESDAY: DayValue(16, 16, seconds)}), TUESDAY, LIMITS
    )
    assert (found.deviations if found else None) == odd


def test_a_young_house_has_no_usual() -> None:
    young = Series("mqls", "count", True, counts(0, BEFORE[:3]), since=TUESDAY - 3 * WEEK)
    assert oddity(young, TUESDAY, LIMITS) is None
    assert oddity(series(0), TUESDAY, LIMITS) is not None


def test_a_share_is_judged_by_how_many_it_is_of() -> None:
    """70 % of 40 against a usual 90 %: (0.9 - 0.7) / sqrt(0.09 / 40) = 4.2; of 20 it is 3.0."""
    usual = {TUESDAY - WEEK * n: DayValue.share(90, 100) for n in range(1, 9)}
    many = Series("acceptance_rate", "share", True, usual | {TUESDAY: DayValue.share(28, 40)})
    found = oddity(many, TUESDAY, LIMITS)
    assert found is not None
    assert found.deviations == pytest.approx(4.216, abs=0.001)
    fewer = Series("acceptance_rate", "share", True, usual | {TUESDAY: DayValue.share(14, 20)})
    assert oddity(fewer, TUESDAY, LIMITS) is None


def test_the_part_that_explains_most_of_it_is_named() -> None:
    """Google fell from 14 to 1: 13 of the 16 that are missing."""
    parts: dict[Part, tuple[int, Sequence[int]]] = {
        ("source", "google"): (1, (14,) * 8),
        ("source", "linkedin"): (3, (6,) * 8),
        ("band", "hot"): (2, (7,) * 8),
    }
    found = oddity(series(4, parts=parts), TUESDAY, LIMITS)
    assert found is not None
    assert found.part == ("source", "google")
    assert found.share == pytest.approx(13 / 16)
    assert in_words(found) == ("MQLs fell on Tue 24 Nov: 4 where 20 are usual; google (source) explains 81 % of it.")


def test_where_no_part_explains_most_none_is_named() -> None:
    parts: dict[Part, tuple[int, Sequence[int]]] = {("source", name): (1, (5,) * 8) for name in ("a", "b", "c", "d")}
    found = oddity(series(4, parts=parts), TUESDAY, LIMITS)
    assert found is not None
    assert found.part is None
    assert in_words(found).endswith("4 where 20 are usual.")


def test_a_part_explains_it_from_half_on_and_of_equals_the_first_is_named() -> None:
    half: dict[Part, tuple[int, Sequence[int]]] = {("source", "b"): (2, (10,) * 8), ("source", "a"): (2, (10,) * 8)}
    found = oddity(series(4, parts=half), TUESDAY, LIMITS)
    assert found is not None
    assert (found.part, found.share) == (("source", "b"), 0.5)
    less: dict[Part, tuple[int, Sequence[int]]] = {("source", "a"): (3, (10,) * 8)}
    found = oddity(series(4, parts=less), TUESDAY, LIMITS)
    assert found is not None
    assert found.part is None


def channels(segment: int, form: int) -> Series:
    parts: dict[Part, tuple[int, Sequence[int]]] = {
        ("channel", "segment"): (segment, (40,) * 8),
        ("channel", "form:demo"): (form, (12,) * 8),
    }
    some = {part: counts(now, before) for part, (now, before) in parts.items()}
    return Series("leads", "count", True, counts(segment + form, (52,) * 8), some)


def test_a_channel_that_falls_silent_while_others_go_on_is_an_outage() -> None:
    (silent,) = outages(channels(0, 11), TUESDAY, LIMITS)
    assert (silent.kind, silent.part, silent.key) == ("outage", ("channel", "segment"), "outage/segment/2026-11-24")
    assert in_words(silent).startswith(
        "Nothing came from segment (channel) on Tue 24 Nov, where 40 engagements are usual"
    )
    assert outages(channels(0, 0), TUESDAY, LIMITS) == [], "it is quiet everywhere: that is no tracking"
    assert outages(channels(1, 12), TUESDAY, LIMITS) == []


def test_others_go_on_while_they_bring_half_and_silence_is_judged_by_chance() -> None:
    assert [one.part for one in outages(channels(0, 6), TUESDAY, LIMITS)] == [("channel", "segment")]
    assert outages(channels(0, 5), TUESDAY, LIMITS) == [], "less than half of 12: it is quiet everywhere"
    (silent,) = outages(channels(40, 0), TUESDAY, LIMITS)
    assert silent.deviations == pytest.approx(4.375, abs=0.005), "none of 12 by Poisson's law"


def test_an_outage_is_not_told_as_a_fall_too() -> None:
    parts: dict[Part, tuple[int, Sequence[int]]] = {
        ("channel", "segment"): (0, (15,) * 8),
        ("channel", "form:demo"): (5, (5,) * 8),
    }
    leads = series(5, parts=parts)
    assert [one.kind for one in judge(channels(0, 11), [(leads, TUESDAY)], TUESDAY, LIMITS)] == ["outage"]
    assert [one.kind for one in judge(channels(38, 11), [(leads, TUESDAY)], TUESDAY, LIMITS)] == ["fall"]


@given(st.lists(st.integers(0, 200), min_size=8, max_size=8), st.integers(0, 200))
def test_a_day_is_never_odd_on_both_sides(before: list[int], today: int) -> None:
    days = counts(today, before)
    found = [oddity(Series("m", "count", falls, days), TUESDAY, LIMITS) for falls in (True, False)]
    assert None in found
    for one in found:
        assert one is None or _holds(one)


def _holds(one: Anomaly) -> bool:
    below = one.value < one.expected
    return one.deviations >= LIMITS.deviations and below == (one.kind == "fall")


def test_a_key_is_the_same_for_ever_and_of_one_day() -> None:
    one = oddity(series(4), TUESDAY, LIMITS)
    assert one is not None
    assert one.key == "mqls/2026-11-24"
    assert oddity(series(4), TUESDAY + timedelta(days=1), LIMITS) is None
