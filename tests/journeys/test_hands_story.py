"""Nobody is left behind: where each lead is, whose it is by decision, and what a whole account is told."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from testing.answers import DecisionsAnswer, InboxAnswer, LeadsAnswer, UnownedAnswer
from testing.figures import LevelsAnswer, PoolAnswer
from testing.house import Client

pytestmark = pytest.mark.slow

VP = {"first_name": "Robin", "last_name": "Hale", "title": "VP Sales", "country": "US", "employees": "30"}


async def raise_hand(client: Client, email: str, **more: str) -> None:
    await client.submit("demo", email=email, **{**VP, **more})
    await client.settle()


async def reject(client: Client, email: str, reason: str) -> None:
    offer = (await client.lead(email))["assignments"][-1]
    await client.sales({"type": "rejected", "lead": email, "assignment": offer["id"], "by": offer["rep"],
                       "reason": reason, "note": "they said so"})  # fmt: skip
    await client.settle()


@pytest.fixture
async def morning(client: Client) -> AsyncIterator[Client]:
    """Ten o'clock in New York; whatever a test did, nobody is left behind in the end."""
    await client.advance(hours=2)
    yield client
    await client.advance(minutes=3)
    unowned = await client.get("/api/unowned", UnownedAnswer)
    assert (unowned["count"], unowned["items"]) == (0, [])
    page = await client.http.get("/operations", headers={"authorization": f"Bearer {client.server_key}"})
    assert "Left behind: 0" in page.text


async def test_three_times_out_of_territory_waits_for_the_manager_who_decides(morning: Client) -> None:
    email = "robin@far.io"
    await raise_hand(morning, email)
    for _ in range(3):
        await reject(morning, email, "out_of_territory")
    lead = await morning.lead(email)
    assert (lead["status"], lead["owner"], lead["manager"]) == ("waiting_for_manager", None, "rep-grace")
    await morning.advance(hours=5)
    later = (await morning.lead(email))["notices"]
    assert ("alert", "manager:rep-grace") in {(notice["kind"], notice["to"]) for notice in later}, "in the next digest"
    (waiting,) = (await morning.get("/api/decisions", DecisionsAnswer, manager="rep-grace"))["items"]
    assert (waiting["lead"], waiting["choices"]) == (lead["id"], ["reassigned", "nurtured"])
    assert (await morning.get("/api/decisions", DecisionsAnswer, manager="rep-owen"))["items"] == []
    shown = {who: (await morning.http.get("/inbox", params={"rep": who})).text for who in ("rep-grace", "rep-owen")}
    assert "To decide: 1" in shown["rep-grace"]
    assert "Inbox zero" not in shown["rep-grace"]
    assert "Inbox zero" in shown["rep-owen"]
    assert (await morning.get("/api/inbox", InboxAnswer))["items"] == []

    await morning.sales({"type": "reassigned", "lead": email, "by": "grace.miller@northwind.example", "to": "rep-ben",
                        "reason": "he travels there"})  # fmt: skip
    await morning.settle()
    lead = await morning.lead(email)
    assert (lead["status"], lead["owner"], lead["manager"]) == ("assigned", "rep-ben", None)
    (work,) = (await morning.get("/api/inbox", InboxAnswer, rep="rep-ben"))["items"]
    assert work["lead"] == lead["id"]
    running = [clock for clock in lead["clocks"] if clock["assignment"] == work["assignment"]]
    assert {clock["name"] for clock in running if clock["state"] == "running"} >= {"accepted", "first_touch"}
    assert any("reassigns it to Ben Carter: he travels there" in entry["text"] for entry in lead["timeline"])
    assert (await morning.get("/api/decisions", DecisionsAnswer))["items"] == []


async def test_a_colleague_takes_over_with_fresh_clocks_and_a_manager_sends_back(morning: Client) -> None:
    email = "robin@over.io"
    await raise_hand(morning, email)
    owner = (await morning.lead(email))["owner"]
    other = next(rep for rep in ("rep-ana", "rep-ben", "rep-chloe") if rep != owner)
    await morning.sales({"type": "handed_over", "lead": email, "by": owner, "to": other})
    await morning.settle()
    lead = await morning.lead(email)
    assert (lead["owner"], lead["assignments"][-1]["rule"]) == (other, "handed_over")
    await morning.sales({"type": "nurtured", "lead": email, "by": "rep-grace", "segment": "3", "reason": "next year"})
    await morning.settle()
    lead = await morning.lead(email)
    assert (lead["status"], lead["owner"]) == ("nurture", None)
    assert lead["nurture"] == {"segment": "3", "goal": None, "revisit_on": None}


async def test_a_managers_nudge_reaches_the_rep_and_stands_in_the_story(morning: Client) -> None:
    email = "robin@slow.io"
    await raise_hand(morning, email)
    owner = (await morning.lead(email))["owner"]
    await morning.sales({"type": "nudged", "lead": email, "by": "rep-grace"})
    await morning.settle()
    lead = await morning.lead(email)
    assert [(one["to"], one["state"]) for one in lead["notices"] if one["kind"] == "nudge"] == [(owner, "sent")]
    texts = [entry["text"] for entry in lead["timeline"]]
    assert "Grace Miller nudges whoever has it" in texts
    assert any(text.endswith("told: Grace Miller asks") for text in texts)
    page = await morning.http.get(f"/leads/{lead['id']}", headers={"authorization": f"Bearer {morning.server_key}"})
    assert "Grace Miller nudges whoever has it" in page.text
    assert (lead["owner"], lead["status"]) == (owner, "assigned")


async def test_whoever_joins_a_record_shows_it_and_its_owner(morning: Client) -> None:
    await raise_hand(morning, "buyer@deal-open.io")
    buyer = await morning.lead("buyer@deal-open.io")
    await morning.sales({"type": "deal_opened", "lead": buyer["id"], "by": buyer["owner"], "deal": "D-1"})
    await morning.settle()
    await raise_hand(morning, "colleague@deal-open.io")
    lead = await morning.lead("colleague@deal-open.io")
    assert (lead["status"], lead["owner"], lead["record"]) == ("joined", buyer["owner"], buyer["id"])
    assert [step["rule"] for step in lead["passed"]] == ["nobody"]
    assert lead["assignments"] == []


async def test_an_account_is_left_alone_by_marketing_and_handed_back_by_its_domain(morning: Client) -> None:
    await raise_hand(morning, "worked@left-alone.io")
    await morning.submit("newsletter", email="reader@left-alone.io")
    await morning.advance(minutes=3)
    owner = (await morning.lead("worked@left-alone.io"))["owner"]
    segment = (await morning.lead("reader@left-alone.io"))["status"]
    assert segment in ("nurture", "long_term")

    await morning.sales({"type": "suppressed", "account": "Left-Alone.io", "by": owner})
    await morning.settle()
    worked, reader = await morning.lead("worked@left-alone.io"), await morning.lead("reader@left-alone.io")
    assert (worked["status"], worked["owner"]) == ("assigned", owner), "the reps' own work goes on"
    assert (reader["status"], reader["owner"], reader["nurture"]) == ("suppressed", None, None)
    assert [notice for notice in reader["notices"] if notice["to"] == "marketing"] == []

    await morning.sales({"type": "handed_back", "account": "left-alone.io", "by": owner})
    await morning.settle()
    worked, reader = await morning.lead("worked@left-alone.io"), await morning.lead("reader@left-alone.io")
    assert (worked["status"], worked["owner"], reader["status"]) == ("nurture", None, segment), "where each was"


async def test_unsubscribed_is_in_no_segment(morning: Client) -> None:
    await morning.submit("newsletter", email="reader@enough.io")
    await morning.advance(minutes=3)
    await morning.event("consent.changed.v1", "reader@enough.io", {"channel": "email", "granted": False})
    await morning.settle()
    lead = await morning.lead("reader@enough.io")
    assert (lead["status"], lead["nurture"], lead["owner"]) == ("unsubscribed", None, None)


async def test_who_is_away_gets_nothing_meanwhile_and_the_numbers_are_the_picks(
    morning: Client,
) -> None:
    now = await morning.settle()
    until = now + timedelta(hours=1)
    leave = {"type": "availability", "rep": "rep-ana", "state": "away"}
    await morning.sales({**leave, "from": now.isoformat(), "until": until.isoformat()})
    await morning.settle()
    for number in range(4):
        await raise_hand(morning, f"robin@away-{number}.io")
    await morning.advance(to=until)
    for number in range(3):
        await raise_hand(morning, f"robin@back-{number}.io")
    pool = await morning.get("/api/pools/smb-na", PoolAnswer)
    ratios = {member["rep"]: member["ratio"] for member in pool["members"]}
    assert ratios == {"rep-ana": 3.0, "rep-ben": 3.0, "rep-chloe": 3.0}
    shared = Counter([(await morning.lead(f"robin@back-{number}.io"))["owner"] for number in range(3)])
    assert shared == {"rep-ana": 1, "rep-ben": 1, "rep-chloe": 1}


async def test_what_marketing_owes_raises_the_months_target(morning: Client) -> None:
    async def target() -> object:
        levels = await morning.get("/api/service-levels", LevelsAnswer)
        return next(level["target"] for level in levels["marketing"] if level["name"] == "volume")

    assert await target() == 100
    await raise_hand(morning, "robin@not-us.io")
    await reject(morning, "robin@not-us.io", "not_icp")
    assert await target() == 101


@pytest.mark.chaos
async def test_an_mql_that_nobody_accepted_is_cooling_at_sixty_days(morning: Client) -> None:
    email = "cto@woodgrovebank.example"
    await raise_hand(morning, email)
    await morning.advance(days=61)
    lead = await morning.lead(email)
    assert lead["stage"] == "mql"
    assert "cooling" in lead["flags"]
    assert any("cooling" in item["flags"] for item in (await morning.get("/api/inbox", InboxAnswer))["items"])
    assert any(entry["text"].startswith("Flags:") for entry in lead["timeline"])


async def test_who_reaches_a_lead_that_nobody_has_has_it_everywhere(morning: Client) -> None:
    """Who reached it first did not say a name; who did, has it, although the lead stands where it stood."""
    email = "robin@quiet-works.io"
    await morning.submit("newsletter", email=email, **VP)
    await morning.sales({"type": "connected", "lead": email})
    await morning.settle()
    assert (await morning.lead(email))["owner"] is None
    await morning.sales({"type": "connected", "lead": email, "by": "rep-dan"})
    await morning.settle()
    lead = await morning.lead(email)
    assert (lead["stage"], lead["status"], lead["owner"]) == ("sal", "connected", "rep-dan")
    items = (await morning.get("/api/inbox", InboxAnswer, rep="rep-dan"))["items"]
    assert [item["lead"] for item in items] == [lead["id"]]
    listed = await morning.get("/api/leads", LeadsAnswer, owner="rep-dan")
    assert [one["id"] for one in listed["items"]] == [lead["id"]]
