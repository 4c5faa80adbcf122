"""What a reject reason means, asked of every surface that shows it: records, regions, feedback to scoring, reviews."""

import pytest
from typing_extensions import TypedDict

from testing.answers import StewardsAnswer
from testing.house import Client

pytestmark = pytest.mark.slow

VP = {"first_name": "Robin", "last_name": "Hale", "title": "VP Sales", "country": "US", "employees": "30"}


class Line(TypedDict):
    line: str
    wrong: int
    answered: int
    leads: str


class Lines(TypedDict):
    items: list[Line]


class Defect(TypedDict):
    lead: str
    region_from: str
    region: str | None


class Defects(TypedDict):
    items: list[Defect]


class Item(TypedDict):
    item: str
    lead: str
    note: str | None
    reviewed_by: str | None


class Items(TypedDict):
    waiting: int
    items: list[Item]


class Listed(TypedDict):
    id: str


class Leads(TypedDict):
    items: list[Listed]


async def raise_hand(client: Client, email: str, **more: str) -> str:
    await client.submit("demo", email=email, **{**VP, **more})
    await client.settle()
    return (await client.lead(email))["id"]


async def reject(client: Client, email: str, reason: str, **more: str) -> None:
    offer = (await client.lead(email))["assignments"][-1]
    await client.sales({"type": "rejected", "lead": email, "assignment": offer["id"], "by": offer["rep"],
                        "reason": reason, **more})  # fmt: skip
    await client.settle()


async def test_what_scoring_and_routing_got_wrong_and_what_is_to_be_reviewed(client: Client) -> None:
    await client.advance(hours=2)
    wrong = await raise_hand(client, "robin@wrong-kind.io")
    await raise_hand(client, "robin@right-kind.io")
    await reject(client, "robin@wrong-kind.io", "not_icp", note="a reseller")
    answered = (await client.lead("robin@right-kind.io"))["assignments"][-1]
    await client.sales({"type": "accepted", "lead": "robin@right-kind.io", "assignment": answered["id"],
                        "by": answered["rep"]})  # fmt: skip
    await client.settle()
    lines = {one["line"]: one for one in (await client.get("/api/scoring-feedback", Lines))["items"]}
    spoke = {line["rule"] for line in (await client.lead("robin@wrong-kind.io"))["score"]["lines"]
             if line["part"] == "fit" and line["points"] > 0}  # fmt: skip
    assert set(lines) == spoke
    assert {(one["wrong"], one["answered"]) for one in lines.values()} == {(1, 2)}
    behind = await client.get(next(iter(lines.values()))["leads"], Leads)
    assert [one["id"] for one in behind["items"]] == [wrong]

    astray = await raise_hand(client, "robin@astray.io")
    await reject(client, "robin@astray.io", "out_of_territory", region="emea")
    shown = (await client.lead("robin@astray.io"))["assignments"][-1]
    assert shown["pool"] == "smb-emea"
    (defect,) = (await client.get("/api/routing-defects", Defects))["items"]
    assert (defect["lead"], defect["region_from"], defect["region"]) == (astray, "na", "emea")

    await raise_hand(client, "robin@odd.io")
    await reject(client, "robin@odd.io", "other", note="they only wanted a T-shirt")
    waiting = await client.get("/api/reviews", Items)
    (item,) = waiting["items"]
    assert (waiting["waiting"], item["note"]) == (1, "they only wanted a T-shirt")
    page = (await client.http.get("/")).text
    for words in ("To be reviewed: 1", "What scoring got wrong", "Routing defects", "they only wanted a T-shirt"):
        assert words in page
    await client.sales({"type": "reviewed", "item": item["item"], "by": "rep-grace"})
    await client.settle()
    emptied = await client.get("/api/reviews", Items)
    assert (emptied["waiting"], emptied["items"]) == (0, [])
    (done,) = (await client.get("/api/reviews", Items, state="reviewed"))["items"]
    assert (done["item"], done["reviewed_by"]) == (item["item"], "rep-grace")


async def test_one_in_the_pipeline_joins_the_record_that_the_rep_names(client: Client) -> None:
    await client.advance(hours=2)
    buyer = await raise_hand(client, "buyer@first-firm.io")
    owner = (await client.lead("buyer@first-firm.io"))["owner"]
    await client.sales({"type": "deal_opened", "lead": buyer, "by": owner, "deal": 4711})
    await client.settle()
    for email, record in (("robin@by-deal.io", "4711"), ("robin@by-address.io", "Buyer@First-Firm.io")):
        await raise_hand(client, email)
        await reject(client, email, "already_in_pipeline", record=record)
        await client.advance(minutes=11)  # what comes for one person within ten minutes is one message
        lead = await client.lead(email)
        assert (lead["status"], lead["record"], lead["owner"]) == ("joined", buyer, owner)
        assert any("told of new activity: merged" in one["text"] for one in lead["timeline"])
        assert any(notice["to"] == owner for notice in lead["notices"])
    await raise_hand(client, "robin@by-nothing.io")
    await reject(client, "robin@by-nothing.io", "already_in_pipeline", record="no-such-deal")
    assert (await client.lead("robin@by-nothing.io"))["status"] == "waiting_for_steward"
    (item,) = (await client.get("/api/stewards", StewardsAnswer))["items"]
    assert item["note"] == "in the pipeline as no-such-deal", "what the rep named is with the steward"
