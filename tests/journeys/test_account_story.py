"""One company, asked of every surface that shows it: its score, people, facts with sources, and the word of sales."""

import pytest
from typing_extensions import TypedDict

from testing.answers import FactAnswer
from testing.house import Client

pytestmark = pytest.mark.slow


class AccountScoreAnswer(TypedDict):
    total: int | None
    best: str | None
    engaged: int
    further: int


class PersonAnswer(TypedDict):
    id: str
    total: int


class AccountAnswer(TypedDict):
    company: str
    owner: str | None
    score: AccountScoreAnswer
    facts: list[FactAnswer]
    people: list[PersonAnswer]
    suppressed: dict[str, str | None] | None


async def test_the_people_of_a_company_are_worth_more_together(client: Client) -> None:
    for name in ("ann", "ben"):
        traits = {"email": f"{name}@delta-brook.io", "company": "Delta Brook"}
        await client.track(type="identify", userId=name, messageId=f"i-{name}", traits=traits)
        about = {"properties": {"asset": "retail"}, "context": {"traits": traits}}
        await client.track(type="track", event="Case Study Viewed", userId=name, messageId=f"m-{name}", **about)
    await client.track(
        type="identify", userId="cleo", messageId="i-cleo", traits={"email": "cleo@mail.delta-brook.io", "title": "CRO"}
    )
    await client.event(
        "company.changed.v1", "delta-brook.io", {"domain": "delta-brook.io", "facts": {"employees": 150}}
    )
    await client.settle()
    account = await client.get("/api/accounts/delta-brook.io", AccountAnswer)
    people = {one["id"]: one["total"] for one in account["people"]}
    assert people == {
        lead["id"]: lead["score"]["total"]
        for lead in [
            await client.lead(one) for one in ("ann@delta-brook.io", "ben@delta-brook.io", "cleo@mail.delta-brook.io")
        ]
    }
    assert sorted(people.values()) == [40, 40, 55], "25 for 150 employees; 15 each for a case study; 30 for a CRO"
    assert (account["score"]["total"], account["score"]["further"]) == (55 + 2 * 5, 2)
    facts = {fact["name"]: fact for fact in account["facts"]}
    assert (facts["employees"]["value"], facts["employees"]["source"]) == (150, "enrichment")
    assert facts["company"]["value"] == "Delta Brook"
    for who in ("ann@delta-brook.io", "cleo@mail.delta-brook.io"):
        shown = {fact["name"]: fact for fact in (await client.lead(who))["facts"]}
        assert shown["employees"] == facts["employees"], "the lead shows the fact of its company, source and time alike"
    bearer = {"authorization": f"Bearer {client.server_key}"}
    page = (await client.http.get("/accounts/delta-brook.io", headers=bearer)).text
    assert "65<small>account score" in page
    lead_page = (await client.http.get(f"/leads/{account['people'][0]['id']}", headers=bearer)).text
    assert 'href="/accounts/delta-brook.io"' in lead_page
    await client.sales({"type": "suppressed", "account": "delta-brook.io", "by": "rep-dan"})
    await client.settle()
    account = await client.get("/api/accounts/delta-brook.io", AccountAnswer)
    assert account["suppressed"] is not None
    assert account["suppressed"]["by"] == "rep-dan"
