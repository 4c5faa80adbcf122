"""What the accounts file and `company.changed` say of a company shows on its leads, with its source."""

import pytest

from testing.house import Client

pytestmark = pytest.mark.slow

EMAIL = "vera@juniper-labs.io"
VERA = {"first_name": "Vera", "company": "Juniper Labs", "title": "VP Sales"}


async def shown(client: Client, email: str) -> dict[str, tuple[object, str]]:
    await client.settle()
    return {fact["name"]: (fact["value"], fact["source"]) for fact in (await client.lead(email))["facts"]}


async def test_the_accounts_file_and_news_of_the_company_show_on_the_lead_with_their_source(client: Client) -> None:
    await client.submit("newsletter", email="jo@acme.example", first_name="Jo")
    facts = await shown(client, "jo@acme.example")
    assert facts["employees"][1] == facts["industry"][1] == "enrichment"
    await client.submit("newsletter", email=EMAIL, **VERA)
    news = {"domain": "juniper-labs.io", "facts": {"employees": 700, "industry": "SaaS"}, "source": "crm"}
    await client.event("company.changed.v1", "juniper-labs.io", news)
    facts = await shown(client, EMAIL)
    assert (facts["employees"], facts["industry"]) == ((700, "crm"), ("SaaS", "crm"))
    page = (await client.http.get(f"/leads/{EMAIL}", follow_redirects=True)).text
    assert "700" in page
