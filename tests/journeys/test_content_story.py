"""After the hand-over: content on the card, and the story of a customer for who looks after it."""

import pytest
from typing_extensions import TypedDict

from testing.house import Client

pytestmark = pytest.mark.slow
EVA = "eva@acorn-yard.io"
GUIDE = "https://northwind.example/library/guide"
PROMISE = "Rollout in two weeks"


class NoticeRow(TypedDict):
    kind: str
    to: str
    text: str | None


class Outbox(TypedDict):
    items: list[NoticeRow]


async def texts(client: Client, lead: str, kind: str) -> list[str | None]:
    """Of the notices of this kind, the oldest first."""
    rows = (await client.get("/api/outbox", Outbox, lead=lead))["items"]
    return [one["text"] for one in reversed(rows) if one["kind"] == kind]


async def test_content_is_on_the_card_and_the_story_of_a_customer_goes_on(client: Client) -> None:
    guide = {"title": "The guide for sales leaders", "kind": "guide", "persona": "sales", "stage": "mql", "url": GUIDE}
    await client.post("/api/content", guide)
    await client.settle()
    await client.submit(email=EVA, name="Eva Lund", company="Acorn Yard", title="VP Sales", country="US")
    await client.settle()
    lead = await client.lead(EVA)
    rep = str(lead["owner"])
    cards = await texts(client, lead["id"], "assignment")
    assert cards
    assert all(f"Send: The guide for sales leaders (guide) {GUIDE}" in str(card) for card in cards)
    money = {"amount": 5000000, "currency": "USD"}
    deal = {"lead": EVA, "by": rep, "deal": "D-1"}
    await client.sales(
        {"type": "connected", "lead": EVA, "by": rep},
        {"type": "deal_won", **deal, "amount": money, "promised": PROMISE},
    )
    await client.settle()
    heard = await texts(client, lead["id"], "customer")
    assert len(heard) == 1
    assert PROMISE in str(heard[0])
    survey = {"outcome": "won", "champion": "Ravi, head of data", "objections": ["price"], "content": [GUIDE]}
    await client.sales({"type": "survey", **deal, **survey})
    await client.settle()
    heard = await texts(client, lead["id"], "customer")
    assert len(heard) == 2
    assert PROMISE in str(heard[1])
    assert "Ravi, head of data" in str(heard[1])
    await client.event("lead.erased.v1", EVA, {})
    await client.settle()
    left = [text for text in await texts(client, lead["id"], "customer") if text]
    assert not any(PROMISE in text or "Ravi" in text for text in left), "of who is forgotten nothing is kept"
