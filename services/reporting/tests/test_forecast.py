"""What a week will bring, by hand; periods and when they are due; patterns that are more than chance."""

from datetime import UTC, date, datetime, timedelta
from itertools import islice
from math import sqrt

import pytest

from agreement import Agreement
from reporting.decide.forecast import WEEK, DealSpan, of_pipeline, of_weeks, rates_by_age
from reporting.decide.patterns import in_words, patterns
from reporting.decide.periods import PackPeriod, before, due_from, period_of

NOW = datetime(2026, 11, 23, 5, tzinfo=UTC)


def test_the_next_week_is_expected_from_those_before() -> None:
    """Mean 50, variance 8 (less than Poisson's 50): 1.2816 x sqrt(50 x (1 + 1/5)) = 9.93."""
    expected = of_weeks([48, 52, 50, 46, 54])
    assert expected is not None
    assert expected.value == 50
    assert expected.low == pytest.approx(40.07, abs=0.01)
    assert expected.high == pytest.approx(59.93, abs=0.01)
    assert expected.came(41)
    assert not expected.came(39)


def test_restless_weeks_have_a_wide_interval_that_never_falls_below_nothing() -> None:
    """Mean 20, variance 533.3: 1.2816 x sqrt(533.3 x 1.25) = 33.1."""
    expected = of_weeks([0, 40, 0, 40])
    assert expected is not None
    assert (expected.value, expected.low) == (20, 0)
    assert expected.high == pytest.approx(20 + 33.09, abs=0.01)
    assert of_weeks([50, 51, 49]) is None, "three weeks are nothing to go by"


def deal(age: int, closed: int | None = None, *, won: bool = False, amount: int = 0) -> DealSpan:
    """Opened so many weeks ago, closed so many weeks after that."""
    opened = NOW - WEEK * age
    ended = opened + WEEK * closed + timedelta(days=1) if closed is not None else None
    return DealSpan(opened, ended, won, amount)


def test_deals_are_won_at_rates_that_go_with_their_age() -> None:
    """Ten deals of ten weeks ago: five won in their second week, five open; so 0 of 10, 5 of 10, then 0 of 5."""
    deals = [deal(10, 1, won=True) for _ in range(5)] + [deal(10) for _ in range(5)]
    assert rates_by_age(deals, NOW)[:3] == [(10, 0), (10, 5), (5, 0)]


def test_a_deal_that_is_won_as_a_week_ends_is_won_in_the_next() -> None:
    opened = NOW - 10 * WEEK
    assert rates_by_age([DealSpan(opened, opened + WEEK, True)], NOW) == [(1, 0), (1, 1)]


def test_the_pipeline_is_worth_what_its_ages_are() -> None:
    """Two open deals of one week, 100.00 and 300.00: half of such deals are won in their second week."""
    history = [deal(10, 1, won=True) for _ in range(5)] + [deal(10, 4) for _ in range(5)]
    expected = of_pipeline([*history, deal(1, amount=10_000), deal(1, amount=30_000)], NOW)
    assert expected is not None
    assert expected.deals.value == pytest.approx(1.0)
    assert expected.amount.value == pytest.approx(20_000)
    half = 1.2816 * sqrt(0.25 * 10_000**2 + 0.25 * 30_000**2)
    assert expected.amount.high == pytest.approx(20_000 + half, rel=1e-3)
    assert expected.amount.low == pytest.approx(max(0, 20_000 - half), abs=10)
    assert of_pipeline([deal(3), deal(1)], NOW) is None, "nothing was ever won"


def test_an_age_that_few_came_to_counts_with_the_weeks_from_there_on() -> None:
    """By week: 0 of 5, 1 of 5, 2 of 4, 0 of 2, 0 of 2. From the third on that is 2 of 8, for three deals."""
    history = [deal(5, 1, won=True), *(deal(5, 2, won=True) for _ in range(2)), deal(5), deal(5)]
    expected = of_pipeline([*history, deal(2)], NOW)
    assert expected is not None
    assert expected.deals.value == pytest.approx(3 * 2 / 8)


def test_a_deal_older_than_all_others_is_as_the_oldest_week_of_which_enough_is_known() -> None:
    """0 of 10, 5 of 10, 0 of 5: five deals of three weeks wait for a fourth week that nobody has lived."""
    expected = of_pipeline([deal(3, 1, won=True) for _ in range(5)] + [deal(3) for _ in range(5)], NOW)
    assert expected is not None
    assert expected.deals.value == 0


def test_a_group_is_a_pattern_only_when_it_is_more_than_chance() -> None:
    """2 of 31 against 69 of 300: intervals of 95 % from 1.8 to 20.7 and from 18.6 to 28.1 touch; of 62 they do not."""
    few = {"source": {"webinar": (31, 2), "google": (300, 69)}}
    assert patterns(few, 0.95, 30) == []
    clear = {"source": {"webinar": (62, 4), "google": (300, 69)}}
    found = patterns(clear, 0.95, 30)
    assert [(one.group, one.mqls, one.sqls) for one in found] == [("google", 300, 69), ("webinar", 62, 4)]
    assert in_words(found[1]) == ("webinar leads: 4 of 62 became SQL, 17 percentage points fewer than others (23 %)")
    assert patterns(clear, 0.95, 63) == [], "and both sides are enough to say"


def test_periods_have_names_and_titles(agreement: Agreement) -> None:
    terms = agreement.goals.weekly_pack
    week = period_of("week", date(2026, 11, 26), terms)
    assert (week.name, week.title) == ("2026-W48", "Week 48: 23 to 29 Nov 2026")
    assert before(week, terms).name == "2026-W47"
    across = period_of("week", date(2026, 12, 31), terms)
    assert (across.name, across.title) == ("2026-W53", "Week 53: 28 Dec to 3 Jan 2027")
    month, quarter = (period_of(kind, date(2026, 11, 26), terms) for kind in ("month", "quarter"))
    assert (month.name, month.title, before(month, terms).name) == ("2026-11", "November 2026", "2026-10")
    assert (quarter.name, quarter.title) == ("2026-Q4", "Quarter 4 of 2026")
    assert quarter == PackPeriod("quarter", date(2026, 10, 1), date(2027, 1, 1))


def test_what_is_due_comes_in_order_each_at_its_instant(agreement: Agreement) -> None:
    """New York: Sunday 29 November ends at 5:00 UTC; the week settles until 7:00, the day is looked at at 11:00."""
    goals = agreement.goals
    start = datetime(2026, 11, 29, 12, tzinfo=UTC)
    first = list(islice(due_from(start, goals.weekly_pack, goals.anomalies, "America/New_York"), 4))
    assert [(one.name, one.at.isoformat()) for one in first] == [
        ("2026-W48", "2026-11-30T07:00:00+00:00"),
        ("day 2026-11-29", "2026-11-30T11:00:00+00:00"),
        ("2026-11", "2026-12-01T07:00:00+00:00"),
        ("day 2026-11-30", "2026-12-01T11:00:00+00:00"),
    ]
