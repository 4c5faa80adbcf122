"""Spam and refused events: put aside, listed with reason and count, released or dropped by a person."""

import asyncio
from datetime import timedelta

import orjson
import pytest
from httpx import AsyncClient
from services.ingest.tests.conftest import Keyring, Rows, Stream, kinds

from agreement import Agreement
from events.leads import KnownFact
from ingest.decide import Vocabulary, lead_id
from ingest.decide.spam import SpamRules
from runtime.service import Context
from testing.events import NOON
from testing.waiting import eventually

DANA = lead_id("dana@acme.com")
FORM = {"email": "Dana@Acme.com", "first_name": "Dana", "company": "Acme", "title": "VP Sales", "country": "US"}
JSON = {"accept": "application/json"}


def facts(**values: str) -> list[KnownFact]:
    return [KnownFact(name=name, value=value, source="form", at=NOON) for name, value in values.items()]


@pytest.mark.parametrize(
    ("values", "message", "reason"),
    [
        ({"first_name": "Dana", "last_name": "Reyes", "company": "Booking.com"}, None, None),
        ({"first_name": "Dana", "company": "www.acme.com"}, "see https://acme.com/pricing", None),
        ({"name": "dana.reyes@acme.com"}, None, None),
        ({"name": "J.R. Smith"}, None, None),
        ({"first_name": "St.John", "last_name": "O'Brien-Meyer"}, None, None),
        ({"title": "VP of Guest Posting"}, None, None),
        ({"first_name": "https://bit.ly/x"}, None, "a link in the name"),
        ({"last_name": "Win at www.prizes.example"}, None, "a link in the name"),
        ({"name": "Cheap-Pills.shop/now"}, None, "a link in the name"),
        ({"first_name": "Dana", "last_name": "t.me/prizes"}, None, "a link in the name"),
        ({"first_name": "see prizes.de/x now"}, None, "a link in the name"),
        ({"first_name": "Dr.Dana", "last_name": "Reyes-Meyer M.Sc./MBA"}, None, None),
        ({"name": "Dana Reyes c/o Acme S.A."}, None, None),
        ({"first_name": "<a href=x>hi</a>"}, None, "markup in the name"),
        ({"name": "[url=x]hi[/url]"}, None, "markup in the name"),
        ({"company": "Best ONLINE CASINO"}, None, "the words 'online casino'"),
        ({"first_name": "Dana"}, "We offer SEO backlinks for you", "the words 'seo backlinks'"),
        ({"first_name": "Dana"}, "We offer SEO-\n Backlinks!", "the words 'seo backlinks'"),
        ({"first_name": "Dana"}, "Backlinks? We do SEO.", None),
    ],
)
def test_what_is_spam(agreement: Agreement, values: dict[str, str], message: str | None, reason: str | None) -> None:
    assert SpamRules(agreement.definitions.spam).reason(facts(**values), message) == reason


def test_an_agreement_without_lists_still_knows_links_and_markup(vocabulary: Vocabulary, agreement: Agreement) -> None:
    none = agreement.definitions.spam.model_copy(update={"words": (), "link_endings": ()})
    assert SpamRules(none).reason(facts(name="http://x"), "viagra") == "a link in the name"
    assert SpamRules(none).reason(facts(name="pills.shop"), "viagra") is None


async def test_a_trap_that_the_browser_filled_is_listed_and_released_by_a_person(
    http: AsyncClient, stream: Stream, bearer: dict[str, str]
) -> None:
    assert (await http.post("/f/demo", data={**FORM, "_gotcha": "12 Main St"}, headers=JSON)).status_code == 200
    assert await stream("leads") == []
    listed = (await http.get("/api/spam", headers=bearer)).json()
    (item,) = listed["items"]
    assert (item["source"], item["reason"], item["state"]) == ("form:demo", "honeypot", "open")
    assert item["content"]["fields"]["first_name"] == "Dana"
    (count,) = listed["counts"]
    assert (count["what"], count["reason"], count["source"], count["count"]) == ("spam", "honeypot", "form:demo", 1)
    answer = await http.post(f"/api/spam/{item['id']}/release", headers=bearer)
    assert (answer.status_code, answer.json()) == (200, {"id": item["id"], "accepted": 1, "duplicates": 0})
    captured, raised = await stream("leads")
    assert (captured.subject, captured.data.channel, raised.data.kind) == (DANA, "form:demo", "demo_request")
    assert raised.mode == "live"
    again = await http.post(f"/api/spam/{item['id']}/release", headers=bearer)
    assert again.status_code == 409
    assert len(await stream("leads")) == 2
    assert (await http.get("/api/spam", headers=bearer)).json() == {"items": [], "next": None, "counts": []}
    (closed,) = (await http.get("/api/spam?closed=true", headers=bearer)).json()["items"]
    assert (closed["state"], closed["content"]) == ("released", None)
    assert (closed["decided_by"].startswith("key "), closed["decided_by"].endswith(" (api)")) == (True, True)


async def test_spam_of_a_tracking_client_spares_its_neighbours_and_can_be_released(
    http: AsyncClient, keys: Keyring, stream: Stream, bearer: dict[str, str]
) -> None:
    pills = {"type": "identify", "userId": "u1", "messageId": "m1",
             "traits": {"email": "dana@acme.com", "name": "pills.shop"}}  # fmt: skip
    lee = {"type": "identify", "userId": "u2", "traits": {"email": "lee@acme.com", "name": "Lee"}}
    answer = await http.post("/v1/batch", json={"batch": [pills, lee]}, auth=(keys.write, ""))
    assert answer.json() == {"success": True}
    assert {event.subject for event in await stream("leads")} == {lead_id("lee@acme.com")}
    (item,) = (await http.get("/api/spam", headers=bearer)).json()["items"]
    assert (item["reason"], item["message_id"]) == ("a link in the name", "m1")
    await http.post(f"/api/spam/{item['id']}/release", headers=bearer)
    assert DANA in {event.subject for event in await stream("leads")}


async def test_spam_without_an_address_is_dropped_at_most(http: AsyncClient, bearer: dict[str, str]) -> None:
    await http.post("/f/demo", data={"message": "hi", "_gotcha": "x"}, headers=JSON)
    (item,) = (await http.get("/api/spam", headers=bearer)).json()["items"]
    path = f"/api/spam/{item['id']}"
    assert (await http.post(f"{path}/release", headers=bearer)).status_code == 409
    assert (await http.post(f"{path}/drop", headers=bearer)).json()["state"] == "dropped"
    assert (await http.post(f"{path}/drop", headers=bearer)).status_code == 404
    assert (await http.post("/api/spam/99/release", headers=bearer)).status_code == 404


async def test_what_was_refused_behind_a_200_is_listed_with_reason_and_count(
    http: AsyncClient, keys: Keyring, bearer: dict[str, str]
) -> None:
    nobody = {"type": "track", "event": "Demo Requested", "messageId": "m1"}
    await http.post("/v1/batch", json={"batch": [nobody, nobody | {"messageId": "m2"}]}, auth=(keys.write, ""))
    listed = (await http.get("/api/refused?limit=1", headers=bearer)).json()
    (item,) = listed["items"]
    assert (item["message_id"], item["content"]) == ("m2", nobody | {"messageId": "m2"})
    (count,) = listed["counts"]
    reason = "neither userId nor anonymousId"
    assert (count["what"], count["reason"], count["source"], count["count"]) == (
        "refused event", reason, "website", 2,
    )  # fmt: skip
    (older,) = (await http.get(f"/api/refused?after={listed['next']}", headers=bearer)).json()["items"]
    assert older["message_id"] == "m1"
    assert (await http.post(f"/api/refused/{older['id']}/drop", headers=bearer)).status_code == 200
    assert len((await http.get("/api/refused", headers=bearer)).json()["items"]) == 1


async def test_what_clients_throw_away_repeat_or_call_strangely_is_counted(
    http: AsyncClient, keys: Keyring, bearer: dict[str, str]
) -> None:
    seen = {"type": "track", "event": "Cart Viewed", "userId": "u1", "messageId": "m1"}
    for _ in range(2):
        await http.post("/v1/batch", json={"batch": [seen]}, auth=(keys.write, ""))
    await http.post("/v1/batch", json={"batch": [seen]}, auth=("wk_wrong", ""))
    await http.post("/v1/batch", content=b"{", auth=(keys.write, ""))
    await http.post("/f/demo", data={"email": "nobody"}, headers=JSON)

    strangers = [{"type": "connected", "lead": "stranger@acme.com"}]
    for query in ("", "?partial=true"):
        await http.post(f"/sales{query}", json=strangers, headers=bearer)
    await http.post("/sales", json=strangers)
    expected = {
        ("duplicate", "was here before", "website"),
        ("unknown event", "cart viewed", "website"),
        ("refused request", "The write key is missing, unknown, or given twice with different values.", "/v1"),
        ("refused request", "The body cannot be read.", "/v1"),
        ("refused form", "Something in the request is not as it should be.", "form:demo"),
        ("refused request", "Something in the request is not as it should be. /lead", "/sales"),
        ("refused fact", "Something in the request is not as it should be. /lead", "/sales"),
        ("refused request", "A key is needed.", "/sales"),
    }

    async def complete() -> bool:
        counts = (await http.get("/api/refused", headers=bearer)).json()["counts"]
        return {(one["what"], one["reason"], one["source"]) for one in counts if one["count"] == 1} == expected

    await eventually(complete)


async def test_only_readers_see_it_and_only_admins_decide(http: AsyncClient, keys: Keyring) -> None:
    bearer = {"authorization": f"Bearer {keys.server}"}
    for path in ("/api/spam", "/api/refused"):
        assert (await http.get(path, headers=bearer)).status_code == 403
    assert (await http.post("/api/spam/1/release", headers=bearer)).status_code == 403
    assert (await http.post("/api/refused/1/drop")).status_code == 401


async def test_an_erased_person_is_gone_from_what_was_turned_away(
    http: AsyncClient, keys: Keyring, rows: Rows, bearer: dict[str, str]
) -> None:
    await http.post("/f/demo", data=FORM, headers=JSON)
    await http.post("/f/contact", data={**FORM, "_gotcha": "x"}, headers=JSON)
    shouted = {"type": "track", "context": {"traits": {"email": "DANA@ACME.COM"}}}
    await http.post("/v1/batch", json={"batch": [shouted]}, auth=(keys.write, ""))
    await http.post("/f/contact", data={"email": "lee@acme.com", "_gotcha": "x"}, headers=JSON)
    named = {"type": "track", "userId": "u1", "event": "Signed up DANA@acme.com"}
    await http.post("/v1/batch", json={"batch": [named]}, auth=(keys.write, ""))

    async def written() -> bool:
        return len(await rows("left_out")) == 1

    await eventually(written)
    assert len(await rows("reject")) == 3
    erase = {"specversion": "1.0", "id": "e1", "source": "crm", "type": "lead.erased", "subject": "dana@acme.com",
             "data": {}}  # fmt: skip
    sent = await http.post(
        "/events", content=orjson.dumps(erase), headers={**bearer, "content-type": "application/json"}
    )
    assert sent.status_code == 200, sent.text
    assert [row["source"] for row in await rows("reject")] == ["form:contact"]
    assert await rows("left_out") == []


async def test_it_is_forgotten_like_message_ids(http: AsyncClient, context: Context, rows: Rows) -> None:
    await http.post("/f/demo", data={**FORM, "_gotcha": "x"}, headers=JSON)
    context.clock.advance(NOON + timedelta(days=31))  # type: ignore[attr-defined]
    await asyncio.gather(http.post("/f/demo", data={"email": "lee@acme.com"}, headers=JSON))
    assert await rows("reject") == []


async def test_a_repeated_release_after_a_crash_doubles_nothing(
    http: AsyncClient, stream: Stream, bearer: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await http.post("/f/demo", data={**FORM, "_gotcha": "x"}, headers=JSON)

    async def broken(*_: object) -> bool:
        raise ConnectionResetError

    with monkeypatch.context() as patch:
        patch.setattr("ingest.store.close_reject", broken)
        with pytest.raises(ConnectionResetError):
            await http.post("/api/spam/1/release", headers=bearer)
    answer = await http.post("/api/spam/1/release", headers=bearer)
    assert answer.json() == {"id": 1, "accepted": 0, "duplicates": 1}
    assert kinds(await stream("leads")) == [None, "demo_request"]
