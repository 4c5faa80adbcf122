"""Spam reaches nobody; a person who was taken for it gets what they asked for once somebody releases them."""

import pytest
from typing_extensions import TypedDict

from testing.answers import LeadsAnswer
from testing.house import Client


class SpamItem(TypedDict):
    id: int
    reason: str


class SpamAnswer(TypedDict):
    items: list[SpamItem]


FORM = {"first_name": "Dana", "company": "Harborline.io", "title": "VP Sales", "country": "US"}


@pytest.mark.slow
async def test_a_trap_filled_by_the_browser_costs_a_visitor_nothing_but_time(client: Client) -> None:
    await client.submit(email="dana@harborline.io", **FORM, _gotcha="12 Main St")
    await client.submit(email="pills@harborline.io", **{**FORM, "first_name": "pills.shop"})
    await client.settle()
    assert (await client.get("/api/leads", LeadsAnswer))["items"] == []
    pills, dana = (await client.get("/api/spam", SpamAnswer))["items"]
    assert (dana["reason"], pills["reason"]) == ("honeypot", "a link in the name")
    await client.advance(hours=3)
    headers = {"authorization": f"Bearer {client.server_key}"}
    assert (await client.http.post(f"/api/spam/{dana['id']}/release", headers=headers)).status_code == 200
    await client.settle()
    lead = await client.lead("dana@harborline.io")
    assert (lead["stage"], lead["company"], len(lead["assignments"])) == ("mql", "Harborline.io", 1)
    assert [(notice["kind"], notice["channel"]) for notice in lead["notices"]][:1] == [("assignment", "slack")]
    assert {clock["started"] for clock in lead["clocks"]} == {lead["assignments"][0]["at"]}
    assert (await client.get("/api/spam", SpamAnswer))["items"] == [pills]
