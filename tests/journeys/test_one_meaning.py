"""One word, one number: open work in the pools and the inbox, traffic of leads and sources, the day of a deal."""

import re

import pytest
from typing_extensions import TypedDict

from testing.answers import InboxAnswer, LeadsAnswer
from testing.figures import PoolAnswer, SourcesAnswer
from testing.house import Client

pytestmark = pytest.mark.slow

VP = {"first_name": "Robin", "last_name": "Hale", "title": "VP Sales", "country": "US", "employees": "120"}


class DealShown(TypedDict):
    closed_at: str | None


async def raise_hand(client: Client, email: str, **more: str) -> str:
    await client.submit("demo", email=email, **{**VP, **more})
    await client.settle()
    return (await client.lead(email))["id"]


async def test_open_work_is_the_same_number_in_the_pools_and_in_the_inbox(client: Client) -> None:
    await client.advance(hours=2)
    for name in ("one", "two", "three", "four"):
        await raise_hand(client, f"robin@{name}.io")
    owner = (await client.lead("robin@one.io"))["owner"]
    await client.sales({"type": "deal_opened", "lead": "robin@one.io", "by": owner, "deal": "D-1"})
    await client.submit("newsletter", email="taken@five.io")
    await client.sales({"type": "accepted", "lead": "taken@five.io", "by": "rep-dan"})
    await client.settle()
    (unasked,) = [one for one in (await client.get("/api/inbox", InboxAnswer))["items"] if one["assignment"] is None]
    assert unasked["lead"] == (await client.lead("taken@five.io"))["id"]
    members = (await client.get("/api/pools/mid-na", PoolAnswer))["members"]
    assert sum(one["open"] for one in members) == 4
    assert sum(one["opportunities"] for one in members) == 1
    for member in members:
        work = (await client.get("/api/inbox", InboxAnswer, rep=member["rep"]))["items"]
        assert len(work) == member["open"] + member["opportunities"]
        assert sum(one["counts"] for one in work) == member["open"]
        page = (await client.http.get("/inbox", params={"rep": member["rep"]})).text
        assert sum(int(count) for count in re.findall(r'data-count="(\d+)"', page)) == len(work)


async def test_sources_by_the_class_of_their_traffic(client: Client) -> None:
    await client.advance(hours=2)
    for number, (source, medium) in enumerate((("google", "cpc"), ("google", "organic"), ("bing", "cpc"))):
        await client.submit("demo", email=f"robin@firm-{number}.io", utm_source=source, utm_medium=medium, **VP)
    await client.settle()
    by_class = {one["traffic"]: one for one in (await client.get("/api/sources", SourcesAnswer, by="traffic"))["items"]}
    assert {name: one["leads"] for name, one in by_class.items()} == {"paid": 2, "organic": 1}
    for one in by_class.values():
        behind = (await client.get(one["links"]["leads"], LeadsAnswer))["items"]
        assert len(behind) == one["leads"]
        assert one["spend"] is None
    by_source = {one["source"]: one for one in (await client.get("/api/sources", SourcesAnswer))["items"]}
    assert {name: one["leads"] for name, one in by_source.items()} == {"google": 2, "bing": 1}


async def test_a_deal_is_closed_at_the_end_of_its_day_and_never_in_the_future(client: Client) -> None:
    """The house stands in New York, on 5 August."""
    await client.advance(hours=2)
    lead = await raise_hand(client, "robin@closing.io")
    await client.sales({"type": "deal_won", "lead": lead, "deal": "D-9", "at": "2026-12-01"}, status=422)
    await client.sales({"type": "deal_won", "lead": lead, "deal": "D-9", "at": "2026-08-05"})
    await client.settle()
    assert (await client.get("/api/deals/D-9", DealShown))["closed_at"] == "2026-08-06T03:59:59Z"
    assert (await client.lead(lead))["stage"] == "won"
    refused = (await client.http.get("/api/refused", headers={"authorization": f"Bearer {client.server_key}"})).json()
    assert {one["reason"].rpartition(" ")[2] for one in refused["counts"] if one["source"] == "/sales"} <= {"/at"}
