"""The account managers' work list: who is a customer, who passes the threshold, and whose customer it is."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace

import pytest
from httpx import AsyncClient
from services.reporting.tests.conftest import History, client_of, standing

from events import Event
from events.scores import LeadScored, ModelScore
from runtime.database.connect import Database
from runtime.service import Context
from testing.events import scored_data

Fold = Callable[[Context, Database, Sequence[Event]], Awaitable[None]]


@pytest.fixture
async def growing(
    context: Context, database: Database, golden_history: History, fold: Fold
) -> AsyncIterator[AsyncClient]:
    """The golden history: who bought, and a colleague, are scored by an expansion model; so is a stranger."""
    facts: list[tuple[int, dict[str, object]]] = [
        (90, {"domain": "bought.example"}),
        (60, {"domain": "bought.example"}),
        (95, {"domain": "stranger.example"}),
        (59, {"domain": "known.example", "customer": True}),
    ]
    for number, (expansion, more) in enumerate(facts):
        lead, at = f"lead-{number}", golden_history.now
        whole = standing(at)
        known = whole["facts"].replaced(**more)  # type: ignore[attr-defined]  # RouteFacts
        model = ModelScore(model="growth", fit=0, engagement=0, total=expansion, band="hot", passed=True)
        golden_history.add(
            LeadScored, lead, at, scored_data({**whole, "facts": known, "models": (model,)}, models=None)
        )
    await fold(context, database, golden_history.events)
    scoring = context.agreement.scoring
    models = (scoring.models[0], scoring.models[0].model_copy(update={"name": "growth"}))
    chapter = scoring.model_copy(update={"models": models, "expansion": "growth", "expansion_at_least": 60})
    house = replace(context, agreement=context.agreement.model_copy(update={"scoring": chapter}))
    async with client_of(house) as client:
        yield client


async def test_people_of_companies_that_bought_are_listed_from_the_threshold_on(growing: AsyncClient) -> None:
    answer = (await growing.get("/api/expansion")).json()
    assert [(one["id"], one["expansion"]) for one in answer["items"]] == [("lead-0", 90), ("lead-1", 60)]
    assert {one["manager"] for one in answer["items"]} == {"rep-dan"}, "whoever has the lead"
    assert (await growing.get("/api/expansion", params={"rep": "rep-ivan"})).json()["items"] == []
    assert "lead-0" in (await growing.get("/api/export/expansion.csv")).text
    assert "Customers worth a call: 2" in (await growing.get("/inbox", params={"rep": "rep-dan"})).text


async def test_without_an_expansion_model_the_list_is_empty(web: AsyncClient) -> None:
    answer = (await web.get("/api/expansion")).json()
    assert (answer["model"], answer["items"]) == (None, [])
    assert "Customers worth a call" not in (await web.get("/inbox")).text
