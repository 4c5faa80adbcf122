"""What a deal lacks of what an opportunity is agreed to have: listed and counted; it blocks nothing (domain, 1)."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, timedelta

from services.reporting.tests.conftest import History, client_of

from events import Event, Money
from events.deals import DealChanged, DealOpened
from reporting.decide.opportunities import hand_over_quality, list_missing
from runtime.database.connect import Database
from runtime.service import Context
from testing.events import NOON
from testing.figures import DealsAnswer
from testing.json import read

Fold = Callable[[Context, Database, Sequence[Event]], Awaitable[None]]
FIVE = Money(amount=500, currency="USD")
LACKS = {
    "bare": ["amount", "decision_maker", "timeline", "solution_fit"],
    "half": ["timeline", "solution_fit"],
    "whole": [],
}


def test_what_nobody_found_is_missing_too() -> None:
    whole = {"amount": 0, "expected_close": "2026-09-30", "decision_maker": True, "solution_fit": True}
    assert list_missing(whole) == []
    assert list_missing({**whole, "decision_maker": False}) == ["decision_maker"]
    assert hand_over_quality([]) == {"deals": 0, "complete": 0, "missing": dict.fromkeys(LACKS["bare"], 0)}


async def test_what_an_opportunity_lacks_is_listed_and_counted_and_blocks_nothing(
    context: Context, database: Database, fold: Fold
) -> None:
    history = History()
    history.captured("a", NOON - timedelta(days=2), email="a@b.example", name="a", company="Borealis", source="google")

    def add(kind: type[DealOpened | DealChanged], hours: int, deal: str, **data: object) -> None:
        history.add(kind, "a", NOON - timedelta(days=1, hours=-hours), {"deal": deal, "by": "rep-dan", **data})

    add(DealOpened, 1, "bare")
    add(DealOpened, 1, "half", amount=FIVE, decision_maker=True, solution_fit=False)
    add(DealOpened, 1, "whole", amount=FIVE, decision_maker=True, expected_close=date(2026, 9, 30))
    add(DealChanged, 3, "whole", solution_fit=True)
    add(DealChanged, 2, "whole", solution_fit=False)
    await fold(context, database, history.events)
    async with client_of(context) as http:
        answer = read(DealsAnswer, (await http.get("/api/deals")).content)
        assert {one["deal"]: one["missing"] for one in answer["items"]} == LACKS
        assert {one["state"] for one in answer["items"]} == {"open"}
        counts = {"amount": 1, "decision_maker": 1, "timeline": 2, "solution_fit": 2}
        assert answer["quality"] == {"deals": 3, "complete": 1, "missing": counts}
        shown = (await http.get("/api/leads/a")).json()["deals"]
        assert {one["deal"]: one["missing"] for one in shown} == LACKS
        assert "missing: timeline, solution fit" in (await http.get("/leads/a")).text
        assert "Still missing" in (await http.get("/deals/half")).text
