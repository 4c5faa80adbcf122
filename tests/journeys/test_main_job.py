"""The main job, whole: a visitor raises a hand, a rep is told and accepts, a deal is won, the funnel shows it."""

import orjson
import pytest

from standalone.house import House
from testing.answers import HandoffAnswer, InboxAnswer, LeadAnswer
from testing.events import NOON
from testing.figures import FunnelAnswer, RejectionsAnswer
from testing.house import Client

DANA = {
    "email": "dana.reyes@brightpath.io",
    "first_name": "Dana",
    "last_name": "Reyes",
    "company": "Brightpath",
    "title": "VP Sales",
    "country": "United States",
    "message": "We lose leads between two tools.",
}


def offers(lead: LeadAnswer) -> list[HandoffAnswer]:
    """Oldest first."""
    return sorted(lead["assignments"], key=lambda offer: offer["version"])


def stage(funnel: FunnelAnswer, name: str) -> int:
    return next(row["count"] for row in funnel["stages"] if row["stage"] == name)


async def test_from_form_to_won_deal(house: House, client: Client) -> None:
    await client.track(type="page", anonymousId="a-1", messageId="m-1", properties={"path": "/pricing"})
    await client.submit("demo", anonymous_id="a-1", **DANA)
    await client.settle()

    lead = await client.lead(DANA["email"])
    assert (lead["stage"], lead["status"]) == ("mql", "assigned")
    assert lead["score"]["total"] == lead["score"]["fit"] + lead["score"]["engagement"]
    assert sum(line["points"] for line in lead["score"]["lines"]) == lead["score"]["total"]
    assert any("pricing" in signal["text"] for signal in lead["signals"]), "the visit before the form was released"
    assignment = offers(lead)[-1]
    assert assignment["candidates"], "why me has an answer"
    assert {clock["name"] for clock in lead["clocks"]} >= {"routed", "accepted", "first_touch", "three_attempts"}

    cards = [orjson.loads(path.read_bytes()) for path in (house.settings.data / "outbox" / "slack").glob("*.json")]
    assert any("Dana Reyes" in orjson.dumps(card).decode() for card in cards)
    assert not list((house.settings.data / "outbox" / "email").glob("*.eml")), "the same thing twice"

    rep = assignment["rep"]
    work = await client.get("/api/inbox", InboxAnswer, rep=rep)
    assert [item["lead"] for item in work["items"]] == [lead["id"]]

    await client.sales({"type": "accepted", "lead": lead["id"], "assignment": assignment["id"], "by": rep})
    await client.settle()
    assert (await client.lead(DANA["email"]))["stage"] == "sal"

    await client.sales(
        {"type": "contact_attempted", "lead": DANA["email"], "by": rep, "channel": "call"},
        {"type": "connected", "lead": DANA["email"], "by": rep},
        {"type": "qualified", "lead": DANA["email"], "by": rep, "need": True, "budget": True, "timeline_months": 3},
    )  # fmt: skip
    await client.settle()
    lead = await client.lead(DANA["email"])
    assert offers(lead)[-1]["rule"] == "hands_to", "qualified by an SDR, it goes on to an account executive"
    seller = offers(lead)[-1]["rep"]
    assert lead["owner"] == seller != rep

    await client.sales(
        {"type": "deal_opened", "lead": DANA["email"], "by": seller, "deal": "D-1",
         "amount": {"amount": 5_000_000, "currency": "USD"}},
        {"type": "deal_won", "lead": DANA["email"], "by": seller, "deal": "D-1"},
    )  # fmt: skip
    await client.settle()
    lead = await client.lead(DANA["email"])
    assert (lead["stage"], lead["owner"]) == ("won", seller)
    clocks = {
        clock["name"]: clock["state"] for clock in lead["clocks"] if clock["assignment"] in (None, assignment["id"])
    }
    assert clocks["accepted"] == clocks["first_touch"] == clocks["routed"] == "met"

    funnel = await client.get("/api/funnel", FunnelAnswer, range="30d")
    assert [stage(funnel, name) for name in ("lead", "mql", "sal", "sql", "opportunity", "won")] == [1] * 6


@pytest.mark.slow
async def test_a_rejected_lead_goes_where_the_reason_says(client: Client) -> None:
    await client.submit("demo", **DANA)
    await client.settle()
    first = offers(await client.lead(DANA["email"]))[-1]
    await client.sales(
        {"type": "rejected", "lead": DANA["email"], "assignment": first["id"], "by": first["rep"],
         "reason": "out_of_territory"}
    )  # fmt: skip
    await client.settle()
    lead = await client.lead(DANA["email"])
    second = offers(lead)[-1]
    assert second["id"] != first["id"]
    assert second["rep"] != first["rep"], "never offered twice to the same rep in a cycle"

    await client.sales({"type": "accepted", "lead": DANA["email"], "assignment": first["id"], "by": first["rep"]})
    await client.settle()
    after = await client.lead(DANA["email"])
    assert (after["stage"], after["owner"]) == ("mql", lead["owner"]), "an answer to an old card changes nothing"
    assert any("changed nothing: already rejected" in entry["text"] for entry in after["timeline"])
    rejections = await client.get("/api/rejections", RejectionsAnswer, range="30d")
    assert "out_of_territory" in orjson.dumps(rejections).decode()


@pytest.mark.slow
async def test_an_untouched_lead_is_reminded_breached_and_given_to_another(house: House, client: Client) -> None:
    await client.submit("demo", **DANA)
    await client.settle()
    first = offers(await client.lead(DANA["email"]))[-1]
    await client.advance(days=5)
    lead = await client.lead(DANA["email"])
    touch = [clock for clock in lead["clocks"] if clock["name"] == "first_touch"]
    assert any(clock["state"] == "breached" for clock in touch)
    assert offers(lead)[-1]["rep"] != first["rep"], "150 %: back to the pool"
    kinds = {notice["kind"] for notice in lead["notices"]}
    assert {"reminder", "breach"} <= kinds, kinds
    assert await client.settle() > NOON


async def test_the_same_submission_twice_is_one_fact(client: Client) -> None:
    event = {"type": "track", "event": "Demo Requested", "userId": "u-1", "messageId": "m-9",
             "context": {"traits": {"email": DANA["email"]}}}  # fmt: skip
    for _ in range(3):
        await client.track(**event)
    await client.settle()
    lead = await client.lead(DANA["email"])
    assert lead["score"]["engagement"] == 50
    assert len(lead["assignments"]) == 1
