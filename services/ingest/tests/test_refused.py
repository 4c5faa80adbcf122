"""What was refused behind a 200 is read again: by the rules of today, or as a person put it right."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest
from httpx import AsyncClient
from pydantic import SecretStr
from services.ingest.tests.conftest import Keyring, Rows, Stream, client, ingest_app, kinds, typeform_signature

from events.leads import EngagementRecorded
from ingest.api.second_reading import read_again
from ingest.decide import Vocabulary, lead_id
from ingest.decide.resubmission import LARGEST_EVENT, complete, kept_raw
from ingest.decide.submissions import Track
from ingest.store import ClaimedReject
from runtime.database.connect import Database
from runtime.database.statement import statement
from runtime.service import Context
from testing.events import NOON

WHO: Mapping[str, object] = {"traits": {"email": "dana@acme.com"}}
DANA: Mapping[str, object] = {"type": "track", "event": "Demo Requested", "context": WHO}
NAMELESS: Mapping[str, object] = {"type": "track", "userId": "u1", "context": WHO}
SECRET = "s3cret"


async def refused(http: AsyncClient, keys: Keyring, bearer: dict[str, str], message: Mapping[str, object]) -> str:
    """The address of the row under which the message stands, after its sender was told 200."""
    sent = await http.post(
        "/v1/batch", json={"batch": [message], "sentAt": "2026-03-01T10:00:00Z"}, auth=(keys.write, "")
    )
    assert sent.json() == {"success": True}
    (item,) = (await http.get("/api/refused", headers=bearer)).json()["items"]
    return f"/api/refused/{item['id']}"


@pytest.mark.parametrize("name", [{"messageId": "m1"}, {}, {"messageId": "undefined"}])
async def test_a_message_that_is_put_right_is_taken_in_once_at_its_own_time(
    http: AsyncClient, keys: Keyring, stream: Stream, rows: Rows, bearer: dict[str, str], name: dict[str, str]
) -> None:
    row = await refused(http, keys, bearer, {**NAMELESS, **name})
    (held,) = await rows("reject")
    right = {"content": {**NAMELESS, **name, "event": "Demo Requested", "sentAt": "1999-01-01T00:00:00Z"}}
    answer = await http.post(f"{row}/release", json=right, headers=bearer)
    assert (answer.status_code, answer.json()["accepted"]) == (200, 1), answer.text
    events = await stream("leads")
    assert kinds(events) == [None, "demo_request"]
    assert events[0].subject == lead_id("dana@acme.com")
    engaged = events[1]
    assert isinstance(engaged, EngagementRecorded)
    assert abs(engaged.time - held["at"]) < timedelta(milliseconds=1), "when it came, not when it was released"
    assert (await http.post(f"{row}/release", json=right, headers=bearer)).status_code == 409
    (closed,) = (await http.get("/api/refused?closed=true", headers=bearer)).json()["items"]
    assert (closed["state"], closed["content"]) == ("released", None)
    assert len(await stream("leads")) == 2


async def test_a_release_that_is_cut_off_takes_a_message_without_an_id_in_once(
    http: AsyncClient, keys: Keyring, stream: Stream, bearer: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    row = await refused(http, keys, bearer, NAMELESS)
    right = {"content": {**NAMELESS, "event": "Demo Requested"}}

    async def cut(*_given: object) -> bool:
        raise ConnectionResetError

    with monkeypatch.context() as patched:
        patched.setattr("ingest.store.close_reject", cut)
        with pytest.raises(ConnectionResetError):
            await http.post(f"{row}/release", json=right, headers=bearer)
    assert (await http.post(f"{row}/drop", headers=bearer)).status_code == 409, "it is being released"
    answer = await http.post(f"{row}/release", json=right, headers=bearer)
    assert (answer.status_code, answer.json()["duplicates"]) == (200, 1)
    assert kinds(await stream("leads")) == [None, "demo_request"]


@pytest.mark.parametrize(
    ("body", "pointer", "reason"),
    [
        (None, "/event", "a track event without a name"),
        ({}, "/event", "a track event without a name"),
        ({"content": None}, "/event", "a track event without a name"),
        ({"content": {}}, "/type", "unknown type"),
        ({"content": {"type": "track", "event": "x"}}, "/userId", "neither userId nor anonymousId"),
        ({"content": {**DANA, "userId": "undefined", "timestamp": "soon"}}, "/timestamp", "/timestamp is no instant"),
        ({"content": {"type": "alias", "userId": "u1"}}, "/previousId", "an alias without previousId"),
        ({"content": {"type": "track", "userId": 1.5, "event": "x"}}, "", "an id is no whole number"),
    ],
)
async def test_what_is_refused_again_stays_where_it_is_with_the_reason(
    http: AsyncClient,
    keys: Keyring,
    stream: Stream,
    bearer: dict[str, str],
    body: object,
    pointer: str,
    reason: str,
) -> None:
    row = await refused(http, keys, bearer, NAMELESS)
    answer = await http.post(f"{row}/release", json=body, headers=bearer)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["pointer"], reason in error["detail"]) == (f"/content{pointer}", True), error
    (item,) = (await http.get("/api/refused", headers=bearer)).json()["items"]
    assert (item["state"], item["content"]) == ("open", NAMELESS)
    assert await stream("leads") == []


async def test_what_the_rules_of_today_can_read_needs_no_correction(
    http: AsyncClient, keys: Keyring, stream: Stream, database: Database, bearer: dict[str, str]
) -> None:
    row = await refused(http, keys, bearer, NAMELESS)
    async with database.begin() as tx:
        await tx.execute(
            statement("UPDATE reject SET raw = :raw"), {"raw": orjson.dumps({**DANA, "anonymousId": "a1"})}
        )
    assert (await http.post(f"{row}/release", headers=bearer)).status_code == 200
    assert kinds(await stream("leads")) == [None, "demo_request"]


async def test_a_response_of_a_provider_is_read_by_the_provider(
    context: Context, stream: Stream, bearer: dict[str, str]
) -> None:
    secrets = {"typeform/website": SecretStr(SECRET)}
    settings = context.settings.model_copy(update={"hook_secrets": secrets})
    response: dict[str, object] = {"form_id": "demo", "token": "t1", "answers": []}
    body = {"event_type": "form_response", "form_response": response}
    async with client(ingest_app(replace(context, settings=settings))) as http:
        raw = orjson.dumps(body)
        signed = {"typeform-signature": typeform_signature(raw, SECRET)}
        assert (await http.post("/hooks/typeform/website", content=raw, headers=signed)).status_code == 200
        (item,) = (await http.get("/api/refused", headers=bearer)).json()["items"]
        row = f"/api/refused/{item['id']}/release"
        wrong = await http.post(row, json={"content": {"form_response": {}}}, headers=bearer)
        assert (wrong.status_code, "/event_type" in wrong.json()["errors"][0]["detail"]) == (422, True)
        hidden = {**body, "form_response": {**response, "hidden": {"email": "dana@acme.com"}}}
        assert (await http.post(row, json={"content": hidden}, headers=bearer)).status_code == 200
    assert (await stream("leads"))[0].subject == lead_id("dana@acme.com")


BATCH: Mapping[str, object] = {"traits": {"email": "dana@acme.com"}, "campaign": {"name": "Spring"}}


async def test_a_message_is_released_with_what_its_batch_said_of_all(
    http: AsyncClient, keys: Keyring, stream: Stream, bearer: dict[str, str]
) -> None:
    """The batch's context stands under the message's own, and what the browser called itself."""
    message = {"type": "track", "userId": "u1", "context": {"campaign": {"name": "Summer"}}}
    sent = await http.post(
        "/v1/batch",
        json={"batch": [message], "context": BATCH},
        auth=(keys.write, ""),
        headers={"origin": "https://acme.com", "user-agent": "Mozilla/5.0 Dana"},
    )
    assert sent.json() == {"success": True}
    (item,) = (await http.get("/api/refused", headers=bearer)).json()["items"]
    context = {"userAgent": "Mozilla/5.0 Dana", **BATCH, "campaign": {"name": "Summer"}}
    assert item["content"] == {**message, "context": context}
    right = {"content": {**item["content"], "event": "Demo Requested"}}
    answer = await http.post(f"/api/refused/{item['id']}/release", json=right, headers=bearer)
    assert answer.status_code == 200, answer.text
    events = await stream("leads")
    assert events[0].subject == lead_id("dana@acme.com")
    engaged = events[1]
    assert isinstance(engaged, EngagementRecorded)
    assert engaged.data.campaign is not None
    assert (engaged.data.campaign.name, engaged.data.user_agent) == ("Summer", "Mozilla/5.0 Dana")


@pytest.mark.parametrize(
    ("message", "context", "agent", "kept"),
    [
        ({"a": 1}, {}, None, {"a": 1}),
        ({"a": 1, "context": {"b": 2}}, {"b": 2}, None, {"a": 1, "context": {"b": 2}}),
        ({"a": 1, "context": {"b": 2}}, {"b": 2, "c": 3}, None, {"a": 1, "context": {"b": 2, "c": 3}}),
        ({"a": 1}, {}, "Mozilla", {"a": 1, "context": {"userAgent": "Mozilla"}}),
        ({"a": 1}, {"userAgent": "app"}, "Mozilla", {"a": 1, "context": {"userAgent": "app"}}),
        ({"a": 1}, {"b": "x" * LARGEST_EVENT}, None, {"a": 1}),
    ],
)
def test_what_is_kept_of_a_message_can_be_read_alone(
    message: dict[str, object], context: dict[str, object], agent: str | None, kept: dict[str, object]
) -> None:
    assert orjson.loads(complete(message, context, agent)) == kept


def test_what_could_not_be_kept_is_put_aside_with_what_its_batch_said(vocabulary: Vocabulary) -> None:
    submission = Track(
        source="web", message_id="m1", channel="segment", name="x", context={"ip": "::1"}, user_agent="Mozilla",
        raw=b'{"type":"track","event":"x"}',
    )  # fmt: skip
    whole = {"type": "track", "event": "x", "context": {"userAgent": "Mozilla", "ip": "::1"}}
    assert orjson.loads(kept_raw(submission) or b"") == whole


def test_a_key_that_is_called_as_a_provider_is_read_as_a_key(vocabulary: Vocabulary) -> None:
    refused = ClaimedReject(1, NOON, "typeform", None, orjson.dumps({**DANA, "userId": "u1"}))
    assert isinstance(read_again(refused, None, vocabulary), Track)


async def test_only_admins_release_and_nobody_what_is_not_there(
    http: AsyncClient, keys: Keyring, bearer: dict[str, str]
) -> None:
    row = await refused(http, keys, bearer, NAMELESS)
    assert (await http.post(f"{row}/release")).status_code == 401
    key = {"authorization": f"Bearer {keys.server}"}
    assert (await http.post(f"{row}/release", headers=key)).status_code == 403
    assert (await http.post("/api/refused/99/release", headers=bearer)).status_code == 404
    assert (await http.post(f"{row}/release", json={"contents": {}}, headers=bearer)).status_code == 422
    assert (await http.post(f"{row}/drop", headers=bearer)).status_code == 200
    assert (await http.post(f"{row}/release", headers=bearer)).status_code == 409
