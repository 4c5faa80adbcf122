"""What the teams keep for each other, told at the door and read where it is used: somebody sees each fact."""

from datetime import datetime, timedelta

import pytest
from typing_extensions import TypedDict

from testing.answers import LeadAnswer
from testing.events import NOON
from testing.house import Client

pytestmark = pytest.mark.slow
EVA = "eva@acorn-yard.io"


class Work(TypedDict):
    lead: str
    owner: str
    due: str | None
    snoozed_until: str | None
    snooze_cut: str | None


class Inbox(TypedDict):
    items: list[Work]


class Membership(TypedDict):
    campaign: str
    by: str | None


class LeadWithCampaigns(LeadAnswer):
    campaigns: list[Membership]


class ProgrammeRow(TypedDict):
    campaign: str
    leads: int
    won: int


class Programmes(TypedDict):
    items: list[ProgrammeRow]


class Reason(TypedDict):
    reason: str
    count: int


class Asset(TypedDict):
    asset: str
    people: int
    won_deals: int
    used: int
    not_used: int
    reasons: list[Reason]


class Request(TypedDict):
    request: str
    text: str | None
    answered_with: str | None


class Content(TypedDict):
    requested: int
    answered: int
    requests: list[Request]
    items: list[Asset]


class Item(TypedDict):
    item: str
    text: str | None
    pack: str | None
    owner_name: str | None
    due: str | None
    overdue: bool
    done: bool
    carried: bool
    by: str | None


class Items(TypedDict):
    open: int
    items: list[Item]


class Question(TypedDict):
    topic: str
    answer: str | None
    score: float | None
    by_name: str | None


class Assessment(TypedDict):
    answered: int
    of: int
    items: list[Question]


class Account(TypedDict):
    customer: dict[str, str | bool | None] | None


class Step(TypedDict):
    kind: str


class Deal(TypedDict):
    state: str
    renewed_at: str | None
    churned_at: str | None
    history: list[Step]


async def owned(client: Client) -> LeadAnswer:
    """A lead that a rep has accepted."""
    await client.submit(email=EVA, name="Eva Lund", company="Acorn Yard", title="VP Sales", country="US")
    await client.settle()
    lead = await client.lead(EVA)
    await client.sales(
        {"type": "accepted", "lead": EVA, "by": lead["owner"], "assignment": lead["assignments"][0]["id"]}
    )
    await client.settle()
    return await client.lead(EVA)


async def test_what_is_put_off_comes_back_when_the_next_promise_is_due(client: Client) -> None:
    lead = await owned(client)
    rep, far = str(lead["owner"]), NOON + timedelta(days=9)
    await client.sales({"type": "snoozed", "lead": EVA, "by": rep, "until": far.isoformat()})
    await client.settle()
    (work,) = (await client.get("/api/inbox", Inbox, rep=rep, view="snoozed"))["items"]
    assert work["due"] is not None
    assert work["snoozed_until"] == work["due"], "never beyond the promise"
    assert work["snooze_cut"] == "nothing is put off beyond a promise: First touch is due then"
    assert (await client.get("/api/inbox", Inbox, rep=rep, view="now"))["items"] == []
    assert "puts it off until" in next(
        one["text"] for one in (await client.lead(EVA))["timeline"] if one["type"] == "lead.snoozed.v1"
    )
    clock = next(one for one in (await client.lead(EVA))["clocks"] if one["due"] == work["due"])
    assert clock["state"] == "running", "the clock runs on"
    await client.advance(to=datetime.fromisoformat(work["due"]) + timedelta(minutes=1))
    (work,) = (await client.get("/api/inbox", Inbox, rep=rep, view="now"))["items"]
    assert (work["snoozed_until"], work["snooze_cut"]) == (None, None)
    await client.sales({"type": "snoozed", "lead": EVA, "by": "rep-ivan", "until": far.isoformat()})
    await client.settle()
    ignored = [one["text"] for one in (await client.lead(EVA))["timeline"] if one["type"] == "answer.ignored.v1"]
    assert len(ignored) == 1, "somebody else's lead"
    assert "snoozed" in ignored[0]


async def test_campaigns_content_items_and_customers_are_seen_where_they_are_used(client: Client) -> None:
    lead = await owned(client)
    rep = str(lead["owner"])
    await client.track(type="track", event="Case Study Viewed", userId="eva", messageId="m-1",
                       properties={"asset": "retail"}, context={"traits": {"email": EVA}})  # fmt: skip
    money = {"amount": 5000000, "currency": "USD"}
    await client.sales(
        {"type": "enrolled", "lead": EVA, "by": rep, "campaign": "reference-stories"},
        {"type": "content_requested", "by": rep, "text": "a price list", "id": "r-1"},
        {"type": "content_requested", "lead": EVA, "by": rep, "text": "a story about Eva", "id": "r-2"},
        {"type": "content_feedback", "by": rep, "asset": "retail", "used": False, "reason": "out of date"},
        {"type": "content_feedback", "by": "rep-ivan", "asset": "retail", "used": True},
        {
            "type": "action_item",
            "id": "a-1",
            "by": rep,
            "pack": "2026-W31",
            "text": "call them",
            "owner": rep,
            "due": "2026-08-04",
        },
        {"type": "action_item", "id": "a-2", "pack": "2026-W32", "text": "write to Eva", "lead": EVA},
        {"type": "assessed", "question": "same goals", "answer": "no", "by": rep},
        {"type": "connected", "lead": EVA, "by": rep},
        {"type": "deal_won", "lead": EVA, "by": rep, "deal": "D-1", "amount": money},
    )
    await client.event("content.published.v1", "price-list", {"asset": "price-list", "kind": "guide",
                       "title": "Price list", "answers": "r-1"})  # fmt: skip
    await client.settle()

    content = await client.get("/api/content", Content)
    assert (content["requested"], content["answered"]) == (2, 1)
    assert [(one["request"], one["answered_with"]) for one in content["requests"]] == [
        ("r-2", None),
        ("r-1", "price-list"),
    ]
    retail = next(one for one in content["items"] if one["asset"] == "retail")
    assert (retail["people"], retail["won_deals"], retail["used"], retail["not_used"]) == (1, 1, 1, 1)
    assert retail["reasons"] == [{"reason": "out of date", "count": 1}]
    shown = await client.get(f"/api/leads/{EVA}", LeadWithCampaigns)
    assert [(one["campaign"], one["by"]) for one in shown["campaigns"]] == [("reference-stories", rep)]
    types = [one["type"] for one in shown["timeline"]]
    for kind in ("lead.enrolled.v1", "campaign.entered.v1", "content.requested.v1", "action.item.v1"):
        assert types.count(kind) == 1, "only what names the lead"
    programmes = (await client.get("/api/programmes", Programmes))["items"]
    assert [(one["campaign"], one["leads"], one["won"]) for one in programmes] == [("reference-stories", 1, 1)]

    items = await client.get("/api/action-items", Items, pack="2026-W32")
    assert [(one["item"], one["carried"], one["overdue"]) for one in items["items"]] == [
        ("a-1", True, True),
        ("a-2", False, False),
    ]
    await client.sales(
        {"type": "action_item", "item": "a-1", "done": True, "by": "rep-ivan"},
        {"type": "assessed", "question": "same goals", "answer": "partly", "by": "rep-ivan"},
    )
    await client.settle()
    items = await client.get("/api/action-items", Items, pack="2026-W32")
    assert [one["item"] for one in items["items"]] == ["a-2"], "carried over until it is done"
    done = (await client.get("/api/action-items", Items, state="done"))["items"]
    assert [(one["item"], one["text"], one["by"], one["due"]) for one in done] == [
        ("a-1", "call them", rep, "2026-08-04")
    ]
    assessed = await client.get("/api/self-assessment", Assessment)
    assert (assessed["answered"], assessed["of"]) == (1, 8)
    goals = next(one for one in assessed["items"] if one["topic"] == "same goals")
    assert (goals["answer"], goals["score"], goals["by_name"]) == ("partly", 0.5, "Ivan Reyes")

    assert (await customer(client))["is"] is True
    await client.advance(minutes=1)
    await client.sales({"type": "renewed", "lead": EVA, "deal": "D-1", "by": rep, "amount": money})
    await client.settle()
    deal = await client.get("/api/deals/D-1", Deal)
    assert (deal["state"], deal["renewed_at"] is not None, deal["churned_at"]) == ("won", True, None)
    await client.advance(minutes=1)
    await client.sales({"type": "churned", "lead": EVA, "deal": "D-1", "by": rep, "reason": "price"})
    await client.settle()
    deal = await client.get("/api/deals/D-1", Deal)
    assert (deal["state"], deal["churned_at"] is not None) == ("won", True)
    assert [one["kind"] for one in deal["history"]] == ["won", "renewed", "churned"]
    was = await customer(client)
    assert (was["is"], was["churned_at"] is not None) == (False, True)

    await client.event("lead.erased.v1", EVA, {})
    await client.settle()
    content = await client.get("/api/content", Content)
    assert {one["request"]: one["text"] for one in content["requests"]} == {"r-1": "a price list", "r-2": None}
    items = await client.get("/api/action-items", Items)
    assert {one["item"]: one["text"] for one in items["items"]} == {"a-1": "call them", "a-2": None}


async def customer(client: Client) -> dict[str, str | bool | None]:
    shown = (await client.get("/api/accounts/acorn-yard.io", Account))["customer"]
    assert shown is not None
    return shown


class EngagementAnswer(TypedDict):
    kind: str
    message_id: str
    machine: bool
    judged_by_name: str | None
    judged_at: str | None


class LeadWithEngagements(LeadAnswer):
    engagements: list[EngagementAnswer]


async def test_what_a_machine_did_after_all_is_taken_back_everywhere(client: Client) -> None:
    await client.submit(email=EVA, name="Eva Lund", company="Acorn Yard", title="VP Sales", country="US")
    await client.track(type="track", event="Case Study Viewed", userId="eva", messageId="m-1",
                       properties={"asset": "retail"}, context={"traits": {"email": EVA}})  # fmt: skip
    await client.settle()
    before = (await client.lead(EVA))["score"]["total"]
    verdict = {"lead": EVA, "message_id": "m-1", "machine": True, "by": "ivan.reyes@northwind.example"}
    await client.post("/api/engagements/judge", verdict)
    await client.settle()
    lead = await client.get(f"/api/leads/{EVA}", LeadWithEngagements)
    assert lead["score"]["total"] == before - 15
    assert sum(line["points"] for line in lead["score"]["lines"]) == lead["score"]["total"]
    (shown,) = [one for one in lead["engagements"] if one["message_id"] == "m-1"]
    assert (shown["machine"], shown["judged_by_name"], shown["judged_at"] is not None) == (True, "Ivan Reyes", True)
    (line,) = [one["text"] for one in lead["timeline"] if one["type"] == "engagement.judged.v1"]
    assert line.startswith("Ivan Reyes says that “Case study” of 5 Aug, 08:00 EDT was a machine's"), line
    assert (await client.get("/api/content", Content))["items"] == [], "nobody met it"
    await client.post("/api/engagements/judge", {**verdict, "machine": False})
    await client.settle()
    assert (await client.lead(EVA))["score"]["total"] == before
    assert [one["people"] for one in (await client.get("/api/content", Content))["items"]] == [1]
