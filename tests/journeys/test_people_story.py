"""Who people turn out to be, what they allow, and how they are forgotten."""

import orjson
import pytest

from standalone.house import House
from testing.answers import InboxAnswer, LeadAnswer, LeadsAnswer
from testing.figures import FunnelAnswer, GoalsAnswer, LevelsAnswer
from testing.house import Client

VP = {"first_name": "Erin", "last_name": "Quill", "title": "VP Sales", "country": "US", "employees": "30"}


async def send(client: Client, kind: str, user: str, **message: object) -> None:
    await client.track(type=kind, userId=user, messageId=f"m-{len(client.answers)}", **message)


def person(traits: str) -> dict[str, object]:
    return {"traits": {"email": traits}}


@pytest.mark.slow
async def test_one_person_with_two_names_is_one_lead_under_either_address(client: Client) -> None:
    case_study = {"event": "Case Study Viewed", "properties": {"asset": "Retail"}}
    await send(client, "track", "u-1", event="Pricing Viewed", context=person("una@ab.io"))
    await send(client, "track", "u-2", **case_study, context=person("una.one@ab.io"))
    await client.settle()
    una, other = await client.lead("una@ab.io"), await client.lead("una.one@ab.io")
    assert (una["id"] == other["id"], una["score"]["engagement"], other["score"]["engagement"]) == (False, 30, 15)

    await send(client, "alias", "u-1", previousId="u-2")
    await client.settle()
    one = await client.lead("una@ab.io")
    assert one["score"]["engagement"] == 45
    for name in ("una.one@ab.io", una["id"], other["id"]):
        assert (await client.lead(name))["id"] == one["id"], name
    assert [item["id"] for item in (await client.get("/api/leads", LeadsAnswer))["items"]] == [one["id"]]


@pytest.mark.slow
async def test_two_people_whom_sales_has_turn_out_to_be_one(client: Client) -> None:
    await client.advance(hours=2)
    await client.submit("demo", email="sal@elder.io", **VP)
    await client.submit("demo", email="sally@younger.io", **VP)
    await client.submit("newsletter", email="cold@reader.io")
    await client.submit("demo", email="warm@asker.io", **VP)
    await client.settle()
    elder, younger = await client.lead("sal@elder.io"), await client.lead("sally@younger.io")
    assert elder["owner"] != younger["owner"]

    await client.event("lead.merged.v1", "sally@younger.io", {"into": "sal@elder.io"})
    await client.event("lead.merged.v1", "warm@asker.io", {"into": "cold@reader.io"})
    await client.settle()
    one = await client.lead("sally@younger.io")
    assert (one["id"], one["owner"], one["score"]["engagement"]) == (elder["id"], elder["owner"], 50)
    assert (await client.get("/api/inbox", InboxAnswer, rep=younger["assignments"][0]["rep"]))["items"] == []

    reader = await client.lead("cold@reader.io")
    assert reader["stage"] == "mql", "the hand that was raised is not forgotten"
    assert reader["owner"] is not None
    funnel = await client.get("/api/funnel", FunnelAnswer, range="30d")
    counts = {row["stage"]: row["count"] for row in funnel["stages"]}
    assert (counts["lead"], counts["mql"]) == (2, 2)


@pytest.mark.slow
async def test_the_months_mqls_are_one_number_while_it_runs_and_when_it_is_judged(client: Client) -> None:
    await client.advance(hours=2)
    for email in ("sal@elder.io", "sally@younger.io"):
        await client.submit("demo", email=email, **VP)
    await client.settle()
    assert await mqls_of_the_month(client) == {"running": 2, "goal": 2, "list": 2}
    await client.event("lead.merged.v1", "sally@younger.io", {"into": "sal@elder.io"})
    await client.settle()
    assert await mqls_of_the_month(client) == {"running": 1, "goal": 1, "list": 1}
    await client.advance(days=28)
    levels = await client.get("/api/service-levels", LevelsAnswer)
    judged = {one["name"]: one for one in levels["marketing"] if one["state"] not in ("running", "no_data")}
    assert (judged["volume"]["met"], judged["completeness"]["total"]) == (1, 1)


async def mqls_of_the_month(client: Client) -> dict[str, int]:
    """As the running commitment has it, the goal, and the list behind the goal."""
    levels = await client.get("/api/service-levels", LevelsAnswer)
    (volume,) = [level for level in levels["marketing"] if level["name"] == "volume"]
    (goal,) = [step for step in (await client.get("/api/goals", GoalsAnswer))["chain"] if step["stage"] == "mql"]
    listed = await client.get(goal["leads"], LeadsAnswer)
    return {"running": volume["met"], "goal": goal["actual"], "list": len(listed["items"])}


@pytest.mark.slow
async def test_who_asks_to_be_forgotten_is_and_the_counts_stay(house: House, client: Client) -> None:
    await client.advance(hours=2)
    await client.submit("demo", email="erin@quill-works.io", company="Quill Works", message="call me, Erin", **VP)
    await client.settle()
    lead = await client.lead("erin@quill-works.io")
    offer = lead["assignments"][0]
    await client.sales(
        {"type": "accepted", "lead": lead["id"], "by": offer["rep"], "assignment": offer["id"]},
        {"type": "feedback", "lead": lead["id"], "by": offer["rep"], "quality": 8, "note": "Erin was kind"},
    )
    await client.settle()
    before = await client.get("/api/funnel", FunnelAnswer, range="30d")

    await client.event("lead.erased.v1", "erin@quill-works.io", {})
    await client.settle()
    after = await client.get("/api/funnel", FunnelAnswer, range="30d")
    assert [(one["stage"], one["count"]) for one in after["stages"]] == [
        (one["stage"], one["count"]) for one in before["stages"]
    ], "only that nobody works at it any more is new"
    gone = await client.get(f"/api/leads/{lead['id']}", LeadAnswer)
    assert (gone["erased"], gone["email"], gone["name"], gone["facts"]) == (True, None, None, [])
    answer = await client.http.get("/api/leads/erin@quill-works.io", headers=client._bearer)
    assert answer.status_code == 404, "nor can anybody ask whether this address was ever here"

    everything = [orjson.dumps(gone).decode().lower()]
    for path in ("/api/leads", "/api/outbox", "/api/export/leads.csv", f"/leads/{lead['id']}", "/api/inbox"):
        everything.append((await client.http.get(path, headers=client._bearer)).text.lower())
    for folder in ("slack", "email"):
        everything += [path.read_text().lower() for path in (house.settings.data / "outbox" / folder).glob("*")]
    for word in ("erin", "quill"):
        assert not [text[max(0, text.index(word) - 60) :][:120] for text in everything if word in text]


async def test_a_withdrawn_consent_is_kept_and_stands_on_the_card(house: House, client: Client) -> None:
    await client.advance(hours=2)
    await client.submit("demo", email="erin@quill-works.io", **VP)
    await client.event("consent.changed.v1", "erin@quill-works.io", {"channel": "email", "granted": False})
    await client.settle()
    timeline = (await client.lead("erin@quill-works.io"))["timeline"]
    assert "Consent for email withdrawn" in [entry["text"] for entry in timeline]
    cards = [path.read_text() for path in (house.settings.data / "outbox" / "slack").iterdir()]
    assert any("wants no email" in card for card in cards)
