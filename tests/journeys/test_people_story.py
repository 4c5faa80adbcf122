"""Who people turn out to be, what they allow, and how they are forgotten."""

from typing import Any

import orjson

from standalone.house import House
from testing.house import Guest

VP = {"first_name": "Erin", "last_name": "Quill", "title": "VP Sales", "country": "US", "employees": "30"}


async def does(guest: Guest, kind: str, user: str, **message: Any) -> None:
    await guest.track(type=kind, userId=user, messageId=f"m-{len(guest.answers)}", **message)


def said(traits: str) -> dict[str, Any]:
    return {"traits": {"email": traits}}


async def test_one_person_with_two_names_is_one_lead_under_either_address(guest: Guest) -> None:
    case_study = {"event": "Case Study Viewed", "properties": {"asset": "Retail"}}
    await does(guest, "track", "u-1", event="Pricing Viewed", context=said("una@ab.io"))
    await does(guest, "track", "u-2", **case_study, context=said("una.one@ab.io"))
    await guest.settle()
    una, other = await guest.lead("una@ab.io"), await guest.lead("una.one@ab.io")
    assert (una["id"] == other["id"], una["score"]["engagement"], other["score"]["engagement"]) == (False, 30, 15)

    await does(guest, "alias", "u-1", previousId="u-2")
    await guest.settle()
    one = await guest.lead("una@ab.io")
    assert one["score"]["engagement"] == 45
    for name in ("una.one@ab.io", una["id"], other["id"]):
        assert (await guest.lead(name))["id"] == one["id"], name
    assert [item["id"] for item in (await guest.get("/api/leads"))["items"]] == [one["id"]]


async def test_two_people_whom_sales_has_turn_out_to_be_one(guest: Guest) -> None:
    await guest.advance(hours=2)
    await guest.submit("demo", email="sal@elder.io", **VP)
    await guest.submit("demo", email="sally@younger.io", **VP)
    await guest.submit("newsletter", email="cold@reader.io")
    await guest.submit("demo", email="warm@asker.io", **VP)
    await guest.settle()
    elder, younger = await guest.lead("sal@elder.io"), await guest.lead("sally@younger.io")
    assert elder["owner"] != younger["owner"]

    await guest.event("lead.merged.v1", "sally@younger.io", {"into": "sal@elder.io"})
    await guest.event("lead.merged.v1", "warm@asker.io", {"into": "cold@reader.io"})
    await guest.settle()
    one = await guest.lead("sally@younger.io")
    assert (one["id"], one["owner"], one["score"]["engagement"]) == (elder["id"], elder["owner"], 50)
    assert (await guest.get("/api/inbox", rep=younger["owner"]))["items"] == []

    reader = await guest.lead("cold@reader.io")
    assert reader["stage"] == "mql", "the hand that was raised is not forgotten"
    assert reader["owner"] is not None
    counts = {row["stage"]: row["count"] for row in (await guest.get("/api/funnel", range="30d"))["stages"]}
    assert (counts["lead"], counts["mql"]) == (2, 2)


async def test_who_asks_to_be_forgotten_is_and_the_counts_stay(house: House, guest: Guest) -> None:
    await guest.advance(hours=2)
    await guest.submit("demo", email="erin@quill-works.io", company="Quill Works", message="call me, Erin", **VP)
    await guest.settle()
    lead = await guest.lead("erin@quill-works.io")
    offer = lead["assignments"][0]
    await guest.sales(
        {"type": "accepted", "lead": lead["id"], "by": offer["rep"], "assignment": offer["id"]},
        {"type": "feedback", "lead": lead["id"], "by": offer["rep"], "quality": 8, "note": "Erin was kind"},
    )
    await guest.settle()
    before = await guest.get("/api/funnel", range="30d")

    await guest.event("lead.erased.v1", "erin@quill-works.io", {})
    await guest.settle()
    assert await guest.get("/api/funnel", range="30d") == before
    gone = await guest.get(f"/api/leads/{lead['id']}")
    assert (gone["erased"], gone["email"], gone["name"], gone["facts"]) == (True, None, None, [])
    answer = await guest.http.get("/api/leads/erin@quill-works.io", headers=guest._bearer)
    assert answer.status_code == 404, "nor can anybody ask whether this address was ever here"

    everything = [orjson.dumps(gone).decode().lower()]
    for path in ("/api/leads", "/api/outbox", "/api/export/leads.csv", f"/leads/{lead['id']}", "/api/inbox"):
        everything.append((await guest.http.get(path, headers=guest._bearer)).text.lower())
    for folder in ("slack", "email"):
        everything += [path.read_text().lower() for path in (house.settings.data / "outbox" / folder).iterdir()]
    for word in ("erin", "quill"):
        assert not [text[max(0, text.index(word) - 60) :][:120] for text in everything if word in text]


async def test_a_withdrawn_consent_is_kept_and_stands_on_the_card(house: House, guest: Guest) -> None:
    await guest.advance(hours=2)
    await guest.submit("demo", email="erin@quill-works.io", **VP)
    await guest.event("consent.changed.v1", "erin@quill-works.io", {"channel": "email", "granted": False})
    await guest.settle()
    timeline = (await guest.lead("erin@quill-works.io"))["timeline"]
    assert "Consent for email withdrawn" in [entry["text"] for entry in timeline]
    cards = [path.read_text() for path in (house.settings.data / "outbox" / "slack").iterdir()]
    assert any("*Wants no*\\nemail" in card for card in cards)
