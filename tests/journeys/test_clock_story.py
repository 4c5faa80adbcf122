"""Were the promises kept: reminders, breaches and corrections in the hours of whoever holds the lead."""

from datetime import UTC, datetime

import pytest

from testing.answers import ClockAnswer, LeadAnswer
from testing.house import Client

VP = {"first_name": "Robin", "last_name": "Hale", "title": "VP Sales"}


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 8, day, hour, minute, tzinfo=UTC)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def clock(lead: LeadAnswer, name: str) -> ClockAnswer:
    """The latest of this name."""
    return next(one for one in lead["clocks"] if one["name"] == name)


async def raise_hand(client: Client, email: str, **more: str) -> LeadAnswer:
    await client.submit("demo", email=email, **{**VP, "country": "US", "employees": "30", **more})
    await client.settle()
    return await client.lead(email)


@pytest.mark.slow
async def test_reminded_at_half_and_four_fifths_breached_at_the_end_and_put_right_by_an_earlier_stamp(
    client: Client,
) -> None:
    await client.advance(to=at(5, 14))
    rep = (await raise_hand(client, "robin@late.io"))["owner"]
    await client.advance(to=at(5, 18))
    lead = await client.lead("robin@late.io")
    assert (clock(lead, "first_touch")["state"], clock(lead, "first_touch")["charged"]) == ("breached", rep)
    story = [(instant(entry["at"]), entry["text"]) for entry in lead["timeline"] if "“first touch”" in entry["text"]]
    assert [(when, text.partition("“first touch” ")[2].partition(":")[0]) for when, text in reversed(story)] == [
        (at(5, 14), "started"),
        (at(5, 16), "reminded (50 %)"),
        (at(5, 17, 12), "reminded (80 %)"),
        (at(5, 18), "missed"),
    ]
    notices = {(notice["kind"], notice["to"]) for notice in lead["notices"]}
    assert ("breach", rep) in notices, "of a hot lead at once"
    assert ("reminder", rep) not in notices, "the card says it"
    assert ("breach", "manager:rep-grace") not in notices, "that is for the digest"

    call = {"type": "contact_attempted", "lead": "robin@late.io", "by": rep, "channel": "call"}
    await client.sales({**call, "at": at(5, 17).isoformat()})
    await client.settle()
    touch = clock(await client.lead("robin@late.io"), "first_touch")
    assert touch["stopped"]
    assert (touch["state"], instant(touch["stopped"])) == ("met", at(5, 17)), "the earliest stamp counts"


@pytest.mark.slow
async def test_what_closes_the_lead_ends_its_clocks_and_an_sdr_hands_on_under_a_clock_of_its_own(
    client: Client,
) -> None:
    await client.advance(to=at(5, 14))
    closed = await raise_hand(client, "robin@closed.io")
    handed = await raise_hand(client, "robin@handed.io")
    await client.sales(
        {"type": "disqualified", "lead": "robin@closed.io", "by": closed["owner"], "reason": "no_need"},
        {"type": "qualified", "lead": "robin@handed.io", "by": handed["owner"], "need": True, "budget": True,
         "timeline_months": 3},
    )  # fmt: skip
    await client.settle()
    lead = await client.lead("robin@closed.io")
    assert {one["name"]: one["state"] for one in lead["clocks"]} == {
        "routed": "met", "accepted": "met", "first_touch": "void", "lead_touch": "void", "three_attempts": "void",
    }  # fmt: skip
    lead = await client.lead("robin@handed.io")
    assert (lead["stage"], lead["assignments"][-1]["pool"]) == ("sql", "mid-na")
    touch = clock(lead, "ae_touch")
    assert (touch["holder"], touch["state"], instant(touch["due"])) == (lead["owner"], "running", at(6, 14))


@pytest.mark.slow
async def test_due_times_keep_the_hours_of_who_holds_the_lead(client: Client) -> None:
    await client.advance(to=at(8, 14))  # a Saturday, 16:00 in Berlin
    await client.sales({"type": "availability", "rep": "rep-kate", "state": "away"})
    await client.settle()
    germany = await raise_hand(client, "robin@rheinstahl.example", country="DE", employees="2400")
    assert germany["owner"] == "rep-tom", "on call in Berlin"
    assert instant(clock(germany, "first_touch")["due"]) == at(10, 11), "Monday 13:00 in Berlin"
    america = await raise_hand(client, "robin@weekend.io")
    assert america["owner"] == "rep-ana"
    assert instant(clock(america, "first_touch")["due"]) == at(10, 17), "Monday 13:00 in New York"
    assert instant(clock(america, "accepted")["due"]) == at(11, 13), "one business day from the next opening"
    assert {notice["kind"] for notice in america["notices"]} == {"assignment"}
