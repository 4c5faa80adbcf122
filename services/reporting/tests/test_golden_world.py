"""Every report against one small world by hand (golden_world.py): no figure is copied from what the house said."""

import csv
from collections import Counter
from collections.abc import AsyncIterator
from typing import Final

import pytest
from httpx import AsyncClient
from services.reporting.tests.conftest import client_of
from services.reporting.tests.golden_world import DAY, HOUR, MQLS, NEVER, REP, golden_world
from services.reporting.tests.test_deals import Fold

from reporting.reports import REPORTS
from runtime.database.connect import Database
from runtime.service import Context

RANGE: Final = "from=2026-07-06&to=2026-07-07"
"""The day on which all became known."""
CLOSED: Final = "from=2026-07-06&to=2026-08-06"
"""Also the days in which deals were closed."""
SPEND: Final = 4_000 + 2_000 + 500 * 1.08


@pytest.fixture
async def world(context: Context, database: Database, fold: Fold) -> AsyncIterator[AsyncClient]:
    await fold(context, database, golden_world())
    async with client_of(context) as http:
        yield http


async def rows(http: AsyncClient, report: str, days: str, *columns: str) -> list[tuple[str, ...]]:
    """These columns of a report's file."""
    answer = await http.get(f"/api/export/{report}{'&' if '?' in report else '?'}{days}".replace("?", ".csv?", 1))
    assert answer.status_code == 200, answer.text
    return [tuple(row[name] for name in columns) for row in csv.DictReader(answer.text.lstrip("\ufeff").splitlines())]


def cents(row: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(int(value) for value in row[1:])


@pytest.mark.parametrize(("mode", "days"), [("cohort", RANGE), ("activity", CLOSED)])
async def test_the_funnel(world: AsyncClient, mode: str, days: str) -> None:
    """n3 is n2; n1 came as an opportunity: its MQL, SAL and SQL are implied."""
    found = await rows(world, f"funnel?mode={mode}", days, "stage", "count", "implied", "here", "ended")
    assert found == [
        ("lead", "19", "0", "8", "0"),
        ("mql", "11", "1", "0", "1"),
        ("sal", "10", "1", "3", "0"),
        ("sql", "7", "1", "1", "0"),
        ("opportunity", "6", "0", "1", "1"),
        ("won", "4", "0", "0", "0"),
    ]


async def test_the_sources(world: AsyncClient) -> None:
    found = await rows(
        world, "sources", RANGE, "source", "spend", "leads", "mqls", "sqls", "deals", "revenue", "cost_per_lead"
    )
    assert found == [
        ("on24", "200000", "6", "4", "3", "1", "2000000", "33333"),
        ("google", "400000", "8", "4", "2", "1", "1000000", "50000"),
        ("adventure-works", "54000", "3", "2", "1", "1", "540000", "18000"),
        ("", "", "2", "1", "1", "1", "100000", ""),
    ]


async def test_the_money(world: AsyncClient) -> None:
    """The late correction counts: D2 is worth 20,000, though 25,000 when it was won."""
    some = await rows(world, "money", CLOSED, "name", "value")
    found = {row[0]: row[1] for row in some}
    assert {name: float(value) for name, value in found.items() if value and name != "coverage"} == {
        **{"revenue": 36_400_00, "sourced_revenue": 35_400_00, "pipeline": 30_000_00, "sourced_pipeline": 30_000_00},
        **{"spend": SPEND * 100, "cost_per_customer": SPEND * 100 / 4},
        "cost_per_lead": pytest.approx(SPEND * 100 / 19, abs=1),
        "cost_per_mql": pytest.approx(SPEND * 100 / 11, abs=1),
        "cost_per_sql": pytest.approx(SPEND * 100 / 7, abs=1),
        **{"acquisition_rate": pytest.approx(4 / 19), "end_to_end": pytest.approx(4 / 11)},
        **{"contract_value": 9_100_00, "lifetime_value": 9_100_00, "win_rate": 4 / 5},
        **{"sales_cycle": (10 * DAY).total_seconds()},
        **{"response_time": (2 * HOUR).total_seconds(), "response_time_p90": (2 * HOUR).total_seconds()},
        **{"never_followed_up": 3 / 10, "rejection_rate": 1 / 10},
    }
    assert found["recycling_success"] == ""
    assert float(found["coverage"]) == pytest.approx(30_000 / 166_666.67, rel=1e-6), "nothing was won in August yet"


async def test_every_model_of_attribution(world: AsyncClient) -> None:
    """a1: an ad, a call, the case study; w1: a webinar, a call; p1: the partner, a call; n1: nothing."""
    found = {row[0]: cents(row) for row in await rows(
        world, "attribution-models", CLOSED, "model", "marketing", "sales", "unattributed"
    )}  # fmt: skip
    assert found == {
        "w_baton": (9_000_00 + 1_000_00 + 12_000_00 + 3_240_00, 8_000_00 + 2_160_00, 1_000_00),
        "w_standard": (25_933_34, 1_000_00 + 6_666_66 + 1_800_00, 1_000_00),
        "full_path": (9_000_00 + 10_000_00 + 2_700_00, 1_000_00 + 10_000_00 + 2_700_00, 1_000_00),
        "u_shaped": (9_000_00 + 16_000_00 + 4_320_00, 1_000_00 + 4_000_00 + 1_080_00, 1_000_00),
        "first": (35_400_00, 0, 1_000_00),
        "last": (10_000_00, 25_400_00, 1_000_00),
        "linear": (19_366_67, 3_333_33 + 10_000_00 + 2_700_00, 1_000_00),
        "time_decay": (19_727_39, 15_672_61, 1_000_00),
    }
    assert {sum(parts) for parts in found.values()} == {36_400_00}, "to the cent"


@pytest.mark.parametrize(
    ("by", "shares"),
    [
        (
            "campaign",
            {
                "webinar-q3": 4_000_00 + 12_000_00,
                "sales, no campaign": 10_160_00,
                "ads-q3": 6_000_00,
                "partner-q3": 3_240_00,
                "unattributed": 1_000_00,
            },
        ),
        (
            "source",
            {
                "on24": 16_000_00,
                "sales, no source": 10_160_00,
                "google": 6_000_00,
                "adventure-works": 3_240_00,
                "unattributed": 1_000_00,
            },
        ),
        (
            "content",
            {
                "marketing, no content": 21_240_00,
                "sales, no content": 10_160_00,
                "roi-guide": 4_000_00,
                "unattributed": 1_000_00,
            },
        ),
        (
            "partner",
            {
                "marketing, no partner": 22_000_00,
                "sales, no partner": 10_160_00,
                "adventure-works": 3_240_00,
                "unattributed": 1_000_00,
            },
        ),
    ],
)
async def test_who_brought_the_money(world: AsyncClient, by: str, shares: dict[str, int]) -> None:
    """By Baton's own model; under every model the parts sum up to the same."""
    found = await rows(world, f"attribution-groups?by={by}", CLOSED, "title", "model", "amount")
    mine = {title: int(amount) for title, model, amount in found if model == "w_baton"}
    assert mine == shares
    models = {model for _, model, _ in found}
    assert len(models) == 8
    assert {sum(int(amount) for _, one, amount in found if one == model) for model in models} == {36_400_00}


async def test_what_they_say_and_what_was_tracked(world: AsyncClient) -> None:
    assert await rows(world, "self-reported", CLOSED, "title", "tracked_title", "deals", "worth") == [
        ("a podcast", "on24", "1", "2000000"),
        ("google", "google", "1", "1000000"),
        ("not said", "adventure-works", "1", "540000"),
        ("not said", "none", "1", "100000"),
    ]


async def test_wins_and_losses(world: AsyncClient) -> None:
    assert await rows(world, "win-loss", CLOSED, "question", "title", "deals", "of", "worth") == [
        ("lost_reason", "Price", "1", "1", "800000"),
        ("competitor", "Tailspin", "1", "1", "800000"),
        ("objection", "too dear", "1", "2", "800000"),
        ("won_reason", "Not said", "4", "4", "3640000"),
        ("content", "roi-guide", "1", "1", "1000000"),
    ]


async def test_the_response_times(world: AsyncClient) -> None:
    """Seven were called after three hours; two wait; p2 was given back untouched."""
    found = await rows(world, "response-times", RANGE, "title", "answered", "median_seconds", "waiting", "untouched")
    assert found == [("Dan Kowalski", "7", "10800.0", "2", "1")]
    hours = await rows(world, "response-times?by=hour", RANGE, "title", "answered", "waiting", "untouched")
    assert hours == [
        ("Mon 08:00", "2", "0", "0"),
        ("Mon 09:00", "1", "1", "0"),
        ("Mon 12:00", "2", "0", "0"),
        ("Mon 13:00", "1", "1", "0"),
        ("Mon 15:00", "1", "0", "1"),
    ]
    parts = await rows(world, "speed?state=answered", RANGE, "system_seconds", "rep_seconds", "off_hours_seconds")
    assert parts == [("3600.0", "7200.0", "0.0")] * 7, "an hour until it was offered, then Dan's"


async def test_the_deals(world: AsyncClient) -> None:
    found = await rows(world, "deals", CLOSED, "deal", "state", "amount", "currency", "converted")
    assert sorted(found) == [
        ("D1", "won", "1000000", "USD", "1000000"),
        ("D2", "won", "2000000", "USD", "2000000"),
        ("D3", "won", "500000", "EUR", "540000"),
        ("D4", "won", "100000", "USD", "100000"),
        ("D5", "lost", "800000", "USD", "800000"),
        ("D6", "open", "3000000", "USD", "3000000"),
    ]


async def test_the_key_figures_offers_and_bands(world: AsyncClient) -> None:
    figures = {name: (value, count) for name, value, count in await rows(
        world, "key-figures", RANGE, "name", "value", "count"
    )}  # fmt: skip
    assert (figures["leads"], figures["mqls"], figures["sqls"]) == (("19", "19"), ("11", "11"), ("7", "7"))
    assert figures["accepted"] == ("0.9", "9")
    assert await rows(world, "rejections", RANGE, "reason", "count", "credited") == [("not_icp", "1", "1")]
    bands = await rows(world, "score-worth", RANGE, "group", "leads", "sql", "won", "lost", "rejected", "open")
    assert bands[3] == ("hot", "10", "6", "3", "1", "1", "3"), "n1 was never handed over"
    assert len(await rows(world, "offers", CLOSED, "id")) == 10


async def test_content_is_in_the_deal_it_was_read_before(world: AsyncClient) -> None:
    assert await rows(world, "content", "", "asset", "people", "won_deals") == [("roi-guide", "1", "1")]


async def test_the_page_of_attribution_and_of_a_deal(world: AsyncClient) -> None:
    page = (await world.get(f"/attribution?{CLOSED}")).text
    assert "webinar-q3 has the most: 44 % of the revenue by Baton W" in page
    assert "50 % of the customers who say where they had heard of us name what we tracked" in page
    assert 'href="/deals?from=2026-07-06&amp;to=2026-08-06&amp;credited=marketing&amp;model=last' in page
    deal = (await world.get("/deals/D1")).text
    assert "Who is credited with it" in deal
    assert "A1 says: “google”" in deal
    assert deal.count('<th class="num">') == 8


async def test_the_trend_and_the_plan(world: AsyncClient) -> None:
    """All eleven MQLs came in the first of the weeks, of 100 a month; now it is August, which nothing came in yet."""
    assert await rows(world, "trend", CLOSED, "from", "count", "before", "mature") == [
        ("2026-07-06", "11", "0", "False"),
        *((day, "0", "0", "False") for day in ("2026-07-13", "2026-07-20", "2026-07-27", "2026-08-03")),
    ]
    goals = [float(goal) for (goal,) in await rows(world, "trend", CLOSED, "goal")]
    assert goals == pytest.approx([*[100 / 31 * 7] * 4, 100 / 31 * 3])
    chain = [("won", "7"), ("opportunity", "24"), ("sql", "60"), ("mql", "240")]
    assert await rows(world, "goals", "", "stage", "safe", "actual") == [(*one, "0") for one in chain]
    assert await rows(world, "funnel-model", "", "step", "safe", "actual") == [(*one, "0") for one in chain]


async def test_the_promises(world: AsyncClient) -> None:
    """Nine accepted in an hour, seven called in time; a4 and w4 are late since, with Dan, as each page says."""
    levels = {row[0]: row[1:] for row in await rows(
        world, "service-levels", CLOSED, "name", "met", "total", "missed", "running", "state"
    )}  # fmt: skip
    assert levels["accepted"] == ("9", "9", "0", "0", "met")
    assert levels["first_touch"] == ("7", "9", "2", "0", "missed")
    assert {name for name, row in levels.items() if row[-1] == "no_data"} == {
        *("completeness", "routed", "three_attempts", "status_updated", "ae_touch", "survey", "lead_touch")
    }
    assert levels["volume"] == ("0", "100", "", "", "running"), "of this month"
    assert await rows(world, "promises-by-rep", CLOSED, "rep", "promise", "met", "total", "missed", "running") == [
        (REP, "first_touch", "7", "9", "2", "0"),
        (REP, "accepted", "9", "9", "0", "0"),
    ]
    kept = await rows(world, "outcomes", CLOSED, "id", "promise", "seconds", "state")
    assert Counter(row[1:] for row in kept) == {
        **{("accepted", "3600.0", "met"): 9, ("first_touch", "7200.0", "met"): 7, ("first_touch", "", "breached"): 2}
    }
    late = [(lead, "First touch", REP) for lead in NEVER]
    assert await rows(world, "late", "", "id", "owes", "rep") == late


async def test_the_work_of_the_pool(world: AsyncClient) -> None:
    """Ten picks of Dan, p2 credited back; four of his are open; Elena of the same pool had none."""
    pool = {row[0]: row[1:] for row in await rows(world, "pools", "", "rep", "assigned", "credits", "ratio", "open")}
    assert pool[REP] == ("10", "1", "9.0", "4")
    assert {row for rep, row in pool.items() if rep != REP} == {("0", "0", "0.0", "0")}
    shares = {row[0]: row[1:] for row in await rows(
        world, "fairness", CLOSED, "rep", "turns", "net", "fair", "deviation", "agrees"
    )}  # fmt: skip
    assert shares[REP] == ("10", "9", "4.5", "4.5", "True")
    assert shares["rep-elena"] == ("0", "0", "4.5", "-4.5", "True")
    picks = await rows(world, "picks", CLOSED, "id", "rep", "credited")
    assert sorted(picks) == sorted((lead, REP, str(lead == "p2")) for lead in MQLS)
    work = await rows(world, "inbox", "", "lead", "overdue", "view")
    assert sorted(work) == [
        ("a3", "False", "call"),
        ("a4", "True", "late"),
        ("w2", "False", "waiting"),
        ("w3", "False", "waiting"),
        ("w4", "True", "late"),
    ]


async def test_who_is_where(world: AsyncClient) -> None:
    """n3 is n2: nineteen leads; nobody has those that were never handed over, and those that came back."""
    stages = Counter(stage for (stage,) in await rows(world, "leads", "", "stage"))
    assert stages == {"lead": 9, "sal": 3, "sql": 1, "opportunity": 1, "won": 4, "lost": 1}
    unowned = {"a2", "a5", "a6", "a7", "a8", "w5", "w6", "p2", "p3", "n2"}
    for report in ("unowned", "places"):
        assert {lead for (lead,) in await rows(world, report, "", "id")} == unowned


async def test_the_partner(world: AsyncClient) -> None:
    """p1 to p3; p1 and p2 raised a hand, p1 was won, p2 came back."""
    every = await rows(world, "partners", CLOSED, "partner", "leads", "mqls", "sqls", "won", "main_reason")
    assert every[0] == ("adventure-works", "3", "2", "1", "1", "Not our kind of customer")
    assert {row[1:] for row in every[1:]} == {("0", "0", "0", "0", "")}


async def test_every_report_is_one_of_these(world: AsyncClient) -> None:
    """What is checked above or in the reports' own tests, or has nothing to say of this world, which is exact."""
    empty = set()
    for report in REPORTS:
        answer = await world.get(f"/api/export/{report.name}.csv", params={"from": "2026-07-06", "to": "2026-08-06"})
        if answer.status_code == 422:  # it knows no period
            answer = await world.get(f"/api/export/{report.name}.csv")
        if answer.status_code == 200 and len(answer.text.splitlines()) == 1:
            empty.add(report.name)
    assert empty == {
        *("anomalies", "scoring-feedback", "routing-defects", "reviews", "challenger", "status-updates"),
        *("lead-guarantee", "decisions", "expansion", "programmes", "action-items", "packs", "pack-figures"),
        *("enrichment", "stewards", "history"),
    }
    assert {count for (count,) in await rows(world, "recycling", CLOSED, "count")} == {"0"}
