"""A deal of several contacts is one deal in every number."""

from datetime import timedelta

from httpx import AsyncClient
from services.reporting.tests.conftest import History, client_of
from services.reporting.tests.test_deals import KINDS, Fold, money
from typing_extensions import TypedDict

from runtime.database.connect import Database
from runtime.service import Context
from testing.events import NOON
from testing.json import read


class Step(TypedDict):
    stage: str
    actual: int
    leads: str


class Goals(TypedDict):
    chain: list[Step]


class Items(TypedDict):
    items: list[dict[str, object]]


async def items(http: AsyncClient, path: str) -> list[dict[str, object]]:
    return read(Items, (await http.get(path)).raise_for_status().content)["items"]


async def test_goals_count_won_deals_not_their_contacts(context: Context, database: Database, fold: Fold) -> None:
    history, start = History(), NOON - timedelta(hours=9)
    for lead in ("ann", "ben"):
        history.captured(lead, start, email=f"{lead}@b.example", name=lead, company="B", source="google")
        for hours, kind, stage in ((1, "opened", "opportunity"), (2, "won", "won")):
            at = start + timedelta(hours=hours)
            history.add(KINDS[kind], lead, at, {"deal": "d", "by": "rep-dan", "amount": money(500)})
            closed = {"closed": True} if kind == "won" else {}
            history.stage(lead, at, stage, "connected", owner="rep-dan", deal="d", **closed)
    await fold(context, database, history.events)
    async with client_of(context) as http:
        chain = read(Goals, (await http.get("/api/goals")).raise_for_status().content)["chain"]
        assert {one["stage"]: one["actual"] for one in chain} == {"won": 1, "opportunity": 2, "sql": 0, "mql": 0}
        for one in chain:
            assert len(await items(http, one["leads"])) == one["actual"], one["stage"]
