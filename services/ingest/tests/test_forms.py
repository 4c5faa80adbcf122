"""POST /f/{form}: people without script, pages with script, machines, double clicks, nonsense."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TypedDict

import pytest
from httpx import ASGITransport, AsyncClient
from services.ingest.tests.conftest import Keyring, Rows, Stream, kinds
from starlette.types import ASGIApp

from ingest import intake, store
from ingest.api.forms import AGAIN_AFTER
from ingest.api.rate_limits import BURST, FormRates
from ingest.decide import Outcome, Registry, lead_id
from ingest.intake import PATIENCE
from runtime.clock import LaboratoryClock
from runtime.database.connection import Connection
from runtime.http.problems import Overloaded
from runtime.service import Context
from testing.waiting import eventually


class SentFields(TypedDict, total=False):
    """Ways in which httpx sends fields."""

    data: Mapping[str, str]
    json: Mapping[str, str]
    files: Mapping[str, tuple[str | None, str | bytes]]


DANA = lead_id("dana@acme.com")
JSON = {"accept": "application/json"}
PAGE = {"accept": "text/html,application/xhtml+xml"}


async def test_a_person_without_script_is_sent_on(http: AsyncClient, stream: Stream) -> None:
    answer = await http.post("/f/demo", data={"email": "dana@acme.com", "message": "Hi\r\nthere"}, headers=PAGE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/demo?thanks=1")
    captured, done = await stream("leads")
    assert captured.data.channel == "form:demo"
    assert (done.data.kind, done.data.text) == ("demo_request", "Hi\nthere")


@pytest.mark.parametrize(
    ("fields", "email", "facts"),
    [
        ("email=&email=dana@acme.com", "dana@acme.com", {}),
        ("email=dana@acme.com&email=", "dana@acme.com", {}),
        ("email=nobody&email=dana@acme.com&email=lee@acme.com", "dana@acme.com", {}),
        ("email=dana@acme.com&company=Thrice&company=", "dana@acme.com", {"company": "Thrice"}),
        ("email=dana@acme.com&company=Thrice&company=Thrice", "dana@acme.com", {"company": "Thrice"}),
        ("email=dana@acme.com&name=&name=A&name=%20", "dana@acme.com", {"name": "A"}),
        ("email=dana@acme.com&company=Thrice&organization=", "dana@acme.com", {"company": "Thrice"}),
        ("email=dana@acme.com&title=CRO&title=CEO", "dana@acme.com", {"title": "CRO"}),
        ("email=dana@acme.com&_gotcha=&_gotcha=", "dana@acme.com", {}),
    ],
)
async def test_of_fields_that_repeat_a_value_is_a_value(
    http: AsyncClient, stream: Stream, fields: str, email: str, facts: Mapping[str, str]
) -> None:
    headers = {**JSON, "content-type": "application/x-www-form-urlencoded"}
    assert (await http.post("/f/demo", content=fields, headers=headers)).json() == {"success": True}
    captured, _ = await stream("leads")
    assert captured.data.email == email
    assert {fact.name: fact.value for fact in captured.data.facts if fact.name != "email"} == facts


@pytest.mark.parametrize(("fields", "granted"), [("consent=0&consent=1", True), ("consent=&consent=", False)])
async def test_a_ticked_box_beside_its_hidden_field_is_ticked(
    http: AsyncClient, stream: Stream, fields: str, granted: bool
) -> None:
    headers = {**JSON, "content-type": "application/x-www-form-urlencoded"}
    await http.post("/f/newsletter", content=f"email=dana@acme.com&{fields}", headers=headers)
    _, consent, _ = await stream("leads")
    assert consent.data.granted is granted


async def test_a_page_with_script_gets_json_and_may_come_from_any_site(http: AsyncClient) -> None:
    answer = await http.post("/f/demo", data={"email": "dana@acme.com"}, headers={**JSON, "origin": "https://a.com"})
    assert answer.json() == {"success": True}
    assert answer.headers["access-control-allow-origin"] == "*"
    preflight = await http.options("/f/demo", headers={"origin": "https://a.com"})
    assert "content-type" in preflight.headers["access-control-allow-headers"]


@pytest.mark.parametrize(
    "how",
    [
        {"data": {"email": "dana@acme.com", "title": "CRO"}},
        {"json": {"email": "dana@acme.com", "title": "CRO"}},
        {"files": {"email": (None, "dana@acme.com"), "title": (None, "CRO"), "cv": ("cv.pdf", b"%PDF")}},
    ],
)
async def test_three_ways_to_send_a_form(http: AsyncClient, stream: Stream, how: SentFields) -> None:
    answer = await http.post("/f/contact", headers=JSON, **how)
    assert answer.status_code == 200, answer.text
    captured, done = await stream("leads")
    assert {fact.name: fact.value for fact in captured.data.facts} == {
        "email": "dana@acme.com",
        "title": "CRO",
    }
    assert done.data.kind == "contact_sales"


async def test_what_is_sent_again_because_its_answer_came_too_late_is_one_submission(
    http: AsyncClient, stream: Stream, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The transaction outlasts the door's patience and is committed all the same; the caller obeys `Retry-After`."""
    assert isinstance(context.clock, LaboratoryClock)
    refused, save = asyncio.Event(), store.save

    async def slowly(tx: Connection, registry: Registry, outcome: Outcome, now: datetime) -> None:
        await refused.wait()
        await save(tx, registry, outcome, now)

    with monkeypatch.context() as slow:
        slow.setattr(intake, "PATIENCE", 0.05)
        slow.setattr(store, "save", slowly)
        late = await http.post("/f/demo", data={"email": "dana@acme.com"}, headers=JSON)
        refused.set()
    assert (late.status_code, late.json()["detail"]) == (429, "the database is slow")

    async def kept() -> bool:
        return kinds(await stream("leads")) == [None, "demo_request"]

    await eventually(kept)
    waited = timedelta(seconds=PATIENCE + int(late.headers["retry-after"]))
    context.clock.advance(context.clock.instant + waited)
    assert (await http.post("/f/demo", data={"email": "dana@acme.com"}, headers=JSON)).status_code == 200
    assert kinds(await stream("leads")) == [None, "demo_request"]
    context.clock.advance(context.clock.instant + timedelta(seconds=AGAIN_AFTER))
    assert (await http.post("/f/demo", data={"email": "dana@acme.com"}, headers=JSON)).status_code == 200
    assert kinds(await stream("leads")) == [None, "demo_request", "demo_request"]


async def test_a_double_click_is_one_submission(http: AsyncClient, stream: Stream) -> None:
    form = {"email": "dana@acme.com", "company": "Acme"}
    answers = await asyncio.gather(*(http.post("/f/demo", data=form, headers=JSON) for _ in range(3)))
    assert [answer.status_code for answer in answers] == [200] * 3
    assert len(await stream("leads")) == 2


async def test_the_honeypot_thanks_and_keeps_it_as_spam(http: AsyncClient, stream: Stream, rows: Rows) -> None:
    answer = await http.post("/f/demo", data={"email": "dana@acme.com", "_gotcha": "x"})
    assert answer.status_code == 303
    assert await stream("leads") == []
    assert [(row["source"], row["reason"]) for row in await rows("reject")] == [("form:demo", "honeypot")]


async def test_earlier_visits_of_the_browser_are_the_leads(http: AsyncClient, keys: Keyring, stream: Stream) -> None:
    page = {"type": "page", "anonymousId": "a1", "properties": {"path": "/pricing"}}
    await http.post("/v1/batch", json={"batch": [page]}, auth=(keys.write, ""))
    await http.post("/f/demo", data={"email": "dana@acme.com", "anonymous_id": "a1"})
    assert kinds(await stream("leads")) == [None, "pricing_view", "demo_request"]


async def test_the_campaign_comes_from_hidden_fields_or_the_page(http: AsyncClient, stream: Stream) -> None:
    await http.post("/f/demo", data={"email": "dana@acme.com", "utm_campaign": "spring", "utm_source": "google"})
    page = {"referer": "https://www.acme.com/demo?utm_campaign=fall"}
    await http.post("/f/trial", data={"email": "dana@acme.com"}, headers=page)
    campaigns = [event.data.campaign.name for event in await stream("leads") if event.data.campaign]
    assert campaigns == ["spring", "spring", "fall"]


@pytest.mark.parametrize(
    ("target", "place"),
    [
        ("/thanks?x=1", "/thanks?x=1"),
        ("http://localhost/bye", "http://localhost/bye"),
        ("https://www.northwind.example/bye", "https://www.northwind.example/bye"),
        ("//evil.com", "/demo?thanks=1"),
        ("/\\evil.com", "/demo?thanks=1"),
        ("https://evil.com", "/demo?thanks=1"),
        ("https://northwind.example@evil.com", "/demo?thanks=1"),
        ("https://evilnorthwind.example/", "/demo?thanks=1"),
        ("javascript:alert(1)", "/demo?thanks=1"),
        ("https://[bad", "/demo?thanks=1"),
        ("/a\r\nset-cookie: x", "/demo?thanks=1"),
    ],
)
async def test_nobody_is_sent_to_strangers(http: AsyncClient, target: str, place: str) -> None:
    answer = await http.post("/f/demo", data={"email": "dana@acme.com", "_redirect": target})
    assert answer.headers["location"] == place
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("fields", [{}, {"email": ""}, {"email": "dana"}, {"email": "undefined@b.com"}])
async def test_without_an_address_the_form_says_what_to_fix(
    http: AsyncClient, stream: Stream, fields: Mapping[str, str | list[str]]
) -> None:
    answer = await http.post("/f/demo", data=fields, headers=JSON)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/email")
    page = await http.post("/f/demo", data=fields, headers=PAGE)
    assert page.status_code == 422
    assert "an e-mail address is needed" in page.text
    assert await stream("leads") == []


async def test_control_characters_and_nul_do_not_get_in(http: AsyncClient, stream: Stream) -> None:
    await http.post("/f/demo", data={"email": "dana@acme.com", "company": "Ac\0me\x07", "no\0te": "a\nb"})
    captured, done = await stream("leads")
    assert (captured.data.facts[1].name, captured.data.facts[1].value) == ("company", "Acme")
    assert done.data.text == "a\nb"


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"email=dana%40acme.com&x=" + b"a" * 9000, "application/x-www-form-urlencoded", 422),
        (b"email=dana%40acme.com&x=" + b"a" * 70_000, "application/x-www-form-urlencoded", 413),
        (b"&".join(b"f%d=1" % n for n in range(70)), "application/x-www-form-urlencoded", 400),
        (b"email=%ff", "application/x-www-form-urlencoded", 400),
        (b"email=\xff", "application/x-www-form-urlencoded", 400),
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"email": {"a": 1}}', "application/json", 422),
        (b'{"email": NaN}', "application/json", 400),
        (b"[" * 100 + b"]" * 100, "application/json", 400),
        (b"x", "multipart/form-data", 400),
        (b"--x\r\nbad", "multipart/form-data; boundary=x", 422),
        (b"<email/>", "application/xml", 415),
    ],
)
async def test_nonsense_is_refused_in_words(http: AsyncClient, body: bytes, kind: str, status: int) -> None:
    answer = await http.post("/f/demo", content=body, headers={**JSON, "content-type": kind})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text


@pytest.mark.parametrize("form", ["a b", "x" * 80, "-"])
async def test_a_form_has_a_plain_name(http: AsyncClient, form: str) -> None:
    assert (await http.post(f"/f/{form}", data={"email": "dana@acme.com"})).status_code in (404, 422)


async def test_a_write_key_is_optional_but_must_be_one(http: AsyncClient, keys: Keyring) -> None:
    form = {"email": "dana@acme.com"}
    assert (await http.post(f"/f/demo?key={keys.write}", data=form)).status_code == 303
    assert (await http.post("/f/demo", data={**form, "_key": keys.write})).status_code == 303
    assert (await http.post("/f/demo", data={**form, "_key": "wk_wrong"}, headers=JSON)).status_code == 401
    assert (await http.post("/f/demo", data={**form, "_key": keys.server}, headers=JSON)).status_code == 401


async def test_one_address_cannot_flood_a_form(asgi: ASGIApp) -> None:
    transport = ASGITransport(app=asgi, client=("203.0.113.9", 1))
    async with AsyncClient(transport=transport, base_url="http://localhost") as stranger:
        spam = [stranger.post("/f/demo", data={"_gotcha": "x"}, headers=JSON) for _ in range(100)]
        answers = await asyncio.gather(*spam)
        other = await stranger.post("/f/trial", data={"_gotcha": "x"}, headers=JSON)
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(answers) - len(refused) >= BURST
    assert {answer.headers["retry-after"] for answer in refused} == {"1"}
    assert other.status_code == 200


def test_a_form_opens_again_with_time() -> None:
    rates = FormRates()
    for _ in range(BURST):
        rates.count("demo", "203.0.113.9", now=0.0)
    with pytest.raises(Overloaded):
        rates.count("demo", "203.0.113.9", now=0.5)
    rates.count("demo", "203.0.113.9", now=1.0)
