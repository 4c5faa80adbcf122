"""Promises added up for any days, by hand."""

from datetime import UTC, datetime, timedelta

import pytest

from reporting.decide.tallies import (
    _seconds,
    counted,
    durations,
    instants_of,
    parts_of,
    quantile,
    sizes_of_parts,
    with_quantiles,
)

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)


def days(first: int, until: int) -> tuple[datetime, datetime]:
    return MONDAY + timedelta(days=first), MONDAY + timedelta(days=until)


def test_each_period_is_made_of_whole_parts() -> None:
    instants = instants_of([days(0, 14), days(7, 14), days(5, 9)])
    assert [one.day - MONDAY.day for one in instants] == [0, 5, 7, 9, 14]
    assert list(parts_of(instants, *days(0, 14))) == [1, 2, 3, 4]
    assert list(parts_of(instants, *days(7, 14))) == [3, 4]
    assert list(parts_of(instants, *days(5, 9))) == [2, 3]


def test_states_are_counted_and_a_void_promise_is_none() -> None:
    rows = [
        {"promise": "accepted", "team": "london", "part": part, "state": state, "promises": number}
        for part, state, number in ((1, "met", 3), (2, "met", 2), (2, "late", 1), (2, "void", 9), (3, "breached", 4))
    ]
    counts = counted(rows, (2, 3), ("promise",))
    assert counts == {("accepted",): {"met": 2, "late": 1, "breached": 4, "running": 0, "system": 0}}
    times = [{"promise": "accepted", "team": "london", "micros": [30e6, 10e6, 20e6]}]
    whole = with_quantiles(counts, times, ("promise",))["accepted",]
    assert (whole["median_seconds"], whole["p90_seconds"]) == (20.0, 28.0)
    assert with_quantiles(counts, [], ("promise",))["accepted",]["median_seconds"] is None


def test_days_of_a_time_are_whole_and_what_nobody_kept_has_none() -> None:
    day, second = 86_400 * 10**6, 10**6
    times = [{"promise": "accepted", "micros": [day + second, 3 * day - second, 30 * day + 5]}]
    counts = {("accepted",): {"met": 3}, ("routed",): {"met": 0}}
    timed = with_quantiles(counts, times, ("promise",))
    assert timed["accepted",]["median_seconds"] == 3 * 86_400 - 1
    assert quantile([30 * day + 5], 0.5, _seconds) == 30 * 86_400 + 5e-6
    assert timed["routed",] == {"met": 0, "median_seconds": None, "p90_seconds": None}


def test_durations_and_parts_end_where_the_next_begins() -> None:
    assert durations([0, 10, 20, 30], [9, 11, 25, 60], 10, 30) == [1.0, 5.0]
    assert durations([10, 20], [90, 21], 10, 30) == [1.0, 80.0], "sorted"
    assert list(sizes_of_parts([5, 10, 11, 20, 30, 40], [10, 20, 30, 40])) == [(1, 2), (2, 1), (3, 1)]
    assert list(sizes_of_parts([10, 35], [10, 20, 30, 40])) == [(1, 1), (3, 1)], "none of the second"


@pytest.mark.parametrize(("share", "value"), [(0.0, 1.0), (0.5, 2.5), (0.9, 3.7), (1.0, 4.0)])
def test_a_quantile_lies_between_two_neighbours(share: float, value: float) -> None:
    assert quantile([1.0, 2.0, 3.0, 4.0], share) == pytest.approx(value)
    assert quantile([], share) is None
