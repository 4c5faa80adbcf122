"""The world's own words, through the front door: every service that shows a thing reads it alike."""

import pytest

from testing.answers import LeadAnswer
from testing.house import Client

READY = {"first_name": "Robin", "last_name": "Hale"}


async def demo(client: Client, email: str, **fields: str) -> LeadAnswer:
    await client.submit("demo", email=email, **{**READY, **fields})
    await client.settle()
    return await client.lead(email)


def fit(lead: LeadAnswer) -> dict[str, int]:
    return {line["rule"]: line["points"] for line in lead["score"]["lines"] if line["part"] == "fit"}


def fact(lead: LeadAnswer, name: str) -> object:
    return next(one["value"] for one in lead["facts"] if one["name"] == name)


@pytest.mark.slow
async def test_titles_industries_and_head_counts(client: Client) -> None:
    rows: tuple[tuple[dict[str, str], dict[str, int]], ...] = (
        ({"title": "Director of Student Success"}, {"seniority": 20}),
        ({"title": "VP, Internship Programs"}, {"seniority": 25}),
        ({"title": "Assistant to the Vice President"}, {"seniority": 5}),
        ({"title": "Vice-President, Sales"}, {"seniority": 25}),
        ({"industry": "COMPUTER_SOFTWARE"}, {"industry": 20}),
        ({"employees": "150.0"}, {"employees": 25}),
        ({"employees": "10k-50k"}, {"employees": 10}),
        ({"employees": "1.5k"}, {"employees": 10}),
        ({"employees": "< 50"}, {}),
    )
    codes = ("GOVERNMENT_ADMINISTRATION", "HIGHER_EDUCATION")
    for number, (fields, _) in enumerate(rows):
        await client.submit("demo", email=f"robin@firm-{number}.io", **{**READY, **fields})
    for number, code in enumerate(codes):
        await client.submit("demo", email=f"robin@excluded-{number}.io", **{**READY, "industry": code})
    await client.settle()
    for number, (fields, points) in enumerate(rows):
        lead = await client.lead(f"robin@firm-{number}.io")
        assert (fields, fit(lead), lead["gate"]["passed"]) == (fields, points, True)
    for number in range(len(codes)):
        lead = await client.lead(f"robin@excluded-{number}.io")
        assert (fit(lead), lead["gate"]["passed"], lead["owner"]) == ({"industry": -50}, False, None)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("country", "code", "region"),
    [("DEU", "DE", "emea"), ("The Netherlands", "NL", "emea"), ("Korea, Republic of", "KR", "apac")],
)
async def test_a_country_under_any_name_goes_to_its_region(
    client: Client, country: str, code: str, region: str
) -> None:
    lead = await demo(client, "robin@place.io", country=country, employees="30")
    assert fact(lead, "country") == code
    assert [offer["pool"] for offer in lead["assignments"]] == [f"smb-{region}"]


@pytest.mark.slow
async def test_a_country_that_is_not_served_is_known_by_every_name_and_an_unreadable_one_says_so(
    client: Client,
) -> None:
    for number, country in enumerate(("Russian Federation", "RUS", "Iran, Islamic Republic of")):
        lead = await demo(client, f"robin@far-{number}.io", country=country)
        assert (lead["gate"]["passed"], lead["owner"], lead["assignments"]) == (False, None, [])
        assert lead["timeline"][0]["text"] == "Nobody gets this lead: country we do not serve"
        assert "nobody gets this lead: country we do not serve" in (await client.http.get(f"/leads/{lead['id']}")).text
    listed = (await client.http.get("/api/places?place=nobody")).json()
    assert {one["why"] for one in listed["items"]} == {"unsupported_country"}, "the list of who is nobody's says why"
    assert listed["count"] == 3
    lead = await demo(client, "robin@atlantis.io", country="Atlantis")
    assert (lead["gate"]["passed"], [(one["name"], one["value"]) for one in lead["unclear"]]) == (
        True,
        [("country", "Atlantis")],
    )
    page = await client.http.get(f"/leads/{lead['id']}")
    assert "is no country that could be read" in page.text


@pytest.mark.slow
async def test_below_fifty_goes_to_the_small_and_ten_thousand_to_the_large(client: Client) -> None:
    small = await demo(client, "robin@small.io", country="US", employees="< 50")
    large = await demo(client, "robin@large.io", country="US", employees="10k-50k")
    assert [small["assignments"][0]["pool"], large["assignments"][0]["pool"]] == ["smb-na", "ent-na"]


@pytest.mark.slow
async def test_three_strangers_at_one_relay_are_three(client: Client) -> None:
    """The first has an open deal; nothing of the others is activity on it."""
    for domain, unclear in (("privaterelay.appleid.com", []), ("small-relay.io", ["company"])):
        first = await demo(client, f"ann@{domain}", company="Alpha GmbH", country="US", employees="30")
        rep = first["assignments"][-1]["rep"]
        await client.sales(
            {"type": "deal_opened", "lead": f"ann@{domain}", "by": rep, "deal": f"D-{domain}",
             "amount": {"amount": 100, "currency": "USD"}}
        )  # fmt: skip
        for who, company in (("bob", "Beta Inc"), ("cat", "Gamma Ltd")):
            lead = await demo(client, f"{who}@{domain}", company=company, country="US", employees="30")
            assert [one["name"] for one in lead["unclear"]] == unclear
            assert len(lead["assignments"]) == 1, "a lead of its own, offered to somebody"
            assert lead["assignments"][0]["rule"] in ("pool", "on_call"), "not as the deal of a stranger"


async def test_name_and_address_only_have_no_source(client: Client) -> None:
    traits = {"email": "dana@quiet.io", "name": "Dana Reed"}
    await client.track(type="identify", userId="u1", traits=traits)
    await client.settle()
    lead = await client.lead("dana@quiet.io")
    assert (lead["score"]["completeness"], lead["source"], lead["traffic"]) == (35, None, None)


@pytest.mark.slow
async def test_a_source_is_folded_and_its_traffic_classed(client: Client) -> None:
    for number, source in enumerate(("Google", " google ", "GOOGLE")):
        await client.submit("demo", email=f"robin@ads-{number}.io", utm_source=source, utm_medium="CPC", **READY)
    await client.settle()
    leads = [await client.lead(f"robin@ads-{number}.io") for number in range(3)]
    assert [(lead["source"], lead["traffic"]) for lead in leads] == [("google", "paid")] * 3


@pytest.mark.slow
async def test_a_reply_counts_once_per_message_and_an_automatic_one_never(client: Client) -> None:
    async def send(name: str, number: int, **properties: str) -> int:
        await client.track(
            type="track", event=name, userId="u1", messageId=f"{name}-{number}", properties=properties,
            context={"traits": {"email": "mo@quiet.io"}},
        )  # fmt: skip
        await client.settle()
        return (await client.lead("mo@quiet.io"))["score"]["engagement"]

    assert await send("Email Replied", 1, email_id="m0", auto_submitted="auto-replied") == 0
    assert await send("Email Replied", 2, email_id="m0", subject="Automatic reply: Your demo") == 0
    assert not (await client.lead("mo@quiet.io"))["gate"]["passed"]
    assert await send("Email Opened", 1, email_id="m1") == 2
    assert await send("Email Opened", 2, email_id="m1") == 2
    assert await send("Email Replied", 3, email_id="m1") == 27
    assert await send("Email Replied", 4, email_id="m1") == 27
