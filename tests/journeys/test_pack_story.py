"""The meeting of both teams: a week is frozen, mailed at eight, and its action items go on until they are ticked."""

from email import message_from_bytes, policy

import pytest
from typing_extensions import TypedDict

from standalone.house import House
from testing.events import NOON
from testing.house import Client


class ItemAnswer(TypedDict):
    item: str
    text: str
    owner_name: str | None
    carried: bool
    done: bool


class FigureAnswer(TypedDict):
    name: str
    value: float | None


class PartAnswer(TypedDict):
    name: str
    figures: list[FigureAnswer]


class PackAnswer(TypedDict):
    title: str
    parts: list[PartAnswer]
    action_items: list[ItemAnswer]


def packs_mailed(house: House) -> dict[str, str]:
    """Address and instant of each mail of a pack, as its headers say."""
    mails = [
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in (house.settings.data / "outbox" / "email").glob("*.eml")
    ]
    return {str(one["To"]): str(one["Date"]) for one in mails if str(one["Subject"]).startswith("Week 32")}


@pytest.mark.slow
async def test_a_week_is_frozen_mailed_and_its_items_are_carried_over(house: House, client: Client) -> None:
    await client.advance(hours=2)
    await client.submit("demo", email="erin@quill-works.io", first_name="Erin", title="VP Sales", employees="120")
    await client.settle()
    assert NOON.isoformat().startswith("2026-08-05")
    await client.advance(days=5)  # to Monday, ten in New York
    week = await client.get("/api/packs/2026-W32", PackAnswer)
    assert week["title"] == "Week 32: 3 to 9 Aug 2026"
    figures = {one["name"]: one["value"] for part in week["parts"] for one in part["figures"]}
    assert (figures["mqls"], figures["deals_won"]) == (1, 0)
    assert packs_mailed(house) == {
        "marketing@northwind.example": "Mon, 10 Aug 2026 12:00:00 +0000",
        "sales-leads@northwind.example": "Mon, 10 Aug 2026 12:00:00 +0000",
        "grace.miller@northwind.example": "Mon, 10 Aug 2026 12:00:00 +0000",
        "owen.hughes@northwind.example": "Mon, 10 Aug 2026 07:00:00 +0000",
    }

    item = {"type": "action_item", "pack": "2026-W32", "text": "Call the webinar leads", "owner": "rep-dan"}
    await client.sales({**item, "id": "a-1", "due": "2026-08-14"})
    await client.advance(days=7)
    (carried,) = (await client.get("/api/packs/2026-W33", PackAnswer))["action_items"]
    assert (carried["text"], carried["owner_name"], carried["carried"]) == (item["text"], "Dan Kowalski", True)
    await client.sales({"type": "action_item", "item": carried["item"], "done": True, "by": "rep-dan"})
    await client.settle()
    (ticked,) = (await client.get("/api/packs/2026-W33", PackAnswer))["action_items"]
    assert (ticked["carried"], ticked["done"]) == (True, True)
    await client.advance(days=7)
    assert (await client.get("/api/packs/2026-W34", PackAnswer))["action_items"] == []
    assert (await client.get("/api/packs/2026-W32", PackAnswer))["parts"] == week["parts"], "frozen"
