"""The stewards' queue: what is contradictory, unreadable or bad is asked about, decided, and leaves the queue."""

import pytest

from testing.answers import StewardDecisionsAnswer, StewardItem, StewardsAnswer
from testing.house import Client

pytestmark = pytest.mark.slow

EMAIL = "vera@juniper-labs.io"
VERA = {"first_name": "Vera", "company": "Juniper Labs", "title": "VP Sales", "country": "US", "employees": "120"}
BY = "data@northwind.example"


async def queue(client: Client) -> list[StewardItem]:
    await client.settle()
    answer = await client.get("/api/stewards", StewardsAnswer)
    assert answer["count"] == len(answer["items"])
    page = await client.http.get("/operations", headers={"authorization": f"Bearer {client.server_key}"})
    assert f"For stewards: {answer['count']}" in page.text
    return answer["items"]


async def decide(client: Client, item: str, **body: object) -> None:
    headers = {"authorization": f"Bearer {client.server_key}"}
    answer = await client.http.post(f"/api/stewards/{item}/decide", json={"by": BY, **body}, headers=headers)
    assert answer.status_code == 200, answer.text
    await client.settle()


async def decisions(client: Client) -> list[tuple[str, str, str | None]]:
    answer = await client.get("/api/stewards", StewardDecisionsAnswer, closed="true")
    assert all(one["decided_at"] for one in answer["items"])
    assert answer["count"] == len(answer["items"])
    return [(one["decision"], one["decided_by"], one["note"]) for one in answer["items"]]


async def test_two_sources_contradict_each_other_until_a_steward_pins_a_value(client: Client) -> None:
    await client.submit("newsletter", email=EMAIL, **VERA)
    facts = {"domain": "juniper-labs.io", "facts": {"employees": 9000, "country": "DE"}, "source": "enrichment"}
    await client.event("company.changed.v1", "juniper-labs.io", facts)
    country, employees = await queue(client)
    assert (country["item"], country["reason"], employees["item"]) == ("country", "conflict", "employees")
    assert [(one["value"], one["source"], one["counts"]) for one in employees["values"]] == [
        (9000, "enrichment", True),
        (120, "form", False),
    ]
    assert {(one["value"], one["source"], one["counts"]) for one in country["values"]} == {
        ("US", "form", True),
        ("DE", "enrichment", False),
    }, "also what the company's record says and does not decide"
    await decide(client, employees["id"], decision="pin", value=150, note="the group has 9000")
    await decide(client, country["id"], decision="drop")
    assert await queue(client) == []
    assert sorted(await decisions(client), key=str) == [("drop", BY, None), ("pin", BY, "the group has 9000")]
    lead = await client.lead(EMAIL)
    shown = {fact["name"]: (fact["value"], fact["source"]) for fact in lead["facts"]}
    assert (shown["employees"], shown["country"]) == ((150, "steward"), ("US", "form"))
    texts = [line["text"] for line in lead["timeline"]]
    assert f"{BY} decides about employees: employees corrected" in texts


async def test_an_unreadable_country_and_a_contradicting_name_are_asked_about(client: Client) -> None:
    await client.submit("demo", email=EMAIL, **{**VERA, "country": "Elbonia"})
    await client.submit("newsletter", email="kim@juniper-labs.io", **{**VERA, "company": "Umbrella Corp"})
    items = {one["item"]: one for one in await queue(client)}
    assert {name: one["reason"] for name, one in items.items()} == {"country": "unreadable", "company": "company_names"}
    await decide(client, items["country"]["id"], decision="pin", value="Canada")
    await decide(client, items["company"]["id"], decision="pin", values={"company": "Juniper Labs"})
    assert await queue(client) == []
    facts = {fact["name"]: fact["value"] for fact in (await client.lead(EMAIL))["facts"]}
    assert facts["country"] == "CA"
    assert (await client.lead("kim@juniper-labs.io"))["unclear"] == []


@pytest.mark.parametrize(
    ("decision", "status"),
    [({"decision": "fixed"}, "assigned"), ({"decision": "drop"}, "disqualified"),
     ({"decision": "pin", "values": {"phone": "+1 212 555 0100"}}, "assigned"),
     ({"decision": "pin", "values": {"employees": 30}}, "assigned")],
)  # fmt: skip
async def test_bad_data_waits_until_it_is_fixed_or_dropped(
    client: Client, decision: dict[str, object], status: str
) -> None:
    await client.advance(hours=2)
    await client.submit("demo", email=EMAIL, **VERA)
    await client.settle()
    offer = (await client.lead(EMAIL))["assignments"][-1]
    await client.sales({"type": "rejected", "lead": EMAIL, "assignment": offer["id"], "by": offer["rep"],
                        "reason": "bad_data", "note": "no such number"})  # fmt: skip
    (item,) = await queue(client)
    assert (item["item"], item["reason"], item["by"], item["note"]) == (
        "lead",
        "bad_data",
        offer["rep"],
        "no such number",
    )
    assert ("company", "Juniper Labs", "form") in {(one["name"], one["value"], one["source"]) for one in item["values"]}
    await decide(client, item["id"], **decision)
    await client.advance(minutes=2)
    lead = await client.lead(EMAIL)
    assert (lead["status"], len(lead["assignments"])) == (status, 2 if status == "assigned" else 1)
    assert await queue(client) == []
    assert [one[:2] for one in await decisions(client)] == [(decision["decision"], BY)]


async def test_one_that_is_known_already_waits_until_a_steward_names_its_record(client: Client) -> None:
    await client.advance(hours=2)
    await client.submit("demo", email="buyer@first-firm.io", **{**VERA, "company": "First Firm"})
    await client.settle()
    buyer = await client.lead("buyer@first-firm.io")
    owner = buyer["owner"]
    await client.sales({"type": "deal_opened", "lead": buyer["id"], "by": owner, "deal": 4711})
    await client.submit("demo", email=EMAIL, **VERA)
    await client.settle()
    offer = (await client.lead(EMAIL))["assignments"][-1]
    await client.sales({"type": "rejected", "lead": EMAIL, "assignment": offer["id"], "by": offer["rep"],
                        "reason": "already_in_pipeline"})  # fmt: skip
    (item,) = await queue(client)
    assert (item["item"], item["reason"], item["choices"]) == (
        *("lead", "already_in_pipeline"),
        ["pin", "fixed", "merge", "drop"],
    )
    page = await client.http.get("/operations", headers={"authorization": f"Bearer {client.server_key}"})
    assert 'data-takes="record">Merge</button>' in page.text
    await decide(client, item["id"], decision="merge", record="no-such-deal")
    assert [one["id"] for one in await queue(client)] == [item["id"]], "nobody owns such a record"
    await decide(client, item["id"], decision="merge", record=4711, note="their second address")
    assert await queue(client) == []
    lead = await client.lead(EMAIL)
    assert (lead["status"], lead["record"], lead["owner"]) == ("joined", buyer["id"], owner)
    assert any(notice["to"] == owner and notice["kind"] == "activity" for notice in lead["notices"])
    texts = [line["text"] for line in lead["timeline"]]
    assert f"{BY} decides: belongs to 4711" in texts
    assert any("no-such-deal is no record that somebody owns" in text for text in texts)
    assert ("merge", BY, "their second address") in await decisions(client)
    places = await client.http.get("/api/unowned", headers={"authorization": f"Bearer {client.server_key}"})
    assert places.json()["items"] == []
