"""Whose lead it is: what each answer leads to, who is asked first, fair turns, and what happens to work left behind."""

from collections import Counter
from typing import Any

import pytest

from testing.answers import InboxAnswer, LeadAnswer, LeadsAnswer
from testing.figures import PoolAnswer, RejectionsAnswer
from testing.house import Client

VP = {"first_name": "Robin", "last_name": "Hale", "title": "VP Sales", "country": "US"}


async def raise_hand(client: Client, email: str, **more: str) -> None:
    await client.submit("demo", email=email, **{**VP, "employees": "30", **more})


async def reject(client: Client, email: str, reason: str) -> LeadAnswer:
    offer = (await client.lead(email))["assignments"][-1]
    await client.sales({"type": "rejected", "lead": email, "assignment": offer["id"], "by": offer["rep"],
                       "reason": reason, "note": "they said so"})  # fmt: skip
    await client.settle()
    return await client.lead(email)


async def turns(client: Client, pool: str) -> dict[str, tuple[int, int]]:
    members = (await client.get(f"/api/pools/{pool}", PoolAnswer))["members"]
    return {member["rep"]: (member["assigned"], member["credits"]) for member in members}


def notices(lead: LeadAnswer) -> set[tuple[str, str]]:
    return {(notice["kind"], notice["to"]) for notice in lead["notices"]} - {("assignment", lead["owner"])}


@pytest.fixture
async def morning(client: Client) -> Client:
    """Ten o'clock in New York: everybody there works."""
    await client.advance(hours=2)
    return client


CONSEQUENCES = {
    "already_in_pipeline": ("waiting_for_steward", ("alert", "stewards"), True),
    "not_icp": ("disqualified", ("rejected", "marketing"), True),
    "bad_data": ("waiting_for_steward", ("alert", "stewards"), True),
    "competitor_or_agency": ("suppressed", ("alert", "marketing"), True),
    "out_of_territory": ("assigned", None, True),
    "other": ("nurture", ("rejected", "marketing"), False),
}


@pytest.mark.slow
async def test_each_reason_to_reject_has_its_consequence(morning: Client) -> None:
    for number, (reason, (status, _, credited)) in enumerate(CONSEQUENCES.items()):
        email = f"robin@company-{number}.io"
        await raise_hand(morning, email)
        await morning.settle()
        rep = (await morning.lead(email))["assignments"][0]["rep"]
        before = (await turns(morning, "smb-na"))[rep]
        lead = await reject(morning, email, reason)
        assert lead["status"] == status, reason
        assert (await turns(morning, "smb-na"))[rep] == (before[0], before[1] + credited), reason
        if reason == "out_of_territory":
            assert lead["owner"] != rep
            (card,) = [one["id"] for one in lead["notices"] if (one["kind"], one["to"]) == ("assignment", rep)]
            anew = (await morning.http.get(f"/api/outbox/{card}")).text
            assert "Already reassigned to" in anew, "the card is drawn anew, without a word"
            assert lead["assignments"][-1]["why_reassigned"] == reason
    report = await morning.get("/api/rejections", RejectionsAnswer, range="30d")
    assert {row["reason"]: row["count"] for row in report["reasons"]} == dict.fromkeys(CONSEQUENCES, 1)
    assert {row["reason"]: row["owed_by_marketing"] for row in report["reasons"]}["not_icp"] == 1
    nurtured = await morning.lead(f"robin@company-{len(CONSEQUENCES) - 1}.io")
    assert nurtured["nurture"]
    assert nurtured["nurture"]["segment"] == "1"
    await morning.advance(hours=24)  # they hear in their digests
    for number, (reason, (_, notice, _)) in enumerate(CONSEQUENCES.items()):
        lead = await morning.lead(f"robin@company-{number}.io")
        assert notice is None or notice in notices(lead), reason


@pytest.mark.slow
async def test_unanswered_it_goes_back_to_the_pool_twice_and_then_the_manager_decides(morning: Client) -> None:
    await raise_hand(morning, "robin@slow.io")
    await morning.advance(days=2, hours=1)
    lead = await morning.lead("robin@slow.io")
    assert [offer["answer"] for offer in lead["assignments"]] == ["accept_timeout", "accept_timeout", None]
    assert {offer["rep"] for offer in lead["assignments"]} == {"rep-ana", "rep-ben", "rep-chloe"}
    breached = [clock for clock in lead["clocks"] if clock["name"] == "first_touch"]
    assert {clock["charged"] for clock in breached} == {"rep-ana", "rep-ben", "rep-chloe"}
    routed = [clock for clock in lead["clocks"] if clock["name"] == "routed"]
    assert len(routed) == 1, "the lead's own clock never resets"
    await morning.advance(hours=24)
    assert ("alert", "manager:rep-grace") in notices(await morning.lead("robin@slow.io")), "in the next digest"


@pytest.mark.slow
async def test_who_is_asked_first(morning: Client) -> None:
    await raise_hand(morning, "first@twins.io")
    await morning.settle()
    await raise_hand(morning, "second@twins.io")
    await raise_hand(morning, "cto@woodgrovebank.example")
    await morning.submit("newsletter", email="reader@alpineskihouse.example")
    await morning.submit("newsletter", email="friend@nobody-knows.io", utm_medium="partner", partner="litware")
    await raise_hand(morning, "user@munsonspickles.example")
    await raise_hand(morning, "buyer@deal-open.io")
    await morning.settle()
    seller = (await morning.lead("buyer@deal-open.io"))["owner"]
    await morning.sales({"type": "deal_opened", "lead": "buyer@deal-open.io", "by": seller, "deal": "D-1"})
    await morning.settle()
    await raise_hand(morning, "colleague@deal-open.io")
    await morning.advance(hours=1)

    first, second = await morning.lead("first@twins.io"), await morning.lead("second@twins.io")
    assert (second["owner"], second["assignments"][0]["rule"]) == (first["owner"], "same_company")

    named = (await morning.lead("cto@woodgrovebank.example"))["assignments"][0]
    assert (named["rep"], named["flag"], named["pool"]) == ("rep-kate", "target_account", None)
    reader = await morning.lead("reader@alpineskihouse.example")
    assert (reader["assignments"], notices(reader)) == ([], {("activity", "rep-tom")}), "for information, no handoff"

    friend = (await morning.lead("friend@nobody-knows.io"))["assignments"][0]
    assert (friend["rep"], friend["flag"], friend["touch"]) == ("rep-nora", "referral", "4bh")

    for email, owner in (("user@munsonspickles.example", "rep-ivan"), ("colleague@deal-open.io", seller)):
        lead = await morning.lead(email)
        assert (lead["assignments"], lead["clocks"], notices(lead)) == ([], [], {("activity", owner)}), email


@pytest.mark.slow
async def test_forty_leads_are_shared_fairly_and_the_work_of_one_who_leaves_is_shared_again(morning: Client) -> None:
    people = [f"robin@firm-{number}.io" for number in range(40)]
    for email in people:
        await raise_hand(morning, email)
    await morning.settle()
    owners = {lead["email"]: lead["owner"] for lead in (await morning.get("/api/leads", LeadsAnswer))["items"]}
    shares = Counter(owners.values())
    assert (sum(shares.values()), len(shares), max(shares.values()) - min(shares.values())) == (40, 3, 1)
    anas = [email for email, owner in owners.items() if owner == "rep-ana"]

    await morning.advance(hours=1)
    await morning.sales({"type": "availability", "rep": "rep-ana", "state": "left"})
    await morning.settle()
    for address in anas[:3]:
        lead = await morning.lead(str(address))
        was, now = lead["assignments"]
        assert (was["answer"], now["why_reassigned"], now["rep"]) == ("rep_left", "rep_left", lead["owner"])
        clocks = {(clock["name"], clock["holder"]): clock for clock in lead["clocks"]}
        assert clocks["first_touch", "rep-ana"]["state"] == "void"
        assert clocks["first_touch", now["rep"]]["started"] == now["at"], "fresh clocks"
        assert clocks["routed", "marketing"]["started"] == was["at"], "the lead's own clock goes on"
    assert (await morning.get("/api/inbox", InboxAnswer, rep="rep-ana"))["items"] == []


@pytest.mark.slow
async def test_who_came_back_is_shown_with_the_turns_that_the_next_pick_counts(morning: Client) -> None:
    """Of three, one is away for three leads: lifted to the median of the others she is not the next one."""
    away = {"type": "availability", "rep": "rep-ana"}
    await morning.sales({**away, "state": "away"})
    for number in range(3):
        await raise_hand(morning, f"robin@meanwhile-{number}.io")
        await morning.settle()
    await morning.sales({**away, "state": "active"})
    await morning.settle()
    shown = await morning.get("/api/pools/smb-na", dict[str, Any])
    await raise_hand(morning, "robin@afterwards.io")
    await morning.settle()
    lead = await morning.lead("robin@afterwards.io")
    used = {row["rep"]: row["ratio"] for row in lead["assignments"][0]["candidates"]}
    assert {one["rep"]: one["ratio"] for one in shown["members"]} == used
    assert used["rep-ana"] == 1.5
    assert (shown["next"], lead["owner"]) == ("rep-chloe", "rep-chloe")


@pytest.mark.slow
async def test_at_night_the_hot_ones_ring_and_the_warm_ones_wait_for_the_shift(client: Client) -> None:
    await raise_hand(client, "hot@night.io")
    await client.submit("case-study", email="warm@night-two.io", **{**VP, "employees": "120"}, asset="Retail")
    await client.settle()
    hot, warm = await client.lead("hot@night.io"), await client.lead("warm@night-two.io")
    assert (hot["owner"], hot["assignments"][0]["rule"]) == ("rep-ana", "on_call"), "eight in New York: nobody on shift"
    assert (warm["score"]["band"], warm["status"], warm["assignments"]) == ("warm", "waiting_for_shift", [])
    await client.advance(hours=1)
    warm = await client.lead("warm@night-two.io")
    assert (warm["status"], warm["assignments"][0]["pool"]) == ("assigned", "mid-na")


@pytest.mark.slow
async def test_silence_ends_in_nurture_and_a_raised_hand_begins_anew_with_the_same_rep(
    morning: Client,
) -> None:
    email = "robin@quiet.io"
    await raise_hand(morning, email)
    await morning.settle()
    offer = (await morning.lead(email))["assignments"][0]
    attempts = [{"type": "contact_attempted", "lead": email, "by": offer["rep"], "channel": channel}
                for channel in ("email", "linkedin", "call")]  # fmt: skip
    await morning.sales({"type": "accepted", "lead": email, "by": offer["rep"], "assignment": offer["id"]}, *attempts)
    await morning.advance(days=9, hours=23)
    assert (await morning.lead(email))["status"] == "attempting_contact"
    await morning.advance(hours=2)
    lead = await morning.lead(email)
    assert lead["nurture"]
    assert (lead["stage"], lead["status"], lead["nurture"]["segment"]) == ("sal", "unresponsive", "2")

    await morning.submit("contact", email=email)
    await morning.settle()
    lead = await morning.lead(email)
    assert (lead["cycle"], lead["stage"], lead["owner"]) == (2, "mql", offer["rep"])
    assert lead["assignments"][-1]["rule"] == "recycled"


@pytest.mark.slow
async def test_an_imported_history_fills_the_skipped_stages_and_wakes_nobody(morning: Client) -> None:
    email = "olga@imported.io"
    deal = {"deal": "OLD-1", "by": "rep-dan", "amount": {"amount": 1_000_000, "currency": "USD"}}
    await morning.event("lead.captured.v1", email, {"email": email, "title": "CEO"}, time="2026-03-01T10:00:00Z")
    await morning.event("deal.opened.v1", email, deal, time="2026-04-01T10:00:00Z")
    await morning.event("deal.won.v1", email, deal, time="2026-05-01T10:00:00Z")
    await morning.advance(hours=1)
    lead = await morning.lead(email)
    assert (lead["stage"], lead["clocks"], lead["assignments"], lead["notices"]) == ("won", [], [], [])
    assert [(entry["stage"], entry["implied"]) for entry in lead["stages"]] == [
        ("mql", True), ("sal", True), ("sql", True), ("opportunity", False), ("won", False),
    ]  # fmt: skip
    assert (await turns(morning, "smb-na"))["rep-ana"] == (0, 0)
