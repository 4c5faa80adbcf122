"""A rep says that she is away: whoever she leaves behind is not charged to her, and nobody new is given to her."""

from datetime import UTC, datetime

import pytest

from testing.answers import ClockAnswer, LeadAnswer
from testing.house import Client

VP = {"first_name": "Robin", "last_name": "Hale", "title": "VP Sales", "country": "US", "employees": "30"}


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 8, day, hour, tzinfo=UTC)


def clock(lead: LeadAnswer, name: str) -> ClockAnswer:
    return next(one for one in lead["clocks"] if one["name"] == name)


async def raise_hand(client: Client, email: str) -> LeadAnswer:
    await client.submit("demo", email=email, **VP)
    await client.settle()
    return await client.lead(email)


@pytest.mark.slow
async def test_who_says_that_she_is_away_owes_nothing_until_she_is_back(client: Client) -> None:
    """Wednesday 10:00 in New York; she goes at noon, and is back on Friday at nine."""
    await client.advance(to=at(5, 14))
    lead = await raise_hand(client, "robin@before.io")
    rep = lead["owner"]
    assert datetime.fromisoformat(clock(lead, "first_touch")["due"]) == at(5, 18)
    leave = {"type": "availability", "rep": rep, "state": "away"}
    await client.sales({**leave, "from": at(5, 16).isoformat(), "until": at(7, 13).isoformat()})
    await client.settle()
    others = [await raise_hand(client, f"robin@after-{number}.io") for number in range(3)]
    assert rep not in {other["owner"] for other in others}
    (row,) = [row for row in others[0]["assignments"][0]["candidates"] if row["rep"] == rep]
    assert (row["eligible"], row["reason"]) == (False, "on leave from 2026-08-05, before the first touch is due")

    await client.advance(to=at(6, 20))
    lead = await client.lead("robin@before.io")
    touch = clock(lead, "first_touch")
    assert (touch["state"], lead["owner"]) == ("running", rep), "neither late nor given to somebody else"
    assert datetime.fromisoformat(touch["due"]) == at(7, 15), "two hours were left"
    assert any("due at another time for leave" in entry["text"] for entry in lead["timeline"])
    whole = clock(lead, "lead_touch")
    assert (whole["state"], whole["charged"]) == ("breached", "sales"), "the person waits all the same"

    await client.advance(to=at(7, 15))
    touch = clock(await client.lead("robin@before.io"), "first_touch")
    assert (touch["state"], touch["charged"]) == ("breached", rep)
