"""How good a lead is, through the front door: the worked example, a late event, machines and disqualifiers."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest

from testing.events import NOON
from testing.house import Client

MO, LI = "mo@quiet-river.io", "li@quiet-lake.io"
STORY = (
    (0, "Demo Requested", None),
    (0, "Pricing Viewed", None),
    (1, "Pricing Viewed", None),
    (5, "Webinar Attended", "A"),
    (6, "Case Study Viewed", "A"),
    (70, "Blog Read", "A"),
)
BALANCES = {0: 80, 1: 80, 5: 100, 6: 100, 65: 100, 66: 50, 70: 55, 71: 55, 129: 55, 130: 27, 160: 0}


async def send(
    client: Client,
    who: str,
    name: str,
    asset: str | None = None,
    *,
    properties: Mapping[str, str] | None = None,
    user_agent: str | None = None,
    at: datetime | None = None,
    now: datetime = NOON,
) -> None:
    about = {"asset": asset} if asset else {}
    context = {"traits": {"email": who}, **({"userAgent": user_agent} if user_agent else {})}
    times = {"timestamp": at.isoformat(), "sentAt": now.isoformat()} if at else {}
    await client.track(
        type="track", event=name, userId=who, messageId=f"m-{len(client.answers)}",
        properties={**about, **(properties or {})}, context=context, **times,
    )  # fmt: skip


async def engagement(client: Client, who: str) -> int:
    """The balance, which is the sum of its lines."""
    score = (await client.lead(who))["score"]
    assert sum(line["points"] for line in score["lines"] if line["part"] == "engagement") == score["engagement"]
    return score["engagement"]


async def answered_the_phone(client: Client, who: str) -> None:
    """No clock runs any more."""
    await client.settle()
    await client.sales({"type": "connected", "lead": who, "by": (await client.lead(who))["owner"]})


async def test_the_worked_example_as_history_balances_on_each_day(client: Client) -> None:
    began = NOON - timedelta(days=170)
    for day, name, asset in STORY:
        await send(client, MO, name, asset, at=began + timedelta(days=day))
    await client.settle()
    lead = await client.lead(MO)
    lines = [line for line in lead["score"]["lines"] if line["part"] == "engagement"]
    balances = {
        day: sum(line["points"] for line in lines if datetime.fromisoformat(line["at"]) <= began + timedelta(days=day))
        for day in BALANCES
    }
    assert balances == BALANCES
    assert (lead["notices"], lead["assignments"], lead["clocks"]) == ([], [], []), "no page, no turn, no clock"


@pytest.mark.chaos
@pytest.mark.slow
async def test_a_late_event_undoes_a_decay_and_pages_nobody(client: Client) -> None:
    seen = {}
    for day in (0, 1, 5, 6, 65, 66, 70, 71):
        await client.advance(to=NOON + timedelta(days=day))
        for at, name, asset in STORY:
            if at == day:
                await send(client, LI, name, asset)
        for spoken in {0: (0,), 6: (14, 28, 42, 56)}.get(day, ()):
            await client.advance(to=NOON + timedelta(days=spoken))
            await answered_the_phone(client, LI)
        await client.settle()
        seen[day] = await engagement(client, LI)
    assert seen == {day: BALANCES[day] for day in seen}

    notices = len((await client.lead(LI))["notices"])
    await send(client, LI, "Case Study Viewed", "B", at=NOON + timedelta(days=64), now=NOON + timedelta(days=71))
    await client.settle()
    assert await engagement(client, LI) == 100, "day 70 is 100: the decay at 66 vanished"
    lead = await client.lead(LI)
    assert (lead["stage"], len(lead["notices"])) == ("sal", notices), "decay moved no stage, the past paged nobody"


@pytest.mark.slow
async def test_machines_are_worth_nothing_and_disqualified_people_are_nobodys(client: Client) -> None:
    clicks = [f"https://northwind.example/{page}" for page in "abc"]
    for link in clicks:
        await send(client, "gate@way.io", "Email Clicked", properties={"link": link, "mail": "spring"})
    await send(client, "open@way.io", "Email Opened", properties={"mail": "spring"},
               user_agent="Mozilla/5.0 (via ggpht.com GoogleImageProxy)")  # fmt: skip
    await send(client, "hand@way.io", "Email Clicked", properties={"link": clicks[0], "mail": "spring"})
    person = {"first_name": "Kim", "last_name": "Berg", "title": "VP Sales", "country": "United States"}
    await client.submit("demo", email="kim.berg@gmail.com", **person)
    await client.submit("demo", email="kim@contoso-metrics.example", **person)
    await client.submit("demo", email="kim@initech.example", **{**person, "title": "Marketing intern"})
    await client.submit("newsletter", email="asdf@brightpath.io", first_name="asdf", company="test")
    await client.settle()

    assert [await engagement(client, f"{who}@way.io") for who in ("gate", "open", "hand")] == [0, 0, 5]

    free = await client.lead("kim.berg@gmail.com")
    assert free["gate"]["fast_track"], "soft: no automatic MQL, but a raised hand goes to a person"
    assert free["assignments"][0]["pool"] == "triage-na"

    rival = await client.lead("kim@contoso-metrics.example")
    assert (rival["stage"], rival["status"], rival["assignments"]) == ("lead", "suppressed", [])
    assert rival["notices"] == [], "marketing reads of it in the morning"

    student = await client.lead("kim@initech.example")
    assert (student["stage"], student["status"], student["notices"]) == ("lead", "suppressed", [])
    assert student["score"]["total"] >= 60, "never an MQL, whatever the total"
    assert student["score"]["completeness"] == 100

    assert (await client.lead("asdf@brightpath.io"))["score"]["completeness"] == 30, "placeholders count 0"
