"""The funnel model by hand: the goal of domain 10 three ways, what rates bring, what binds, and the pace of a month."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from httpx import AsyncClient
from typing_extensions import TypedDict

from agreement import Agreement
from reporting.decide.funnel_model import (
    RATES,
    Assumptions,
    binding,
    brings,
    chain,
    forward,
    levers,
    misses,
    pace,
    reps_needed,
    shares,
)
from reporting.reports.funnel_model import shortfall

GOAL: Final = Assumptions(
    revenue=200_000_000 / 12,
    deal=2_500_000,
    mql_to_sql=0.25,
    sql_to_opportunity=0.40,
    opportunity_to_won=0.30,
    reps=8,
    leads_per_rep=25,
    weeks=4.33,
)
"""$3M to $5M in twelve months at $25,000 a deal."""
MARCH: Final = datetime(2026, 3, 1, tzinfo=UTC)
APRIL: Final = datetime(2026, 4, 1, tzinfo=UTC)


class StepRow(TypedDict):
    step: str
    exact: float
    safe: int
    rounded: int
    safe_week: float


class TeamPart(TypedDict):
    reps: int
    month: dict[str, float]


class Agreed(TypedDict):
    reps: int


class FunnelModelAnswer(TypedDict):
    items: list[StepRow]
    teams: list[TeamPart]
    agreed: Agreed


def test_the_shipped_goal_is_the_example(agreement: Agreement) -> None:
    given = Assumptions.of(agreement.goals, reps=8)
    assert replace(given, leads_per_rep=25) == GOAL
    assert round(given.revenue / 100) == 166_667


def test_exact_safe_and_rounded_stand_side_by_side() -> None:
    steps = chain(GOAL)
    assert [one.step for one in steps] == ["won", "opportunity", "sql", "mql"]
    assert [round(one.exact, 2) for one in steps] == [6.67, 22.22, 55.56, 222.22]
    assert [one.safe for one in steps] == [7, 24, 60, 240]
    assert [one.rounded for one in steps] == [7, 23, 58, 232]


def test_rounding_to_the_nearest_misses_its_own_target() -> None:
    (miss,) = misses(GOAL, chain(GOAL))
    assert (miss.step, miss.count, miss.next, miss.needed) == ("opportunity", 23, "won", 7)
    assert miss.brings == pytest.approx(6.9)


def test_a_goal_that_divides_evenly_is_the_same_three_ways() -> None:
    even = replace(GOAL, revenue=7_500_000, opportunity_to_won=0.1, sql_to_opportunity=0.5, mql_to_sql=0.2)
    assert [(one.exact, one.safe, one.rounded) for one in chain(even)] == [
        (3, 3, 3),
        (pytest.approx(30), 30, 30),
        (pytest.approx(60), 60, 60),
        (pytest.approx(300), 300, 300),
    ]
    assert misses(even, chain(even)) == []


def test_the_safe_chain_reaches_the_goal_and_the_exact_one_just_so() -> None:
    exact, safe = chain(GOAL)[-1].exact, chain(GOAL)[-1].safe
    assert brings(GOAL, exact) == pytest.approx(GOAL.revenue)
    assert brings(GOAL, safe) >= GOAL.revenue


def test_one_conversion_changes_revenue() -> None:
    assert forward(GOAL, 240) == {"mql": 240, "sql": 60, "opportunity": pytest.approx(24), "won": pytest.approx(7.2)}
    assert brings(GOAL, 240) == pytest.approx(18_000_000), "7.2 deals of 25,000"
    better = replace(GOAL, mql_to_sql=0.30)
    assert brings(better, 240) == pytest.approx(21_600_000), "8.64 deals"


def test_a_point_more_is_worth_most_where_the_rate_is_lowest() -> None:
    worth = levers(GOAL, 240)
    assert worth == {
        "mql_to_sql": pytest.approx(720_000),
        "sql_to_opportunity": pytest.approx(450_000),
        "opportunity_to_won": pytest.approx(600_000),
    }
    assert levers(replace(GOAL, mql_to_sql=1.0), 240)["mql_to_sql"] == 0, "there is no more than all"
    assert tuple(worth) == RATES


@pytest.mark.parametrize(("reps", "binds"), [(9, "capacity"), (10, "revenue"), (11, "revenue")])
def test_what_binds_is_what_the_reps_cannot_work(reps: int, binds: str) -> None:
    given = replace(GOAL, reps=reps)
    assert given.capacity == reps * 25
    assert binding(given) == binds, "240 MQLs are needed: ten reps can work 250"
    assert reps_needed(given) == 10
    exactly = replace(GOAL, reps=10, leads_per_rep=24)
    assert binding(exactly) == "revenue", "who can work just what is needed works it"
    assert reps_needed(replace(GOAL, leads_per_rep=100)) == 3, "2.4 reps are three"


def test_halves_go_up_as_people_round() -> None:
    half = replace(GOAL, revenue=GOAL.deal * 2.5)
    assert chain(half)[0].rounded == 3


def test_the_goal_of_a_team_is_its_part_of_the_reps() -> None:
    assert shares({"new-york": 6, "london": 2}) == {"new-york": 0.75, "london": 0.25}
    assert shares({"new-york": 0}) == {"new-york": 0}


def test_the_pace_of_a_month_and_where_it_ends() -> None:
    half = pace(90, 240, MARCH, MARCH + (APRIL - MARCH) / 2, APRIL)
    assert (half.expected, half.share, half.projected) == (120, 0.75, 180)
    over = pace(300, 240, MARCH, APRIL + timedelta(days=3), APRIL)
    assert (over.expected, over.share, over.projected) == (240, 1.25, 300)


def test_the_first_day_says_nothing_of_the_month() -> None:
    early = pace(5, 240, MARCH, MARCH + timedelta(hours=23), APRIL)
    assert pace(5, 240, MARCH, MARCH + timedelta(days=1), APRIL).share is not None, "a whole day says something"
    assert (early.share, early.projected) == (None, None)
    assert pace(5, 0, MARCH, MARCH + timedelta(days=10), APRIL).share is None, "without a goal there is no pace"


async def test_the_page_works_without_a_script_and_says_what_follows(web: AsyncClient) -> None:
    page = (await web.get("/funnel-model")).text
    assert 'method="get"' in page
    slider = 'id="s-mql_to_sql" name="mql_to_sql" min="1" max="100" step="0.5" value="25" data-agreed="25">'
    assert f'<input type="range" {slider}' in page
    assert "240 MQLs a month bring 180,000 USD: 13,333 USD more than the goal" in page
    assert "Rounded to the nearest, 23 opportunities at 30 % are 6.9 deals, not 7" in page
    assert "Marketing has promised 100 MQLs a month, 140 fewer than the goal needs" in page
    moved = (await web.get("/funnel-model?mql_to_sql=30&reps=4")).text
    assert "240 MQLs a month bring 216,000 USD" in moved
    assert "The reps bind: 4 reps can work 100 MQLs a month, and the goal needs 200" in moved
    assert "1 MQL a month brings 750 USD: " in (await web.get("/funnel-model?mqls=1")).text
    assert "Not as agreed: MQLs that become SQLs; Reps who are given leads" in moved
    assert "Everything as agreed" in (await web.get("/funnel-model?mqls=240&deal=25000&revenue=166667")).text


async def test_the_api_has_the_three_chains_and_each_team_s_part(web: AsyncClient) -> None:
    answer: FunnelModelAnswer = (await web.get("/api/funnel-model")).json()
    rows = {one["step"]: (round(one["exact"], 2), one["safe"], one["rounded"]) for one in answer["items"]}
    assert rows == {
        "won": (6.67, 7, 7),
        "opportunity": (22.22, 24, 23),
        "sql": (55.56, 60, 58),
        "mql": (222.22, 240, 232),
    }
    assert round(answer["items"][-1]["safe_week"], 1) == 55.4, "240 over 4.33"
    assert sum(one["month"]["mql"] for one in answer["teams"]) == pytest.approx(222.22, abs=0.01)
    assert sum(one["reps"] for one in answer["teams"]) == answer["agreed"]["reps"]
    lines = (await web.get("/api/export/funnel-model.csv")).text.splitlines()
    assert lines[0].removeprefix("\ufeff").startswith("step,exact,safe,rounded,exact_week,safe_week,flows,actual")


@pytest.mark.parametrize(
    "wrong", ["mql_to_sql=0", "mql_to_sql=1e-320", "mql_to_sql=101", "deal=0", "reps=-1", "colour=red"]
)
async def test_nonsense_is_refused_by_the_api_and_leads_back_on_the_page(web: AsyncClient, wrong: str) -> None:
    assert (await web.get(f"/api/funnel-model?{wrong}")).status_code == 422
    assert (await web.get(f"/funnel-model?{wrong}")).headers["location"] == "/funnel-model"


def test_a_miss_by_a_hair_is_not_shown_as_none() -> None:
    given = replace(GOAL, mql_to_sql=0.31)
    texts = [shortfall(one) for one in misses(given, chain(given))]
    assert texts == ["23 opportunities at 30 % are 6.9 deals, not 7", "187 MQLs at 31 % are 57.97 SQLs, not 58"]
