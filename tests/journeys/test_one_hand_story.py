"""Person and deal are in one hand, over HTTP: the lead, the list of deals, both inboxes, the clocks and the notices."""

from typing import Final

import pytest
from typing_extensions import TypedDict

from testing.answers import InboxAnswer, LeadAnswer
from testing.house import Client
from testing.service import shipped_agreement

pytestmark = pytest.mark.slow
ELDER, YOUNGER = "kim@firm-one.io", "kim.lee@firm-one.io"
KIM: Final = {"first_name": "Kim", "last_name": "Lee", "title": "VP Sales", "country": "US", "employees": "120"}


class Deal(TypedDict):
    owner: str | None


class Deals(TypedDict):
    items: list[Deal]


class NoticeRow(TypedDict):
    lead: str
    kind: str
    to: str
    state: str
    error: str | None
    text: str | None


class Outbox(TypedDict):
    items: list[NoticeRow]


async def worked_by(client: Client, lead: str, rep: str) -> None:
    """A lead that this rep has accepted."""
    await client.submit("demo", email=lead, **KIM)
    await client.settle()
    if (await client.lead(lead))["owner"] != rep:
        await client.sales({"type": "reassigned", "lead": lead, "by": "rep-grace", "to": rep})
        await client.settle()
    await client.sales({"type": "accepted", "lead": lead, "by": rep})
    await client.settle()


async def opened(client: Client, lead: str, rep: str) -> None:
    await client.sales({"type": "deal_opened", "lead": lead, "deal": "d", "by": rep})
    await client.settle()


async def inbox(client: Client, rep: str) -> list[str]:
    return [one["lead"] for one in (await client.get("/api/inbox", InboxAnswer, rep=rep))["items"]]


async def notices_to(client: Client, rep: str) -> list[NoticeRow]:
    """What this rep was told of who has a lead."""
    rows = (await client.get("/api/outbox", Outbox, limit="200"))["items"]
    kinds = ("assignment", "reassigned", "withdrawal")
    return [one for one in rows if one["to"] == rep and one["kind"] in kinds]


async def in_one_hand(client: Client) -> LeadAnswer:
    """Dan has the lead and its deal, Elena neither; what was promised of Elena's lead is over, and breaches nothing."""
    lead = await client.lead(ELDER)
    assert (lead["owner"], lead["stage"]) == ("rep-dan", "opportunity")
    assert (await client.get("/api/deals/d", Deal))["owner"] == "rep-dan"
    assert await inbox(client, "rep-dan") == [lead["id"]]
    assert await inbox(client, "rep-elena") == []
    last = lead["assignments"][-1]
    assert (last["rep"], last["rule"], last["why_reassigned"], last["answer"]) == (
        *("rep-dan", "deal_owner", "deal_owner"),
        "accepted",
    )
    assert [one for one in lead["clocks"] if one["assignment"] == last["id"]] == []
    assert {one["state"] for one in lead["clocks"]} <= {"met", "void"}
    return lead


async def test_two_leads_of_one_person_are_one_and_go_to_the_owner_of_the_deal(client: Client) -> None:
    await client.advance(hours=2)
    await worked_by(client, ELDER, "rep-elena")
    await client.advance(minutes=5)
    await worked_by(client, YOUNGER, "rep-dan")
    await opened(client, YOUNGER, "rep-dan")
    for user, email in (("u-1", ELDER), ("u-2", YOUNGER)):
        await client.track(type="identify", userId=user, traits={"email": email}, messageId=f"i-{user}")
    younger = await client.lead(YOUNGER)
    await client.track(type="alias", userId="u-1", previousId="u-2", messageId="alias")
    await client.settle()
    lead = await in_one_hand(client)
    assert lead["id"] != younger["id"]
    assert (await client.lead(YOUNGER))["id"] == lead["id"]
    await client.advance(days=4)
    await in_one_hand(client)

    elena, dan = await notices_to(client, "rep-elena"), await notices_to(client, "rep-dan")
    assert {one["kind"]: one["state"] for one in elena if one["lead"] == lead["id"]} == {
        "assignment": "sent",
        "reassigned": "sent",
    }
    under = {one["kind"]: one for one in dan if one["lead"] == lead["id"]}
    assert (under["assignment"]["state"], under["withdrawal"]["state"]) == ("sent", "sent")
    assert "the record of Kim Lee" in (under["withdrawal"]["text"] or "")
    assert [one for one in (*elena, *dan) if one["state"] == "dropped" and one["error"] is None] == []


async def test_a_colleague_opens_the_deal_of_a_lead_and_has_it_from_then_on(client: Client) -> None:
    await client.advance(hours=2)
    await worked_by(client, ELDER, "rep-elena")
    await client.advance(hours=1)
    await opened(client, ELDER, "rep-dan")
    await in_one_hand(client)
    await client.advance(days=4)
    await in_one_hand(client)
    await client.sales({"type": "reassigned", "lead": ELDER, "by": "rep-grace", "to": "rep-elena"})
    await client.settle()
    await client.sales({"type": "deal_changed", "lead": ELDER, "deal": "d", "by": "rep-dan", "stage": "contract"})
    await client.settle()
    assert (await client.lead(ELDER))["owner"] == (await client.get("/api/deals/d", Deal))["owner"] == "rep-elena"
    assert await inbox(client, "rep-dan") == []


async def test_a_rep_who_leaves_takes_no_deal_along(client: Client) -> None:
    await client.advance(hours=2)
    await worked_by(client, ELDER, "rep-dan")
    await opened(client, ELDER, "rep-dan")
    await client.sales({"type": "availability", "rep": "rep-dan", "state": "left"})
    await client.settle()
    owner = (await client.lead(ELDER))["owner"]
    assert owner not in (None, "rep-dan")
    assert (await client.get("/api/deals/d", Deal))["owner"] == owner


async def test_who_gets_a_lead_because_another_of_its_deals_was_lost_has_it_in_the_inbox(client: Client) -> None:
    await client.advance(hours=2)
    await worked_by(client, ELDER, "rep-elena")
    await client.sales({"type": "deal_opened", "lead": ELDER, "deal": "first", "by": "rep-elena"})
    await client.settle()
    await client.advance(hours=1)
    await opened(client, ELDER, "rep-dan")
    assert (await client.lead(ELDER))["owner"] == "rep-elena", "one of its deals is hers"
    await client.advance(hours=1)
    await client.sales({"type": "deal_lost", "lead": ELDER, "deal": "first", "by": "rep-elena", "reason": "price"})
    await client.settle()
    lead = await client.lead(ELDER)
    assert (lead["owner"], lead["assignments"][-1]["rule"]) == ("rep-dan", "deal_owner")
    assert (await inbox(client, "rep-dan"), await inbox(client, "rep-elena")) == ([lead["id"]], [])
    assert (await client.get("/api/deals/d", Deal))["owner"] == "rep-dan"
    running = [(one["name"], one["holder"]) for one in lead["clocks"] if one["state"] == "running"]
    assert running == [("survey", "rep-elena")], "of the deal that she lost"
    assert any(one["kind"] == "assignment" and one["state"] == "sent" for one in await notices_to(client, "rep-dan"))
    assert any(one["kind"] == "reassigned" for one in await notices_to(client, "rep-elena"))


async def test_while_a_lead_waits_for_somebody_its_deal_is_nobodys(client: Client) -> None:
    await client.advance(hours=2)
    await worked_by(client, ELDER, "rep-dan")
    await opened(client, ELDER, "rep-dan")
    for rep in shipped_agreement().teams.reps:
        if rep.id != "rep-dan":
            await client.sales({"type": "availability", "rep": rep.id, "state": "away"})
    await client.settle()
    await client.sales({"type": "availability", "rep": "rep-dan", "state": "left"})
    await client.settle()
    deal = await client.get("/api/deals/d", Deal)
    assert ((await client.lead(ELDER))["owner"], deal["owner"]) == (None, None)
    for rep_id, listed in (("rep-dan", 0), ("-", 1)):
        assert len((await client.get("/api/deals", Deals, rep=rep_id))["items"]) == listed
