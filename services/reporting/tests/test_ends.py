"""Two ends that no rate mixes (domain, section 1): disqualified, which was no deal, and a deal that was lost."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from services.reporting.tests.conftest import History, client_of

from events import Event
from events.deals import DealLost, DealOpened
from events.sales import LeadSalesDisqualified
from runtime.database.connect import Database
from runtime.service import Context
from testing.events import NOON

Fold = Callable[[Context, Database, Sequence[Event]], Awaitable[None]]


async def test_a_disqualified_lead_is_no_lost_deal(context: Context, database: Database, fold: Fold) -> None:
    history = History()
    at = NOON - timedelta(days=2)
    for lead in ("away", "gone"):
        history.captured(lead, at, email=f"{lead}@b.example", name=lead, company="Borealis", source="google")
        history.scored(lead, at)
        history.assigned(lead, at, "rep-dan")
    later = at + timedelta(hours=1)
    history.add(LeadSalesDisqualified, "away", later, {"reason": "no_budget", "by": "rep-dan"})
    history.stage("away", later, "mql", "disqualified", stage_from="mql", closed=True)
    for kind, reason in ((DealOpened, {}), (DealLost, {"reason": "no_budget"})):
        history.add(kind, "gone", later, {"deal": "d", "by": "rep-dan", **reason})
    history.stage("gone", later, "lost", "nurture", stage_from="opportunity", closed=True)
    await fold(context, database, history.events)
    async with client_of(context) as http:
        groups = (await http.get("/api/score-worth?range=30d")).json()["bands"]
        (band,) = [one for one in groups if one["leads"]]
        assert (band["leads"], band["rejected"], band["lost"]) == (2, 1, 1)
        for outcome, lead in (("rejected", "away"), ("lost", "gone")):
            listed = (await http.get(f"/api/leads?range=30d&handed_at_least=-100&outcome={outcome}")).json()["items"]
            assert [one["id"] for one in listed] == [lead]
        for points, count in (
            ("at_least=0&handed_at_most=94", 0),
            ("at_most=94", 0),
            ("at_least=0", 2),
            ("at_most=95", 2),
        ):
            listed = (await http.get(f"/api/leads?range=30d&handed_{points}")).json()["items"]
            assert len(listed) == count, points
        states = [one["state"] for one in (await http.get("/api/deals")).json()["items"]]
        assert states == ["lost"], "the win rate is of deals; who was disqualified had none"
