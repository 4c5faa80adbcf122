"""Deals over HTTP: routing (the lead's stage), the list of deals, the goals and attribution all say the same."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from typing_extensions import TypedDict

from testing.figures import AttributionAnswer, DealAnswer, DealsAnswer, PipelineAnswer
from testing.house import Client

ADA, BEA, EVE = "ada@firm-one.io", "bea@firm-two.io", "eve@firm-three.io"
NEW_YORK: Final = ZoneInfo("America/New_York")


class LeadDeal(TypedDict):
    """A deal as the lead's answer shows it."""

    deal: str
    state: str


class LeadWithDeals(TypedDict):
    """`GET /api/leads/{id}`, as far as deals go."""

    id: str
    stage: str
    cycle: int
    deals: list[LeadDeal]


pytestmark = pytest.mark.slow


@pytest.fixture
async def three_leads(client: Client) -> Client:
    """Three people of three companies, one after the other; two days later."""
    for email in (ADA, BEA, EVE):
        await client.submit("demo", email=email, first_name="Kim", last_name="Lee", title="VP Sales", country="US",
                            employees="120")  # fmt: skip
        await client.advance(minutes=1)
    await client.advance(hours=48)
    return client


async def deal_fact(
    client: Client, kind: str, lead: str, deal: object, at: datetime | str | None = None, **more: object
) -> None:
    """One fact, and what follows from it everywhere."""
    reason = {"reason": "price"} if kind == "deal_lost" else {}
    when = {"at": at.isoformat() if isinstance(at, datetime) else at} if at else {}
    fact: Mapping[str, object] = {"type": kind, "lead": lead, "deal": deal, "by": "rep-dan", **reason, **when, **more}
    await client.sales(fact)
    await client.settle()


async def states(client: Client, lead: str, deal: str) -> tuple[str, str, str]:
    """The lead's stage, and the deal's state on the lead's page and in the list of deals."""
    answer = await client.get(f"/api/leads/{lead}", LeadWithDeals)
    here = next(one["state"] for one in answer["deals"] if one["deal"] == deal)
    return answer["stage"], here, (await client.get(f"/api/deals/{deal}", DealAnswer))["state"]


async def test_late_facts_of_deals_change_nothing_that_came_after_them(three_leads: Client) -> None:
    client = three_leads
    now = await client.settle()
    t1, t2, t3 = (now - timedelta(hours=hours) for hours in (3, 2, 1))
    amount = {"amount": 5_000_000, "currency": "USD"}
    await deal_fact(client, "deal_won", ADA, "a", t3, amount=amount)
    await deal_fact(client, "deal_opened", ADA, "a", t1)
    await deal_fact(client, "deal_lost", ADA, "a", t2)
    assert await states(client, ADA, "a") == ("won", "won", "won")
    for kind in ("deal_opened", "deal_lost", "deal_opened"):
        await deal_fact(client, kind, BEA, 4711, amount={"amount": 9000, "currency": "USD"})
    assert await states(client, BEA, "4711") == ("opportunity", "open", "open")
    await deal_fact(client, "deal_changed", BEA, 4711, t2, amount={"amount": 5000, "currency": "USD"})
    assert (await client.get("/api/deals/4711", DealAnswer))["amount"] == {"amount": 9000, "currency": "USD"}
    goals = await client.get("/api/goals", PipelineAnswer)
    assert (goals["revenue"]["won"]["amount"], goals["revenue"]["deals"]) == (5_000_000, 1)
    assert (goals["pipeline"]["open"]["amount"], goals["pipeline"]["deals"]) == (9000, 1)


async def test_one_deal_of_two_contacts_in_two_lanes(three_leads: Client) -> None:
    client = three_leads
    for lead in (ADA, BEA):
        await deal_fact(client, "deal_opened", lead, "d", amount={"amount": 5_000_000, "currency": "USD"})
    await deal_fact(client, "deal_won", BEA, "d")
    for lead in (ADA, BEA):
        assert await states(client, lead, "d") == ("won", "won", "won"), lead
    (deal,) = (await client.get("/api/deals", DealsAnswer, state="won"))["items"]
    ada = (await client.get(f"/api/leads/{ADA}", LeadWithDeals))["id"]
    assert ([one["id"] for one in deal["contacts"] if one["primary"]], len(deal["contacts"])) == ([ada], 2)
    shown = await client.get("/api/deals/d", DealAnswer)
    for model in ("w_baton", "linear", "full_path"):
        credits = await client.get("/api/attribution", AttributionAnswer, range="30d", model=model)
        assert sum(one["amount"]["amount"] for one in shown["credits"][model]["credits"]) == 5_000_000
        assert credits["total"]["amount"] == sum(row["amount"]["amount"] for row in credits["items"]) == 5_000_000


async def test_a_date_is_the_houses_day_and_a_merge_keeps_the_deals(three_leads: Client) -> None:
    client = three_leads
    now = await client.settle()
    day = (now - timedelta(days=1)).astimezone(NEW_YORK).date()
    await deal_fact(client, "deal_won", BEA, "d", day.isoformat(), amount={"amount": 700, "currency": "EUR"})
    closed = (await client.get("/api/deals/d", DealAnswer))["closed_at"]
    assert datetime.fromisoformat(str(closed)).astimezone(NEW_YORK).date() == day
    ada, bea = [(await client.get(f"/api/leads/{lead}", LeadWithDeals))["id"] for lead in (ADA, BEA)]
    await client.event("lead.merged", bea, {"into": ada})
    await client.settle()
    deal = await client.get("/api/deals/d", DealAnswer)
    assert ([one["id"] for one in deal["contacts"]], deal["converted"]) == ([ada], {"amount": 756, "currency": "USD"})
    assert await states(client, ADA, "d") == ("won", "won", "won")
