"""A word that names nobody identifies, links and deduplicates nobody, at every edge."""

from collections.abc import Mapping

import orjson
import pytest
from httpx import AsyncClient
from services.ingest.tests.conftest import Keyring, Rows, Stream, kinds

from events.leads import Campaign
from ingest.decide import lead_id

DANA, LEE = lead_id("dana@acme.com"), lead_id("lee@other.com")
WORDS = ("undefined", "null", "0", 0, "[object Object]", "NaN", "guest", "Undefined ", "{{user.id}}", "0.0")
Json = Mapping[str, object]


async def batch(http: AsyncClient, keys: Keyring, *messages: Json) -> None:
    answer = await http.post("/v1/batch", content=orjson.dumps({"batch": messages}), auth=(keys.write, ""))
    assert answer.status_code == 200


def identify(email: str, **ids: object) -> Json:
    return {"type": "identify", "traits": {"email": email}, **ids}


@pytest.mark.parametrize("name", ["userId", "anonymousId"])
@pytest.mark.parametrize("word", WORDS)
async def test_strangers_under_one_word_stay_two_leads(
    http: AsyncClient, keys: Keyring, stream: Stream, name: str, word: str | int
) -> None:
    await batch(http, keys, identify("dana@acme.com", **{name: word}), identify("lee@other.com", **{name: word}))
    events = await stream("leads")
    assert [(event.subject, event.type_name()) for event in events] == [
        (DANA, "lead.captured.v1"),
        (LEE, "lead.captured.v1"),
    ]


async def test_what_such_a_visitor_did_is_nobodys(http: AsyncClient, keys: Keyring, stream: Stream, rows: Rows) -> None:
    page = {"type": "page", "anonymousId": "undefined", "properties": {"path": "/pricing"}, "messageId": "p1"}
    await batch(http, keys, page, identify("dana@acme.com", anonymousId="undefined"))
    assert kinds(await stream("leads")) == [None]
    assert [(row.message_id, row.reason) for row in await rows("reject")] == [
        ("p1", "userId and anonymousId name nobody")
    ]


@pytest.mark.parametrize("word", ["undefined", "null", "", 0])
async def test_two_messages_with_such_an_id_are_two(
    http: AsyncClient, keys: Keyring, stream: Stream, word: str | int
) -> None:
    track = {"type": "track", "event": "Demo Requested", "userId": "u1", "messageId": word}
    await batch(http, keys, identify("dana@acme.com", userId="u1"), track)
    await batch(http, keys, track)
    assert kinds(await stream("leads")) == [None, "demo_request", "demo_request"]


async def test_an_alias_of_nobody_links_nothing(http: AsyncClient, keys: Keyring, stream: Stream) -> None:
    await batch(http, keys, identify("dana@acme.com", userId="u1"), identify("lee@other.com", userId="u2"))
    for user in ("u1", "u2"):
        await batch(http, keys, {"type": "alias", "userId": user, "previousId": "undefined"})
    assert [event.type_name() for event in await stream("leads")] == ["lead.captured.v1"] * 2


@pytest.mark.parametrize("address", ["undefined@acme.com", "null@acme.com", "NULL@acme.com", "nan@acme.com"])
async def test_an_address_of_nobody_is_no_address(
    http: AsyncClient, keys: Keyring, stream: Stream, address: str
) -> None:
    await batch(http, keys, identify(address, userId="u1"), identify(address, userId="u2"))
    await batch(http, keys, {"type": "identify", "userId": address, "traits": {}})
    assert (await http.post("/f/demo", data={"email": address})).status_code == 422
    assert await stream("leads") == []


async def test_a_mail_or_asset_without_a_name_is_no_duplicate(http: AsyncClient, keys: Keyring, stream: Stream) -> None:
    properties = {"email_id": "undefined", "asset": "null", "link": "https://a.com"}
    track = {"type": "track", "event": "Email Clicked", "userId": "u1", "properties": properties}
    await batch(http, keys, identify("dana@acme.com", userId="u1"), track)
    _, click = await stream("leads")
    assert (click.data.mail, click.data.asset, click.data.link) == (None, None, "https://a.com")


async def test_cloud_events_too(http: AsyncClient, keys: Keyring, stream: Stream) -> None:
    def event(number: int, id: str, **data: object) -> Json:
        fixed = {"specversion": "1.0", "source": "crm", "type": "engagement.recorded.v1"}
        return {
            **fixed,
            "id": id,
            "subject": "dana@acme.com",
            "data": {"kind": "demo_request", **data},
            "n": str(number),
        }

    named = {"mail": "null", "asset": "undefined", "campaign": {"source": "google", "referral": "undefined"}}
    body = orjson.dumps([event(1, "undefined", **named), event(2, "undefined", anonymous_id="null")])
    headers = {"content-type": "application/cloudevents-batch+json", "authorization": f"Bearer {keys.server}"}
    answer = await http.post("/events", content=body, headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"accepted": 2, "duplicates": 0})
    events = await stream("leads")
    assert kinds(events) == [None, "demo_request", "demo_request"]
    data = events[1].data
    assert (data.mail, data.asset, data.campaign) == (None, None, Campaign(source="google"))


async def test_such_a_word_is_no_deal_no_account_and_no_record(
    http: AsyncClient, keys: Keyring, stream: Stream, bearer: dict[str, str]
) -> None:
    """Else the deals of strangers are one deal, with one amount."""
    await batch(http, keys, identify("dana@acme.com", userId="u1"))
    deals = ("undefined", 0, " NULL ", "{{deal.id}}")
    facts = [{"type": "deal_won", "lead": "dana@acme.com", "deal": deal} for deal in deals]
    facts += [
        {"type": "suppressed", "account": "undefined"},
        {"type": "rejected", "lead": "dana@acme.com", "reason": "already_in_pipeline", "record": "null"},
    ]
    answer = await http.post("/sales?partial=true", json=facts, headers=bearer)
    pointers = [f"/{n}/deal" for n in range(len(deals))] + ["/4/account", None]
    assert [one["pointer"] for one in answer.json()["verdicts"]] == pointers
    (event,) = await stream("sales")
    assert (event.type, event.data.record) == ("sales.rejected.v1", None)


@pytest.mark.parametrize(
    ("record", "known"), [(" LEE@other.example", lead_id("lee@other.example")), (77, "77"), (" d-1 ", "d-1")]
)
async def test_the_record_that_a_rep_names_is_a_lead_by_its_address_or_a_deal(
    http: AsyncClient, keys: Keyring, stream: Stream, bearer: dict[str, str], record: str | int, known: str
) -> None:
    await batch(http, keys, identify("dana@acme.com", userId="u1"))
    rejected = {
        "type": "rejected",
        "lead": "dana@acme.com",
        "by": "rep-ana",
        "reason": "already_in_pipeline",
        "record": record,
    }
    assert (await http.post("/sales", json=rejected, headers=bearer)).status_code == 200
    (event,) = await stream("sales")
    assert event.data.record == known
