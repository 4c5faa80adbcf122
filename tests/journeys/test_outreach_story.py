"""The rep's next step: the agreed outreach, ticked by what is logged, the same in inbox, lead and card; and tasks."""

from datetime import datetime, timedelta
from typing import Final

import orjson
import pytest
from typing_extensions import TypedDict

from runtime.settings import Settings
from standalone.house import House
from testing.answers import LeadsAnswer
from testing.house import Client

VP: Final = {"first_name": "Robin", "last_name": "Hale", "title": "VP Sales", "country": "US", "employees": "30"}


class Step(TypedDict):
    """`next_step`."""

    kind: str
    text: str
    day: str
    late: bool
    channels: list[str]
    sequence: list[str]


class Touch(TypedDict):
    """One row of `outreach`."""

    channel: str
    done_at: str | None


class Plan(TypedDict):
    """What the lead's answer says of it."""

    next_step: Step | None
    outreach: list[Touch]


class Item(TypedDict):
    """A row of the inbox."""

    lead: str
    assignment: str | None
    state: str
    next_step: Step | None


class Inbox(TypedDict):
    """`GET /api/inbox`."""

    items: list[Item]


@pytest.fixture
async def morning(client: Client) -> Client:
    """Ten o'clock in New York: everybody there works."""
    await client.advance(hours=2)
    return client


async def plan(client: Client, email: str) -> Plan:
    return await client.get(f"/api/leads/{email}", Plan)


async def inbox(client: Client, rep: str) -> dict[str, Item]:
    return {item["lead"]: item for item in (await client.get("/api/inbox", Inbox, rep=rep))["items"]}


def card(settings: Settings) -> str:
    (file,) = (settings.data / "outbox" / "slack").glob("*.json")
    return str(orjson.loads(file.read_bytes()))


class Trigger(TypedDict):
    """A row of `GET /api/recycling`."""

    trigger: str
    cycles: int
    opportunities: int
    success: float | None
    usual_text: str
    leads: str


class Recycling(TypedDict):
    """`GET /api/recycling`."""

    items: list[Trigger]


async def lose(client: Client, email: str) -> str:
    await client.submit("demo", email=email, **VP)
    await client.settle()
    rep = str((await client.lead(email))["owner"])
    deal = {"lead": email, "by": rep, "deal": email}
    await client.sales({"type": "deal_opened", **deal}, {"type": "deal_lost", "reason": "timing", **deal})
    await client.settle()
    return rep


@pytest.mark.slow
async def test_what_brings_a_lead_back_begins_a_cycle_and_is_counted_beside_the_usual_rate(morning: Client) -> None:
    rep = await lose(morning, "robin@funded-works.io")
    await lose(morning, "sam@moving-works.io")
    await morning.event("company.changed.v1", "funded-works.io", {"domain": "funded-works.io", "happened": "funding"})
    await morning.event(
        "lead.updated.v1",
        "sam@moving-works.io",
        {"facts": [{"name": "company", "value": "Bluefin Labs"}, {"name": "domain", "value": "bluefin-labs.io"}]},
    )
    await morning.advance(minutes=2)
    funded, moved = await morning.lead("robin@funded-works.io"), await morning.lead("sam@moving-works.io")
    assert [(lead["cycle"], lead["stage"]) for lead in (funded, moved)] == [(2, "mql"), (2, "mql")]
    assert funded["assignments"][-1]["rep"] == rep, "the previous owner"
    assert any("recycled: funding at the company" in line["text"] for line in funded["timeline"])
    await morning.sales({"type": "deal_opened", "lead": "robin@funded-works.io", "by": rep, "deal": "D-2"})
    await morning.settle()
    rows = {row["trigger"]: row for row in (await morning.get("/api/recycling", Recycling, range="30d"))["items"]}
    assert [
        (rows[one]["cycles"], rows[one]["opportunities"], rows[one]["success"], rows[one]["usual_text"])
        for one in ("lost_deal", "job_change", "funding", "launch")
    ] == [(0, 0, None, "10-15 %"), (1, 0, 0.0, "20-30 %"), (1, 1, 1.0, "15-20 %"), (0, 0, None, "15-20 %")]
    listed = await morning.get(rows["funding"]["leads"], LeadsAnswer)
    assert [item["email"] for item in listed["items"]] == ["robin@funded-works.io"]
    refused = {
        "specversion": "1.0",
        "id": "e1",
        "source": "crm",
        "type": "company.changed.v1",
        "subject": "x.io",
        "data": {"domain": "x.io", "happened": "moved"},
    }
    await morning.post("/events", refused, status=422)


async def attempt(client: Client, email: str, rep: str, *channels: str) -> None:
    await client.sales(*({"type": "contact_attempted", "lead": email, "by": rep, "channel": one} for one in channels))
    await client.settle()


@pytest.mark.slow
async def test_the_next_step_is_ticked_by_what_is_logged_on_every_surface(
    morning: Client, settings: Settings, house: House
) -> None:
    email = "robin@small-works.io"
    await morning.submit("demo", email=email, **VP)
    await morning.settle()
    lead = await morning.lead(email)
    rep = str(lead["owner"])
    step = (await plan(morning, email))["next_step"]
    assert step
    assert (step["kind"], step["text"], step["day"]) == ("outreach", "Day 1: e-mail and LinkedIn", "2026-08-05")
    assert step["sequence"] == ["e-mail", "LinkedIn"], "thirty people: a sequence runs beside"
    assert (await inbox(morning, rep))[lead["id"]]["next_step"] == step
    assert "day 1: e-mail and LinkedIn" in card(settings)

    await attempt(morning, email, rep, "email", "linkedin", "sms")
    seen = await plan(morning, email)
    assert seen["next_step"]
    assert (seen["next_step"]["text"], seen["next_step"]["day"]) == ("Day 2: call and voicemail", "2026-08-06")
    assert [bool(touch["done_at"]) for touch in seen["outreach"]] == [True, True, False, False, False]
    await morning.advance(minutes=1)
    assert "day 2: call and voicemail" in card(settings)
    await morning.sales({"type": "contact_attempted", "lead": email, "by": rep, "channel": "pigeon"}, status=422)

    await morning.advance(days=2)
    step = (await plan(morning, email))["next_step"]
    assert step
    assert step["late"], "the second day is over"
    await attempt(morning, email, rep, "call", "voicemail", "email")
    step = (await inbox(morning, rep))[lead["id"]]["next_step"]
    assert step
    assert (step["kind"], step["text"]) == ("wait", "Wait for an answer until 15 Aug")
    await morning.sales({"type": "connected", "lead": email, "by": rep, "channel": "call"})
    await morning.settle()
    assert (await plan(morning, email))["next_step"] is None, "somebody answered"


@pytest.mark.slow
async def test_a_day_to_revisit_is_a_task_in_the_inbox_until_something_is_logged(morning: Client) -> None:
    email = "robin@later-works.io"
    await morning.submit("demo", email=email, **VP)
    await morning.settle()
    lead = await morning.lead(email)
    rep = str(lead["owner"])
    await morning.sales(
        {"type": "disqualified", "lead": email, "by": rep, "reason": "timing", "revisit_on": "2026-09-01"}
    )
    await morning.settle()
    assert await inbox(morning, rep) == {}
    await morning.advance(days=28)
    item = (await inbox(morning, rep))[lead["id"]]
    assert item["next_step"]
    assert (item["state"], item["assignment"], item["next_step"]["kind"]) == ("task", None, "revisit")
    assert (await plan(morning, email))["next_step"] == item["next_step"]
    page = await morning.http.get("/inbox", params={"rep": rep})
    assert "Get in touch again, as agreed" in page.text
    await attempt(morning, email, rep, "call")
    assert await inbox(morning, rep) == {}


@pytest.mark.slow
async def test_a_deal_that_is_open_again_after_it_was_lost_is_in_its_owners_inbox(morning: Client) -> None:
    email = "robin@again-works.io"
    await morning.submit("demo", email=email, **VP)
    await morning.settle()
    lead = await morning.lead(email)
    rep = str(lead["owner"])
    await morning.sales({"type": "deal_opened", "lead": email, "by": rep, "deal": "D-1", "at": "2026-08-05T14:10:00Z"})
    await morning.sales(
        {"type": "deal_lost", "lead": email, "by": rep, "deal": "D-1", "reason": "timing", "at": "2026-08-05T14:20:00Z"}
    )
    await morning.settle()
    assert await inbox(morning, rep) == {}
    await morning.sales({"type": "deal_opened", "lead": email, "by": rep, "deal": "D-1", "at": "2026-08-05T14:30:00Z"})
    await morning.settle()
    assert (await morning.lead(email))["stage"] == "opportunity"
    assert (await inbox(morning, rep))[lead["id"]]["state"] == "accepted"


@pytest.mark.slow
async def test_an_attempt_that_is_logged_twice_is_one_attempt_everywhere(morning: Client) -> None:
    await morning.submit("demo", email="robin@twice-told.io", **VP)
    await morning.settle()
    lead = await morning.lead("robin@twice-told.io")
    await morning.advance(hours=1)
    now = datetime.fromisoformat((await morning.http.get("/lab/now")).json()["now"])
    call = {"type": "contact_attempted", "lead": lead["id"], "by": lead["owner"], "channel": "call"}
    times = [now - timedelta(minutes=minutes) for minutes in (30, 20, 20, 20)]
    await morning.sales(*({**call, "at": at.isoformat(), "id": f"log-{n}"} for n, at in enumerate(times)))
    await morning.settle()
    assert await three_attempts(morning) == "running", "four reports, two attempts"
    await morning.sales({**call, "at": (now - timedelta(minutes=10)).isoformat()})
    await morning.settle()
    assert await three_attempts(morning) == "met"


async def three_attempts(client: Client) -> str | None:
    (clock,) = [one for one in (await client.lead("robin@twice-told.io"))["clocks"] if one["name"] == "three_attempts"]
    return clock["state"]
