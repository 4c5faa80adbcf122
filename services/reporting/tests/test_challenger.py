"""A challenger against the models in force: who each would have passed, how they ended, and what that proves."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from httpx import AsyncClient
from services.reporting.tests.conftest import History, client_of, standing

from events import Event
from events.scores import LeadScored, ModelScore
from reporting.decide.challenger import COUNTS, compare
from runtime.database.connect import Database
from runtime.service import Context
from testing.events import scored_data

Fold = Callable[[Context, Database, Sequence[Event]], Awaitable[None]]


def group(passed_by: str, *, sql: int = 0, rejected: int = 0, untouched: int = 0) -> dict[str, object]:
    leads = sql + rejected + untouched
    counts = {"leads": leads, "sql": sql, "rejected": rejected, "untouched": untouched}
    return {"passed_by": passed_by, **dict.fromkeys(COUNTS, 0), **counts}


def test_the_verdict_looks_at_those_on_whom_they_differ() -> None:
    same = group("both", sql=500, rejected=500)
    assert compare([same, group("champion", sql=5, rejected=95)], 0.95)["verdict"] == "open"
    few = [same, group("champion", sql=1, rejected=4), group("challenger", sql=3, rejected=2)]
    assert compare(few, 0.95)["verdict"] == "open"
    many = [same, group("champion", sql=10, rejected=90), group("challenger", sql=40, rejected=60)]
    assert compare(many, 0.95)["verdict"] == "better"
    turned = [same, group("champion", sql=40, rejected=60), group("challenger", sql=10, rejected=90)]
    assert compare(turned, 0.95)["verdict"] == "worse"


def test_a_rate_is_of_those_that_sales_judged_and_a_model_has_all_that_it_would_have_passed() -> None:
    answer = compare([group("both", sql=2, rejected=2), group("challenger", sql=8, rejected=28, untouched=60)], 0.95)
    models = {one["model"]: one for one in answer["models"]}
    assert (models["champion"]["leads"], models["champion"]["sql_rate"]) == (4, 0.5)
    assert (models["challenger"]["leads"], models["challenger"]["judged"], models["challenger"]["sql_rate"]) == (
        100,
        40,
        0.25,
    )
    assert (round(models["challenger"]["low"], 3), round(models["challenger"]["high"], 3)) == (0.142, 0.402)
    neither = answer["groups"][-1]
    assert (neither["passed_by"], neither["leads"], neither["sql_rate"], neither["low"]) == ("neither", 0, None, None)


def tell(history: History, lead: str, at: datetime, *, default: int, bold: int) -> None:
    models = tuple(
        ModelScore(model=name, fit=45, engagement=total - 45, total=total, band="hot", passed=total >= 60)
        for name, total in (("default", default), ("bold", bold))
    )
    whole = {**standing(at, engagement=default - 45), "models": models}
    history.add(LeadScored, lead, at, scored_data(whole, models=None))


@pytest.fixture
async def duel(context: Context, database: Database, golden_history: History, fold: Fold) -> AsyncIterator[AsyncClient]:
    """The golden history under an agreement with a challenger, which has scored seven of its leads."""
    totals = {0: (95, 95), 1: (50, 70), 2: (50, 70), 4: (95, 50), 5: (95, 95), 6: (40, 90), 7: (35, 30)}
    for number, (default, bold) in totals.items():
        tell(golden_history, f"lead-{number}", golden_history.now, default=default, bold=bold)
    later = golden_history.now + timedelta(hours=1)
    tell(golden_history, "lead-5", later, default=50, bold=50)
    await fold(context, database, golden_history.events)
    shipped = context.agreement.scoring
    models = (shipped.models[0], shipped.models[0].model_copy(update={"name": "bold"}))
    scoring = shipped.model_copy(update={"models": models, "challenger": "bold"})
    house = replace(context, agreement=context.agreement.model_copy(update={"scoring": scoring}))
    async with client_of(house) as client:
        yield client


async def test_whoever_was_passed_once_counts_and_each_count_links_to_its_leads(duel: AsyncClient) -> None:
    answer = (await duel.get("/api/challenger")).json()
    assert (answer["challenger"], answer["champions"], answer["leads"]) == ("bold", ["default"], 7)
    groups = {one["passed_by"]: one for one in answer["groups"]}
    assert {name: one["leads"] for name, one in groups.items()} == {
        **{"both": 2, "champion": 1, "challenger": 3, "neither": 1}
    }
    assert (groups["both"]["won"], groups["both"]["open"]) == (1, 1)
    assert (groups["champion"]["rejected"], groups["champion"]["sql_rate"]) == (1, 0.0)
    assert {name: groups["challenger"][name] for name in COUNTS} == {
        **{"leads": 3, "sql": 1, "won": 0, "lost": 0},
        **{"rejected": 0, "open": 1, "untouched": 1},
    }
    assert answer["verdict"] == "open"
    for one in answer["groups"]:
        for name in COUNTS:
            assert len((await duel.get(one["links"][name])).json()["items"]) == one[name], (one["passed_by"], name)
    page = (await duel.get("/panel/challenger")).text
    assert "No difference is proven yet: bold against default" in page
    assert "bold against default" in (await duel.get("/")).text
    assert "challenger,3,1,0,0,0,1,1" in (await duel.get("/api/export/challenger.csv")).text


async def test_no_challenger_no_verdict(web: AsyncClient) -> None:
    answer = (await web.get("/api/challenger")).json()
    assert (answer["challenger"], answer["verdict"], answer["groups"]) == (None, None, [])
    assert "No challenger" in (await web.get("/panel/challenger")).text
    assert "No challenger" not in (await web.get("/")).text
