"""/v1/*: what recorded clients send is taken, 200 means committed, and 4xx only where the lot is to be dropped."""

import base64
import gzip
import json
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson
import pytest
from httpx import USE_CLIENT_DEFAULT, AsyncClient, Response
from services.ingest.tests.conftest import Keyring, Rows, Stream, kinds

from ingest.decide import lead_id

DANA = lead_id("dana@acme.com")
TRACK = {"type": "track", "event": "Demo Requested", "userId": "u1", "messageId": "m1"}
IDENTIFY = {"type": "identify", "userId": "u1", "traits": {"email": "dana@acme.com"}}


@dataclass
class TrackingPost:
    """Posts as a tracking client does, with its write key."""

    http: AsyncClient
    key: str

    async def __call__(self, path: str, body: object, *, key: str | None = None, **headers: str) -> Response:
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        return await self.http.post(path, content=content, auth=(key or self.key, ""), headers=headers)


@pytest.fixture
def post(http: AsyncClient, keys: Keyring) -> TrackingPost:
    return TrackingPost(http, keys.write)


async def test_a_batch_is_kept_and_answered_with_200(post: TrackingPost, stream: Stream) -> None:
    answer = await post("/v1/batch", {"batch": [IDENTIFY, TRACK]})
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert kinds(await stream("leads")) == [None, "demo_request"]


async def test_a_repeat_is_kept_once(post: TrackingPost, stream: Stream) -> None:
    for _ in range(3):
        assert (await post("/v1/batch", {"batch": [IDENTIFY | {"messageId": "m0"}, TRACK]})).status_code == 200
    assert len(await stream("leads")) == 2


@pytest.mark.parametrize("path", ["/v1/i", "/v1/identify", "/beacon/v1/identify", "/api/s/identify"])
async def test_single_calls_by_every_name(post: TrackingPost, stream: Stream, path: str) -> None:
    body = {name: value for name, value in IDENTIFY.items() if name != "type"}
    assert (await post(path, body)).status_code == 200
    assert [event.subject for event in await stream("leads")] == [DANA]


@pytest.mark.parametrize("letter", ["t", "p", "s", "g", "a", "b", "import"])
async def test_the_other_letters(post: TrackingPost, letter: str) -> None:
    body = {"userId": "u1", "event": "x", "groupId": "g", "previousId": "p", "batch": []}
    assert (await post(f"/v1/{letter}", body)).status_code == 200


@pytest.mark.parametrize(
    "way", ["basic", "basic without colon", "body", "query", "header", "server key", "bearer and body"]
)
async def test_the_key_may_stand_anywhere(http: AsyncClient, keys: Keyring, way: str) -> None:
    def basic(text: str) -> str:
        return f"Basic {base64.b64encode(text.encode()).decode()}"

    headers: dict[str, str] = {}
    query = ""
    body: dict[str, object] = {"batch": [TRACK]}
    match way:
        case "basic":
            headers = {"authorization": basic(f"{keys.write}:")}
        case "basic without colon":
            headers = {"authorization": basic(keys.write)}
        case "body":
            body |= {"writeKey": keys.write}
        case "query":
            query = f"?writeKey={keys.write}"
        case "header":
            headers = {"x-write-key": keys.write}
        case "server key":
            headers = {"authorization": f"Bearer {keys.server}"}
        case "bearer and body":
            headers, body = {"authorization": "Bearer oauth"}, body | {"writeKey": keys.write}
    answer = await http.post(f"/v1/batch{query}", content=orjson.dumps(body), headers=headers)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("key", [None, "wk_wrong", "", "\0"])
async def test_a_wrong_key_is_401_in_the_clients_shape(http: AsyncClient, key: str | None) -> None:
    auth = (key, "") if key is not None else USE_CLIENT_DEFAULT
    answer = await http.post("/v1/batch", json={"batch": [TRACK]}, auth=auth)
    assert answer.status_code == 401
    assert set(answer.json()) == {"code", "message"}


async def test_keys_that_disagree_are_refused(post: TrackingPost, keys: Keyring, stream: Stream) -> None:
    assert (await post("/v1/batch", {"batch": [IDENTIFY], "writeKey": keys.other})).status_code == 401
    assert (await post(f"/v1/batch?writeKey={keys.other}", {"batch": [IDENTIFY]})).status_code == 401
    assert await stream("leads") == []


async def test_sources_do_not_share_message_ids(post: TrackingPost, keys: Keyring, stream: Stream) -> None:
    for key in (keys.write, keys.other):
        await post("/v1/batch", {"batch": [TRACK | {"userId": "dana@acme.com"}]}, key=key)
    assert len(await stream("leads")) == 3


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"type": "track", "userId": "u"}, "a track event without a name"),
        ({"type": "track", "event": "x"}, "neither userId nor anonymousId"),
        ({"type": "track", "event": "x", "userId": None, "anonymousId": ""}, "neither userId nor anonymousId"),
        (
            {"type": "track", "event": "x", "userId": 2.0**70},
            "an id is no whole number, or too large a one: send it as text",
        ),
        ({"type": "alias", "userId": "u"}, "an alias without previousId"),
        ({"type": "group", "userId": "u"}, "a group without groupId"),
        ({"type": "delete", "userId": "u"}, "unknown type"),
        ({"userId": "u"}, "unknown type"),
        ("text", "not an object"),
        (None, "not an object"),
        ({**TRACK, "messageId": "m" * 101}, "messageId over 100 characters"),
        ({**TRACK, "messageId": 7}, "messageId is not a text"),
        ({**TRACK, "timestamp": 17}, "/timestamp is no instant"),
        ({**TRACK, "originalTimestamp": "yesterday"}, "/originalTimestamp is no instant"),
        ({**TRACK, "originalTimestamp": 0}, "/originalTimestamp is no instant"),
        ({**TRACK, "properties": {"x": "y" * 33_000}}, "larger than 32768 bytes"),
    ],
)
async def test_what_cannot_be_kept_is_recorded_and_its_neighbours_pass(
    post: TrackingPost, stream: Stream, rows: Rows, message: object, reason: str
) -> None:
    answer = await post("/v1/batch", {"batch": [message, IDENTIFY]})
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert [row["reason"] for row in await rows("reject")] == [reason]
    assert len(await stream("leads")) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"batch": {}}',
        b'{"batch": NaN}',
        b'{"batch"',
        b"[" * 1000,
        b'{"batch": [' + b"[" * 40 + b"]" * 40 + b"]}",
        orjson.dumps({"batch": [None] * 2501}),
        orjson.dumps({"batch": [], "x": "y" * 512_001}),
    ],
)
async def test_what_is_no_batch_is_400_in_the_clients_shape(post: TrackingPost, body: bytes) -> None:
    answer = await post("/v1/batch", body)
    assert answer.status_code == 400
    assert set(answer.json()) == {"code", "message"}


async def test_gzip_whatever_the_content_type_says(post: TrackingPost, stream: Stream) -> None:
    raw = gzip.compress(orjson.dumps({"batch": [IDENTIFY]}))
    kinds = ("application/x-www-form-urlencoded", "text/plain", "application/json")
    for kind in kinds:
        answer = await post("/v1/batch", raw, **{"content-encoding": "gzip", "content-type": kind})
        assert answer.status_code == 200
    assert (await stream("leads"))[0].subject == DANA


@pytest.mark.parametrize(
    "raw",
    [
        gzip.compress(b"0" * 50_000_000, 1),
        zlib.compress(b"[" * 10_000_000, 1),
        gzip.compress(b'{"batch": []}', mtime=0)[:-9],
        b"not gzip",
        b"",
    ],
)
async def test_bombs_and_broken_gzip_are_400(post: TrackingPost, raw: bytes) -> None:
    assert (await post("/v1/batch", raw, **{"content-encoding": "gzip"})).status_code == 400


async def test_a_body_in_chunks(http: AsyncClient, keys: Keyring, stream: Stream) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for byte in orjson.dumps({"batch": [IDENTIFY]}):
            yield bytes([byte])

    assert (await http.post("/v1/batch", content=chunks(), auth=(keys.write, ""))).status_code == 200
    assert len(await stream("leads")) == 1


async def test_nul_is_removed_and_strange_numbers_are_kept(post: TrackingPost, stream: Stream) -> None:
    odd = {"type": "track", "userId": 42, "event": "x\0y", "properties": {"n": 10**30, "f": -1e300, "k\0": "\0"}}
    batch = {"batch": [IDENTIFY | {"userId": "42"}, odd]}
    await post("/v1/batch", json.dumps(batch).encode())
    (_, event) = await stream("leads")
    assert (event.data.name, event.data.properties["k"]) == ("xy", "")


async def test_browsers_ask_first(http: AsyncClient, post: TrackingPost) -> None:
    """No cookies are involved: what a client asks for, it may send, whatever headers its next version adds."""
    names = "authorization, rsa-retry-attempt, rsa-retry-reason, rsa-since-first-attempt, rsa-recovered"
    origin = {"origin": "https://www.acme.com"}
    answer = await http.options("/v1/t", headers=origin | {"access-control-request-headers": names})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "https://www.acme.com"
    assert answer.headers["access-control-allow-headers"] == names
    assert "access-control-allow-credentials" not in answer.headers
    assert answer.headers["vary"] == "Origin, Access-Control-Request-Headers"
    for name in ("authorization", "content-type", "x-retry-count", "anonymousid", "sentat", "x-write-key"):
        assert name in (await http.options("/v1/t", headers=origin)).headers["access-control-allow-headers"]
    refused = await post("/v1/t", b"{", origin="https://www.acme.com")
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (400, "https://www.acme.com")


async def test_settings_for_the_browser_client(http: AsyncClient, keys: Keyring) -> None:
    settings = (await http.get(f"/v1/projects/{keys.write}/settings")).json()
    assert settings["integrations"]["Segment.io"] == {
        "apiKey": keys.write,
        "apiHost": "localhost/v1",
        "protocol": "http",
    }
    assert settings["metrics"] == {"sampleRate": 0}, "its vendor is told nothing"
    assert (await http.get("/v1/projects/wk_wrong/settings")).status_code == 401


async def test_rudderstacks_browser_client_asks_for_its_configuration(http: AsyncClient, keys: Keyring) -> None:
    origin = {"origin": "https://www.acme.com"}
    preflight = {**origin, "access-control-request-headers": "authorization"}
    permission = await http.options("/sourceConfig/", headers=preflight)
    assert (permission.status_code, permission.headers["access-control-allow-headers"]) == (200, "authorization")
    answer = await http.get(
        f"/sourceConfig/?p=npm&v=3.34.1&build=modern&writeKey={keys.write}", auth=(keys.write, ""), headers=origin
    )
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "https://www.acme.com")
    configuration = answer.json()
    assert set(configuration) == {"source", "updatedAt"}
    source = configuration["source"]
    assert (source.pop("id"), source.pop("name")) == (keys.write[3:11], "website")
    off = {"enabled": False}
    assert source == {
        "writeKey": keys.write, "enabled": True, "connections": [], "destinations": [], "dataplanes": {},
        "config": {"statsCollection": {"errors": off, "metrics": off}},
    }  # fmt: skip
    assert (await http.get("/sourceConfig/?writeKey=wk_wrong", headers=origin)).status_code == 401
    assert (await http.post(f"/sourceConfig/?writeKey={keys.write}", headers=origin)).status_code == 405


async def test_jitsus_browser_client_masks_its_secret_in_the_body(
    http: AsyncClient, keys: Keyring, stream: Stream
) -> None:
    """It insists on `key:secret`, sends that as a header, and `key:***` in the body."""
    body = {**IDENTIFY, "writeKey": f"{keys.write}:***"}
    answer = await http.post("/api/s/identify", json=body, headers={"x-write-key": f"{keys.write}:secret"})
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    other = await http.post("/api/s/identify", json=body, headers={"x-write-key": f"{keys.other}:secret"})
    assert other.status_code == 401
    assert [event.subject for event in await stream("leads")] == [DANA]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/batch", 405),
        ("PUT", "/v1/t", 405),
        ("DELETE", "/v1/p", 405),
        ("TRACE", "/v1/batch", 405),
        ("POST", "/v1/nothing", 404),
        ("GET", "/v1", 404),
        ("POST", "/v1/projects/x/settings", 405),
    ],
)
async def test_other_addresses_and_methods(http: AsyncClient, method: str, path: str, status: int) -> None:
    answer = await http.request(method, path)
    assert (answer.status_code, set(answer.json())) == (status, {"code", "message"})


@pytest.mark.fault("F16")
async def test_client_clocks_are_corrected_and_history_is_marked(post: TrackingPost, stream: Stream) -> None:
    late = TRACK | {"messageId": "m2", "timestamp": "2030-01-01T00:00:00.000Z"}
    old = TRACK | {"messageId": "m3", "timestamp": "2029-12-01T00:00:00Z"}
    await post("/v1/batch", {"batch": [IDENTIFY, late, old], "sentAt": "2030-01-01T00:05:00+00:00"})
    events = (await stream("leads"))[1:]
    assert [event.time for event in events] == [datetime(2026, month, 5, 11, 55, tzinfo=UTC) for month in (8, 7)]
    assert [event.mode for event in events] == ["live", "historical"]


async def test_a_timestamp_in_seconds_or_milliseconds_is_when_it_happened(post: TrackingPost, stream: Stream) -> None:
    then = datetime(2026, 8, 5, 7, 0, tzinfo=UTC)
    seconds = TRACK | {"messageId": "m2", "timestamp": int(then.timestamp())}
    milliseconds = TRACK | {"messageId": "m3", "timestamp": int(then.timestamp()) * 1000}
    await post("/v1/batch", {"batch": [IDENTIFY, seconds, milliseconds]})
    assert [event.time for event in (await stream("leads"))[1:]] == [then, then]
