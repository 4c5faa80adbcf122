"""The tracking clients' own protocol (/v1/*): a raw ASGI application, because most of the traffic passes here."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any, ClassVar, Final
from urllib.parse import parse_qs, unquote

import orjson
from starlette.types import Receive, Scope, Send

from ingest.api.bodies import BodyAborted, Unparsable, parsed, received, unpacked
from ingest.api.contents import Contents
from ingest.api.tracking import MOST_EVENTS, TrackingClient, batch, single
from ingest.intake import Intake
from runtime.database.fates import is_transient
from runtime.errors import Refused
from runtime.http.access_keys import KeyInfo, Keys
from runtime.http.problems import Overloaded, TooLarge
from runtime.settings import Settings

LARGEST_BATCH: Final = 500 * 1024
_SINGLE: Final = {name[0]: name for name in ("identify", "track", "page", "screen", "group", "alias")}
_SINGLE.update({name: name for name in list(_SINGLE.values())})
_BATCH: Final = ("batch", "b", "import")
_ALLOWED: Final = "authorization, content-type, content-encoding, x-retry-count, anonymousid, sentat, x-write-key"
_RUDDERSTACK: Final = "sourceConfig"
"""Where RudderStack's browser SDK asks for its configuration."""
_CODES: Final = {400: "bad_request", 401: "unauthorized", 404: "not_found", 405: "method_not_allowed", 429: "too_many"}
_WISHES: Final = "access-control-request-headers"
"""A client says of a retry in headers of its own why it comes again: what it asks for is what it may send."""
_UPDATED: Final = "2026-11-26T00:00:00.000Z"
"""When the configuration last changed: it is the same for everybody, always."""
_DROPPED: Final = (400, 401)
"""Clients throw away what is answered like this, and tell nobody."""
_DONE: Final = b'{"success": true}'
Headers = list[tuple[bytes, bytes]]


class NoSuchKey(Refused):
    """The write key is missing, unknown, or given twice with different values."""

    status: ClassVar[int] = 401


class NotFound(Refused):
    """There is nothing here."""

    status: ClassVar[int] = 404


class WrongMethod(Refused):
    """This address does not do that."""

    status: ClassVar[int] = 405


class Tracking:
    """Answers exactly 200 when everything that can be kept is committed; 4xx only where clients should drop the lot."""

    def __init__(self, intake: Intake, keys: Keys, settings: Settings) -> None:
        self._intake = intake
        self._keys = keys
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        more = _cors(headers)
        try:
            status, body = await self._answer(scope, headers, receive)
        except BodyAborted:
            return
        except Exception as error:
            refusal = Overloaded(retry_after=5) if is_transient(error) else error
            if not isinstance(refusal, Refused):
                raise
            status = 400 if isinstance(refusal, TooLarge) else refusal.status
            if status in _DROPPED:
                self._intake.leave_out("refused request", refusal.title, f"/{scope['path'].split('/')[1]}")
            body = orjson.dumps({"code": _CODES.get(status, "refused"), "message": refusal.detail or refusal.title})
            if isinstance(refusal, Overloaded):
                more.append((b"retry-after", str(refusal.retry_after).encode()))
            if isinstance(refusal, WrongMethod):
                more.append((b"allow", b"POST, OPTIONS"))
        await _send(send, status, body, more)

    async def _answer(self, scope: Scope, headers: Mapping[str, str], receive: Receive) -> tuple[int, bytes]:
        method, (first, *parts) = scope["method"], [unquote(part) for part in scope["path"].split("/") if part]
        last = parts[-1].lower() if parts else ""
        if method == "OPTIONS":
            return 200, b""
        if first == _RUDDERSTACK and not parts:
            return await self._source_config(method, _given(headers, scope["query_string"]))
        if len(parts) == 3 and (parts[0], parts[2]) == ("projects", "settings"):
            return await self._project(method, parts[1], scope, headers)
        if last not in _BATCH and last not in _SINGLE:
            raise NotFound(f"there is no {scope['path'][:100]} here")
        if method != "POST":
            raise WrongMethod("post to this address")
        given = _given(headers, scope["query_string"])
        key = await self._key(given) if given else None
        raw = await received(receive, LARGEST_BATCH)
        body = parsed(unpacked(raw, headers.get("content-encoding", ""), LARGEST_BATCH))
        if not isinstance(body, dict):
            raise Unparsable("the body must be a JSON object")
        if isinstance(named := body.get("writeKey"), str) and named:
            key = await self._key(given | {_public(named)})
        if key is None:
            raise NoSuchKey
        agent = headers.get("user-agent") if "origin" in headers else None
        contents = _read(body, last, TrackingClient(key.source, self._intake.vocabulary, agent))
        if contents.submissions or contents.rejects:
            await self._intake.submit(contents.submissions, rejects=contents.rejects, lenient=True)
        return 200, _DONE

    async def _key(self, given: set[str]) -> KeyInfo:
        key = await self._keys.find(next(iter(given))) if len(given) == 1 else None
        if key is None or not (key.kind == "write" or key.may("ingest")):
            raise NoSuchKey
        return key

    async def _project(self, method: str, name: str, scope: Scope, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """What analytics.js asks before it sends anything."""
        if method not in ("GET", "HEAD"):
            raise WrongMethod("get this address")
        await self._key({name})
        base = self._settings.public_url or f"{scope.get('scheme', 'http')}://{headers.get('host', 'localhost')}"
        protocol, _, host = base.partition("://")
        segment = {"apiKey": name, "apiHost": f"{host.rstrip('/')}/v1", "protocol": protocol}
        settings = {"integrations": {"Segment.io": segment}, "plan": {"track": {}}, "metrics": {"sampleRate": 0}}
        return 200, orjson.dumps(settings)

    async def _source_config(self, method: str, given: set[str]) -> tuple[int, bytes]:
        """What RudderStack's browser SDK asks before it sends anything: no destinations, nothing told to its vendor."""
        if method not in ("GET", "HEAD"):
            raise WrongMethod("get this address")
        key = await self._key(given)
        off = {"enabled": False}
        source = {
            "id": key.id,
            "name": key.source,
            "writeKey": next(iter(given)),
            "enabled": True,
            "connections": [],
            "destinations": [],
            "config": {"statsCollection": {"errors": off, "metrics": off}},
            "dataplanes": {},
        }
        return 200, orjson.dumps({"source": source, "updatedAt": _UPDATED})


def _read(body: dict[str, Any], last: str, client: TrackingClient) -> Contents:
    if last in _SINGLE:
        return single(body, _SINGLE[last], client)
    messages = body.get("batch")
    if not isinstance(messages, list):
        raise Unparsable("`batch` must be a list of messages")
    if len(messages) > MOST_EVENTS:
        raise Unparsable(f"more than {MOST_EVENTS} messages in one batch")
    return batch(body, messages, client)


def _given(headers: Mapping[str, str], query: bytes) -> set[str]:
    """Write keys named outside the body; several that differ are refused."""
    given = {_public(headers.get("x-write-key", ""))}
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            given.add(_public(base64.b64decode(credentials.strip()).decode()))
        except (binascii.Error, UnicodeDecodeError):
            raise NoSuchKey("the Authorization header is not Basic") from None
    elif scheme.lower() == "bearer" and credentials.strip().startswith("lk_"):
        given.add(credentials.strip())
    given.update(map(_public, parse_qs(query.decode("latin-1")).get("writeKey", [])))
    return given - {""}


def _public(key: str) -> str:
    """What stands before the first colon: Basic has the password behind it, Jitsu a secret (masked in the body)."""
    return key.partition(":")[0]


def _cors(headers: Mapping[str, str]) -> Headers:
    """Write keys are public and carry no rights to read, so any page may send; cookies play no part."""
    vary = b"Origin, Access-Control-Request-Headers"
    more: Headers = [(b"vary", vary), (b"x-content-type-options", b"nosniff")]
    if origin := headers.get("origin"):
        more += [
            (b"access-control-allow-origin", origin.encode("latin-1")),
            (b"access-control-allow-headers", headers.get(_WISHES, _ALLOWED).encode("latin-1")),
            (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
            (b"access-control-expose-headers", b"retry-after"),
            (b"access-control-max-age", b"7200"),
        ]
    return more


async def _send(send: Send, status: int, body: bytes, more: Headers) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


_ANSWERS: Final = {
    "200": {"description": "Kept: committed"},
    "400": {"description": "Unreadable or too large"},
    "401": {"description": "No write key, or several that differ"},
    "429": {"description": "Too much at once: send it again after Retry-After"},
}
_MESSAGE: Final = {
    "type": "object",
    "properties": {
        **{name: {"type": "string"} for name in ("type", "messageId", "userId", "anonymousId", "event", "writeKey")},
        **{name: {"type": "object"} for name in ("traits", "properties", "context")},
        **{name: {"type": "string", "format": "date-time"} for name in ("timestamp", "sentAt")},
    },
}
_MESSAGES: Final = {
    "type": "object",
    "required": ["batch"],
    "properties": {
        "batch": {"type": "array", "maxItems": MOST_EVENTS, "items": _MESSAGE},
        "writeKey": {"type": "string"},
        "sentAt": {"type": "string", "format": "date-time"},
    },
}


def _operation(summary: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    return {"post": {"tags": ["in"], "summary": summary, "requestBody": body, "responses": _ANSWERS}}


PATHS: Final[Mapping[str, Any]] = {
    "/v1/batch": _operation("What tracking clients send, many at once (Basic: the write key)", _MESSAGES),
    **{
        f"/v1/{kind}": _operation(f"One {kind} message of a tracking client", _MESSAGE)
        for kind in ("identify", "track", "page", "screen", "group", "alias")
    },
    "/v1/projects/{key}/settings": {
        "get": {
            "tags": ["in"],
            "summary": "What analytics.js asks before it sends anything",
            "parameters": [{"name": "key", "in": "path", "required": True, "schema": {"type": "string"}}],
            "responses": {"200": {"description": "Where to send"}, "401": _ANSWERS["401"]},
        }
    },
    "/sourceConfig/": {
        "get": {
            "tags": ["in"],
            "summary": "What RudderStack's browser SDK asks before it sends anything",
            "parameters": [{"name": "writeKey", "in": "query", "required": True, "schema": {"type": "string"}}],
            "responses": {"200": {"description": "Its configuration"}, "401": _ANSWERS["401"]},
        }
    },
}
"""For /openapi.json and /docs, which see only what FastAPI serves."""
