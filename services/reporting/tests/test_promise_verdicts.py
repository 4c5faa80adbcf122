"""What is said of a promise: its colour, its worst team, and each of its weeks; by hand."""

from datetime import date

import pytest

from reporting.period import Period
from reporting.reports.service_levels import _finding, _verdict, _week, _worst
from reporting.store.conditions import DatabaseRow

WEEK = Period(date(2026, 11, 2), date(2026, 11, 9), "UTC")


@pytest.mark.parametrize(
    ("kept", "state", "colour"),
    [
        (None, "no_data", None),
        (100.0, "met", "green"),
        (95.0, "met", "green"),
        (94.9, "near", "amber"),
        (90.0, "near", "amber"),
        (89.9, "missed", "red"),
        (0.0, "missed", "red"),
    ],
)
def test_green_from_the_agreed_share_on_and_amber_within_the_margin(
    kept: float | None, state: str, colour: str | None
) -> None:
    assert _verdict(kept, 95, 5) == {"state": state, "colour": colour}


def team(name: str, met: int, total: int, state: str) -> DatabaseRow:
    return {"team": name, "title": name, "actual": met / total if total else None, "total": total, "state": state}


def test_the_worst_team_is_that_of_the_smallest_share_and_of_two_the_one_that_was_asked_more() -> None:
    good, poor, silent = team("a", 9, 9, "met"), team("b", 5, 10, "missed"), team("c", 0, 0, "no_data")
    assert _worst([good, poor, silent]) == poor
    assert _worst([poor, good]) == poor
    many = team("d", 50, 100, "missed")
    assert _worst([poor, many, good]) == many
    assert _worst([many, poor]) == many
    assert _worst([poor, team("f", 1000, 1000, "met")]) == poor
    assert _worst([poor, silent]) is None, "nobody else was asked"
    assert _worst([good, team("e", 99, 100, "met")]) is None, "all kept enough"
    assert _worst([silent]) is None
    assert _worst([]) is None


def test_a_week_counts_what_is_judged() -> None:
    row = {"met": 6, "late": 3, "breached": 1, "running": 20, "system": 40}
    assert _week(WEEK, row) == {"from": "2026-11-02", "to": "2026-11-09", "met": 6, "total": 10, "actual": 0.6}
    assert _week(WEEK, None) == {"from": "2026-11-02", "to": "2026-11-09", "met": 0, "total": 0, "actual": None}


def test_the_finding_names_the_promise_that_is_furthest_off_and_its_worst_team() -> None:
    levels = [
        {"title": "Routed", "actual": 0.9, "colour": "amber", "worst": None},
        {"title": "Accepted", "actual": 0.5, "colour": "red", "worst": {"title": "London"}},
        {"title": "Surveyed", "actual": None, "colour": None},
        {"title": "Touched", "actual": 1.0, "colour": "green"},
    ]
    furthest = "1 of 3 promises are kept; “Accepted” is the furthest off, London most of all"
    assert _finding({"marketing": levels[:1], "sales": levels[1:]}) == furthest
    never = {"title": "Called", "actual": 0.0, "colour": "red", "worst": None}
    off = "0 of 2 promises are kept; “Called” is the furthest off"
    assert _finding({"marketing": levels[:1], "sales": [never]}) == off
    assert _finding({"marketing": levels[3:], "sales": []}) == "We keep our word: all 1 of 1 promises"
    assert _finding({"marketing": [], "sales": levels[2:3]}) == "Do we keep our word? Nothing is judged yet"
