"""Promises of both sides over the whole house: who is charged, what is left of the budget, and what was told late."""

from datetime import UTC, datetime

import pytest
from typing_extensions import TypedDict

from testing.house import Client

VP = {"first_name": "Robin", "last_name": "Hale", "title": "VP Sales", "country": "US", "employees": "30"}


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 8, day, hour, minute, tzinfo=UTC)


class BudgetAnswer(TypedDict, total=False):
    left: int


class PromiseAnswer(TypedDict, total=False):
    name: str
    met: int
    total: int
    late: int
    colour: str | None
    budget: BudgetAnswer
    facts: str | None
    missed_leads: str


class LevelsAnswer(TypedDict):
    marketing: list[PromiseAnswer]
    sales: list[PromiseAnswer]


class StatusUpdateAnswer(TypedDict):
    name: str
    kind: str
    by: str


class StatusUpdatesAnswer(TypedDict):
    items: list[StatusUpdateAnswer]


class LeadEmail(TypedDict):
    email: str


class LeadEmails(TypedDict):
    items: list[LeadEmail]


class PartAnswer(TypedDict):
    seconds: float


class WaitAnswer(TypedDict):
    rep: str
    seconds: float
    parts: dict[str, float]


class SpeedAnswer(TypedDict):
    answered: int
    parts: list[PartAnswer]
    items: list[WaitAnswer]


async def level(client: Client, name: str) -> PromiseAnswer:
    answer = await client.get("/api/service-levels", LevelsAnswer, range="30d")
    (found,) = [one for one in answer["sales"] + answer["marketing"] if one["name"] == name]
    return found


@pytest.mark.slow
async def test_a_lead_passed_on_keeps_its_own_clock_and_a_late_report_is_listed(client: Client) -> None:
    await client.advance(to=at(5, 14))
    await client.submit("demo", email="robin@own.io", **VP)
    await client.settle()
    lead = await client.lead("robin@own.io")
    first, offer = lead["owner"], lead["assignments"][0]["id"]
    await client.advance(to=at(5, 16))
    await client.sales(
        {"type": "rejected", "lead": "robin@own.io", "by": first, "assignment": offer, "reason": "out_of_territory"}
    )
    await client.settle()
    second = (await client.lead("robin@own.io"))["owner"]
    assert second not in (None, first)
    await client.advance(to=at(5, 21))
    lead = await client.lead("robin@own.io")
    clocks = {(one["name"], one["holder"]): one for one in lead["clocks"]}
    own = clocks["lead_touch", "sales"]
    assert (own["level"], own["state"], own["charged"]) == ("lead", "breached", second)
    assert datetime.fromisoformat(own["started"]) <= at(5, 14, 1)
    assert own["agreement"]
    assert clocks["first_touch", second]["state"] == "breached"
    row = await level(client, "lead_touch")
    assert (row["met"], row["total"], row["colour"], row["budget"]["left"]) == (0, 1, "red", -1)

    await client.advance(to=at(7, 21))
    call = {"type": "contact_attempted", "lead": "robin@own.io", "by": second, "channel": "call"}
    await client.sales({**call, "at": at(5, 17).isoformat()})
    await client.settle()
    row = await level(client, "status_updated")
    assert (row["met"], row["total"], row["late"]) == (1, 2, 1), "the rejection was told at once"
    (late,) = (await client.get(row["facts"] or "", StatusUpdatesAnswer))["items"]
    assert (late["kind"], late["by"], late["name"]) == ("contact.attempted", second, "Robin Hale")
    assert [one["email"] for one in (await client.get(row["missed_leads"], LeadEmails))["items"]] == ["robin@own.io"]
    own = next(one for one in (await client.lead("robin@own.io"))["clocks"] if one["name"] == "lead_touch")
    assert own["state"] == "met", "the earliest stamp counts"
    speed = await client.get("/api/speed", SpeedAnswer, range="30d")
    (wait,) = speed["items"]
    assert (speed["answered"], wait["rep"]) == (1, second)
    assert wait["seconds"] == sum(wait["parts"].values()) == sum(one["seconds"] for one in speed["parts"])
    assert abs(wait["seconds"] - 3 * 3600) < 60
    assert (await client.http.get("/speed")).status_code == 200


class SurveyAnswer(TypedDict):
    outcome: str
    reason: str
    by: str


class DealAnswer(TypedDict):
    state: str
    survey: SurveyAnswer | None


@pytest.mark.slow
async def test_who_closed_a_deal_is_asked_for_its_survey_and_the_answer_stops_the_clock(client: Client) -> None:
    await client.advance(to=at(5, 14))
    await client.submit("demo", email="robin@won.io", **VP)
    await client.settle()
    lead = await client.lead("robin@won.io")
    deal = {"lead": "robin@won.io", "by": lead["owner"], "deal": "A/7"}
    await client.sales(
        {**deal, "type": "deal_opened", "amount": {"amount": 2500000, "currency": "USD"}}, {**deal, "type": "deal_won"}
    )
    await client.settle()
    lead = await client.lead("robin@won.io")
    clock = next(one for one in lead["clocks"] if one["name"] == "survey")
    assert (clock["state"], clock["holder"]) == ("running", deal["by"])
    await client.advance(to=at(6, 14))
    lead = await client.lead("robin@won.io")
    (notice,) = [one for one in lead["notices"] if one["kind"] == "survey"]
    assert notice["to"] == deal["by"]
    text = (await client.http.get(f"/api/outbox/{notice['id']}")).text
    assert "/survey/A%2F7" in text
    assert (await client.http.get("/survey/A%2F7")).status_code == 200
    await client.advance(to=at(6, 15))
    await client.sales({**deal, "type": "survey", "outcome": "won", "reason": "trust"})
    await client.settle()
    clock = next(one for one in (await client.lead("robin@won.io"))["clocks"] if one["name"] == "survey")
    assert (clock["state"], clock["cause"]) == ("met", "survey")
    shown = await client.get("/api/deals/A%2F7", DealAnswer)
    survey = shown["survey"]
    assert survey is not None
    assert (survey["outcome"], survey["reason"], survey["by"]) == ("won", "trust", deal["by"])
