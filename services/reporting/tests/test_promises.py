"""Promises of both sides as the reports show them: facts recorded late, and the leads and lists behind the numbers."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import pytest
from httpx import AsyncClient

from events import Event
from events.slas import StatusUpdateJudged
from runtime.database.connect import Database
from runtime.service import Context
from testing.events import NOON, EventBuilder

Fold = Callable[[Context, Database, Sequence[Event]], Awaitable[None]]


async def level(web: AsyncClient, name: str, query: str = "range=90d") -> dict[str, object]:
    answer = (await web.get(f"/api/service-levels?{query}")).json()
    (found,) = [one for one in answer["sales"] + answer["marketing"] if one["name"] == name]
    return dict(found)


def status_update(builder: EventBuilder, lead: str, number: int, *, late: bool, by: str = "rep-dan") -> Event:
    occurred: datetime = NOON - timedelta(days=6)
    verdict = {
        **{"promise": "status_updated", "side": "sales", "fact": f"sales/1/{number}", "kind": "deal.won", "by": by},
        **{"team": "new-york", "target": "1bd", "occurred": occurred, "due": occurred + timedelta(days=1)},
        **{"recorded": occurred + timedelta(days=2 if late else 0), "late": late},
    }
    return builder.make(StatusUpdateJudged, verdict, subject=lead, at=occurred)


@pytest.fixture
async def updates(house: Context, database: Database, fold: Fold, builder: EventBuilder) -> None:
    """Four facts about two leads, one of them late."""
    facts = [status_update(builder, f"lead-{n % 2}", n, late=n == 1) for n in range(4)]
    await fold(house, database, facts)


@pytest.mark.usefixtures("updates")
async def test_status_updates_are_counted_fact_by_fact_with_their_list(web: AsyncClient) -> None:
    row = await level(web, "status_updated")
    assert (row["met"], row["total"], row["late"], row["actual"]) == (3, 4, 1, 0.75)
    behind = (await web.get(str(row["missed_leads"]))).json()["items"]
    assert [one["id"] for one in behind] == ["lead-1"]
    (late,) = (await web.get(str(row["facts"]))).json()["items"]
    assert (late["id"], late["name"], late["kind"], late["by"]) == ("lead-1", "Ravi Menon", "deal.won", "rep-dan")
    every = (await web.get("/api/status-updates?range=90d")).json()["items"]
    assert len(every) == 4
    assert (await web.get("/panel/status-updates?range=90d")).status_code == 200
