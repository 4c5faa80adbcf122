"""One rule, one home: every place that shows a value shows the same one."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from agreement import load
from runtime.settings import Settings
from standalone.house import House
from testing.answers import LeadsAnswer
from testing.figures import FunnelAnswer
from testing.house import Client
from testing.terms import changed_agreement

EMAIL = "vera@juniper-labs.io"
WARM = {"first_name": "Robin", "last_name": "Hale", "title": "VP Sales", "country": "US", "employees": "120"}
LEARNED = datetime(2026, 8, 5, 11, tzinfo=UTC).isoformat()


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """Everybody asked for both channels: card and mail say the same."""
    both = [("  channels: [slack]", "  channels: [slack, email]")]
    return settings.model_copy(update={"agreement": changed_agreement(tmp_path, {"teams.yaml": both})})


def outbox_texts(house: House, folder: str) -> list[str]:
    """What was written to the outbox, as text."""
    files = (house.settings.data / "outbox" / folder).iterdir()
    return [path.read_text().replace("=\n", "") for path in files if path.is_file()]


@pytest.mark.slow
async def test_score_page_list_card_and_mail_name_the_same_company(house: House, client: Client) -> None:
    """The CRM says `Test`, which is no answer; the form says who it is."""
    await client.submit("newsletter", email=EMAIL, first_name="Vera", company="Acme Ltd", title="VP Sales")
    test = {"name": "company", "value": "Test", "source": "crm", "at": LEARNED}
    await client.event("lead.updated.v1", EMAIL, {"facts": [test]})
    await client.submit("demo", email=EMAIL, company="Acme Ltd")
    await client.settle()

    lead = await client.lead(EMAIL)
    offer = lead["assignments"][-1]
    decided = offer["snapshot"]["facts"]["company"]
    listed = next(
        row for row in (await client.get("/api/leads", LeadsAnswer, q=EMAIL))["items"] if row["email"] == EMAIL
    )
    shown = {fact["name"]: fact["value"] for fact in lead["facts"]}
    assert {decided, lead["company"], listed["company"], shown["company"]} == {"Acme Ltd"}
    page = (await client.http.get(f"/leads/{lead['id']}")).text
    assert "Acme Ltd" in page
    assert [card for card in outbox_texts(house, "slack") if "VP Sales · Acme Ltd" in card]
    assert [mail for mail in outbox_texts(house, "email") if "Acme Ltd" in mail]
    assert not [
        text
        for folder in ("slack", "email")
        for text in outbox_texts(house, folder)
        if "· Test" in text or "at Test" in text
    ]


async def test_a_stewards_correction_is_believed_everywhere(house: House, client: Client) -> None:
    await client.submit("demo", email=EMAIL, first_name="Vera", company="Acme Ltd", title="VP Sales")
    right = {"name": "company", "value": "Juniper Labs", "source": "steward", "at": LEARNED}
    await client.event("lead.updated.v1", EMAIL, {"facts": [right]})
    await client.settle()
    lead = await client.lead(EMAIL)
    assert lead["company"] == "Juniper Labs"
    assert [card for card in outbox_texts(house, "slack") if "VP Sales · Juniper Labs" in card], "the card is redrawn"


Claimed = tuple[str, object, str]
"""Name of a fact, its value, its source."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("address", "own", "recorded", "decided"),
    [
        (EMAIL, ("company", "Acme Ltd", "crm_human"), ("company", "Acme GmbH", "steward"), "Acme GmbH"),
        (EMAIL, ("country", "GB", "crm_human"), ("country", "DE", "steward"), "DE"),
        (EMAIL, ("country", "GB", "form"), ("country", "DE", "enrichment"), "GB"),
        (EMAIL, ("employees", 120, "form"), ("employees", 500, "enrichment"), 500),
        ("vera@acme.example", ("company", "Acme Holding", "enrichment"), None, "Acme Holding"),
    ],
)
async def test_whoever_knows_it_score_page_list_card_and_mail_name_the_same(
    house: House, client: Client, address: str, own: Claimed, recorded: Claimed | None, decided: object
) -> None:
    """The person's own sources, the company's record and the accounts file (`acme.example` is in it)."""
    name, value, source = own
    fact = {"name": name, "value": value, "source": source, "at": LEARNED}
    await client.event("lead.updated.v1", address, {"facts": [fact]})
    domain = address.partition("@")[2]
    if recorded:
        facts = {recorded[0]: recorded[1]}
        await client.event("company.changed.v1", domain, {"domain": domain, "facts": facts, "source": recorded[2]})
    await client.settle()
    await client.submit("demo", email=address, first_name="Vera", title="VP Sales")
    await client.settle()

    lead = await client.lead(address)
    scored = dict(lead["assignments"][-1]["snapshot"]["facts"])
    shown = {fact["name"]: (fact["value"], fact["source"]) for fact in lead["facts"]}
    source = recorded[2] if recorded and decided == recorded[1] else source
    assert shown[name] == (decided, source)
    assert scored[name] == decided
    for folder in ("slack", "email"):
        cards = [text for text in outbox_texts(house, folder) if "Vera" in text]
        assert [text for text in cards if str(decided) in text]
        assert not [text for text in cards if f"{name.capitalize()}: {value}" in text and value != decided]
    if name == "company":
        listed = (await client.get("/api/leads", LeadsAnswer, q=address))["items"]
        assert {row["company"] for row in listed} == {lead["company"]} == {decided}
        assert [card for card in outbox_texts(house, "slack") if str(decided) in card.partition('"blocks"')[0]]


@pytest.mark.slow
async def test_why_a_lead_was_not_routed_stands_on_its_page(client: Client) -> None:
    """Each step that was passed over, with its reason, although nobody got the lead."""
    await client.submit("newsletter", email="ned@larch-works.io", first_name="Ned", title="Analyst")
    await client.advance(hours=1)
    lead = await client.lead("ned@larch-works.io")
    assert lead["owner"] is None
    steps = {step["rule"]: step["why"] for step in lead["passed"]}
    assert {"nobody", "open_opportunity", "already_owned", "pool"} <= steps.keys()
    assert all(steps.values())
    page = (await client.http.get(f"/leads/{lead['id']}")).text
    assert steps["pool"] in page


@pytest.mark.slow
async def test_why_a_lead_waits_for_the_shift_stands_on_its_page_until_somebody_has_it(client: Client) -> None:
    """Eight in New York: nobody of its pool is on shift."""
    email = "warm@night-two.io"
    await client.submit("case-study", email=email, **WARM, asset="Retail")
    await client.settle()
    lead = await client.lead(email)
    assert (lead["status"], lead["owner"]) == ("waiting_for_shift", None)
    last = lead["passed"][-1]
    assert (last["rule"], "off shift" in last["why"]) == ("pool", True)
    assert {(row["rep"], row["reason"]) for row in lead["candidates"]} >= {("rep-dan", "off shift")}
    page = (await client.http.get(f"/leads/{lead['id']}")).text
    assert "It waits for the next shift" in page
    assert f"pool: {last['why']}" in page

    await client.advance(hours=1)
    lead = await client.lead(email)
    assert (lead["status"], lead["passed"], lead["candidates"]) == ("assigned", [], [])
    assert "Why nobody has it" not in (await client.http.get(f"/leads/{lead['id']}")).text


@pytest.mark.slow
async def test_why_nobody_can_take_a_lead_stands_on_its_page(house: House, client: Client) -> None:
    """Everybody is away, and operations hears of it."""
    away = {"type": "availability", "state": "away", "until": "2026-09-01T00:00:00Z"}
    for rep in load(house.settings.agreement).teams.reps:
        await client.sales({**away, "rep": rep.id})
    await client.settle()
    email = "warm@nobody.io"
    await client.submit("case-study", email=email, **WARM, asset="Retail")
    await client.settle()
    lead = await client.lead(email)
    assert (lead["stage"], lead["status"], lead["owner"]) == ("mql", "new", None)
    assert lead["passed"][-1]["why"] == "nobody in mid-na can take it now: Dan Kowalski away, Elena Petrova away"
    page = (await client.http.get(f"/leads/{lead['id']}")).text
    assert "It is with nobody yet" in page
    assert lead["passed"][-1]["why"] in page
    assert "Nothing was decided yet" not in page


@pytest.mark.slow
async def test_score_funnel_list_and_page_name_the_same_source(client: Client) -> None:
    """A newsletter form first, which says of no campaign; then a demo that came by an advertisement."""
    await client.submit("newsletter", email=EMAIL, first_name="Vera")
    await client.settle()
    assert (await client.lead(EMAIL))["source"] == "form:newsletter", "nobody named a source so far"
    campaign = {"source": "google", "name": "spring"}
    await client.track(type="track", userId=EMAIL, event="Demo Requested", messageId="demo-1",
                       context={"campaign": campaign, "traits": {"email": EMAIL}})  # fmt: skip
    await client.settle()
    lead = await client.lead(EMAIL)
    snapshot = lead["assignments"][-1]["snapshot"]["facts"]
    assert (snapshot["source"], snapshot["campaign"]) == ("google", "spring"), "what scoring decided on"
    assert (lead["source"], lead["campaign"]) == ("google", "spring"), "the page"
    funnel = await client.get("/api/funnel", FunnelAnswer, by="source", range="30d")
    assert {row["key"] for row in funnel["groups"]} == {"google"}


@pytest.mark.slow
async def test_a_scanners_click_counts_nowhere(client: Client) -> None:
    """No points, no touch to be credited, and no line on the card."""
    await client.submit("demo", email=EMAIL, first_name="Vera", company="Acme Ltd", title="VP Sales")
    await client.settle()
    before = (await client.lead(EMAIL))["score"]["total"]
    await client.track(type="track", userId=EMAIL, event="Email Link Clicked", messageId="click-1",
                       properties={"user_agent": "proofpoint", "link": "https://northwind.example/a"},
                       context={"traits": {"email": EMAIL}})  # fmt: skip
    await client.settle()
    lead = await client.lead(EMAIL)
    assert lead["score"]["total"] == before
    assert [entry["text"] for entry in lead["timeline"] if entry["text"].endswith("(a machine)")]
