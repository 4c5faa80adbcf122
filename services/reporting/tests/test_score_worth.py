"""What the score is worth: close rates by band and tenth, whether more is better, and the leads behind each count."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import pairwise

import pytest
from httpx import AsyncClient
from hypothesis import given
from hypothesis import strategies as st

from agreement import Agreement
from events import Event
from reporting.decide.score_worth import COUNTS, by_band, by_decile, falls_of
from runtime.database.connect import Database
from runtime.service import Context

Fold = Callable[[Context, Database, Sequence[Event]], Awaitable[None]]


def score(total: int, leads: int = 1, won: int = 0, rejected: int = 0) -> dict[str, int]:
    """Leads of one total, of which so many were won, and came back."""
    return {
        **{"total": total, "leads": leads, "sql": won, "won": won, "lost": 0},
        **{"rejected": rejected, "open": leads - won - rejected},
    }


def test_a_tenth_is_a_tenth_of_the_leads_and_equal_scores_share_one() -> None:
    groups = by_decile([score(40 + n) for n in range(10)], 0.95)
    assert [(one["decile"], one["lowest"], one["highest"], one["leads"]) for one in groups] == [
        (n + 1, 40 + n, 40 + n, 1) for n in range(10)
    ]
    groups = by_decile([score(90, 5), score(60, 5)], 0.95)
    assert [(one["decile"], one["lowest"], one["leads"]) for one in groups] == [(1, 60, 5), (6, 90, 5)]
    assert by_decile([], 0.95) == []


def test_more_is_better_or_it_is_said_where_not() -> None:
    rising = by_decile([score(60, 10, won=1), score(80, 10, won=4)], 0.95)
    assert [one["close_rate"] for one in rising] == [0.1, 0.4]
    assert falls_of(rising) == []
    (fall,) = falls_of(by_decile([score(60, 10, won=4), score(80, 10, won=3)], 0.95))
    assert (fall["from"], fall["to"], fall["close_rates"], fall["certain"]) == (1, 6, [0.4, 0.3], False)
    (fall,) = falls_of(by_decile([score(60, 400, won=200), score(80, 400, won=40)], 0.95))
    assert fall["certain"]


def test_the_interval_beside_a_rate_is_wilsons(agreement: Agreement) -> None:
    hot = by_band([score(95, 40, won=10)], agreement.definitions, 0.95)[-1]
    assert (hot["name"], hot["close_rate"]) == ("hot", 0.25)
    assert (round(hot["low"], 3), round(hot["high"], 3)) == (0.142, 0.402)


def test_the_close_rate_of_each_band_and_tenth_by_hand(agreement: Agreement) -> None:
    """18 leads: a tenth are 1.8 of them, so 4 of 60 points after 7 below begin in the fourth."""
    scores = [
        *[score(-5, 1), score(39, 2, rejected=1), score(40, 3, won=1), score(59, 1, won=1)],
        *[score(60, 4, won=1), score(79, 1, won=1), score(80, 5, won=3), score(125, 1, won=1)],
    ]
    bands = by_band(scores, agreement.definitions, 0.95)
    assert [(one["name"], one["lowest"], one["highest"], one["leads"], one["close_rate"]) for one in bands] == [
        ("cold", -5, 39, 3, 0),
        ("cool", 40, 59, 4, 0.5),
        ("warm", 60, 79, 5, 0.4),
        ("hot", 80, 125, 6, 4 / 6),
    ]
    tenths = by_decile(scores, 0.95)
    assert [(one["decile"], one["lowest"], one["highest"], one["leads"], one["won"]) for one in tenths] == [
        (1, -5, 39, 3, 0),
        (2, 40, 40, 3, 1),
        (4, 59, 60, 5, 2),
        (7, 79, 80, 6, 4),
        (10, 125, 125, 1, 1),
    ]


@given(st.dictionaries(st.integers(-100, 200), st.tuples(st.integers(1, 30), st.floats(0, 1), st.floats(0, 1))))
def test_every_lead_is_in_one_band_and_one_tenth(
    agreement: Agreement, some: Mapping[int, tuple[int, float, float]]
) -> None:
    scores = [
        score(total, leads, won := int(leads * share), int((leads - won) * rest))
        for total, (leads, share, rest) in some.items()
    ]
    for groups in (by_band(scores, agreement.definitions, 0.95), by_decile(scores, 0.95)):
        for name in COUNTS:
            assert sum(one[name] for one in groups) == sum(one[name] for one in scores)
        bounds = [(one["lowest"], one["highest"]) for one in groups if one["leads"]]
        assert all(low <= high for low, high in bounds)
        assert all(before[1] < after[0] for before, after in pairwise(bounds))
        for one in groups:
            assert one["leads"] == one["sql"] + one["rejected"] + one["open"]


@pytest.mark.parametrize("count", [*COUNTS])
async def test_each_count_links_to_the_leads_behind_it(web: AsyncClient, count: str) -> None:
    answer = (await web.get("/api/score-worth", params={"range": "90d"})).json()
    groups = [one for one in (*answer["bands"], *answer["deciles"]) if one["leads"]]
    assert groups
    for one in groups:
        leads = (await web.get(one["links"][count])).json()["items"]
        assert len(leads) == one[count]


async def test_the_golden_history_closed_one_of_six(web: AsyncClient) -> None:
    answer = (await web.get("/api/score-worth", params={"range": "90d"})).json()
    assert (answer["leads"], answer["monotone"]) == (6, None)
    hot = answer["bands"][-1]
    assert {name: hot[name] for name in COUNTS} == {
        **{"leads": 6, "sql": 2, "won": 1, "lost": 0},
        **{"rejected": 1, "open": 3},
    }
    assert (hot["lowest"], hot["highest"], round(hot["close_rate"], 3)) == (95, 95, 0.167)
    assert [one["leads"] for one in answer["bands"]] == [0, 0, 0, 6]
    page = (await web.get("/panel/score-worth")).text
    assert "What the score is worth" in page
    assert "leads handed over in this time, by their score then: 6" in page
    text = (await web.get("/api/export/score-worth.csv")).text
    assert "hot,95,95,6,2,1,0,1,3" in text
    assert (await web.get("/api/score-worth", params={"source": "google"})).json()["leads"] == 3
    assert (await web.get("/api/score-worth", params={"sauce": "google"})).status_code == 422


async def test_nothing_is_said_of_scores_while_nothing_closed(
    web: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two tenths without a customer prove no order."""
    rows = [{"total": total, "leads": 1, "sql": 0, "won": 0, "lost": 0, "rejected": 0, "open": 1} for total in (90, 95)]

    async def scores(*_: object) -> list[dict[str, int]]:
        return rows

    monkeypatch.setattr("reporting.store.score_worth.scores", scores)
    answer = (await web.get("/api/score-worth", params={"range": "90d"})).json()
    assert (len(answer["deciles"]), answer["monotone"]) == (2, None)


async def test_a_house_without_leads_says_nothing(new_house: AsyncClient) -> None:
    answer = (await new_house.get("/api/score-worth")).json()
    assert (answer["leads"], answer["monotone"], answer["falls"], answer["deciles"]) == (0, None, [], [])
    assert {one["close_rate"] for one in answer["bands"]} == {None}
