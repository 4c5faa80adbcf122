"""What tracking clients send, message by message: into submissions, or turned away with a reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, TypedDict, assert_never

import orjson
import uuid_utils

from ingest.api.contents import Contents
from ingest.decide import Submission, Vocabulary, instant
from ingest.decide.resubmission import LARGEST_EVENT, complete
from ingest.decide.submissions import Alias, Group, Identify, Page, Track, identifier
from ingest.decide.traits import object_of
from ingest.store import Reject

LONGEST_MESSAGE_ID: Final = 100
MOST_EVENTS: Final = 2500
Call = Literal["identify", "track", "page", "group", "alias"]
CALLS: Final[Mapping[str, Call]] = {
    "identify": "identify",
    "track": "track",
    "page": "page",
    "screen": "page",
    "group": "group",
    "alias": "alias",
}


_FIELDS: Final[Mapping[str, str]] = {
    "unknown type": "/type",
    "messageId is not a text": "/messageId",
    f"messageId over {LONGEST_MESSAGE_ID} characters": "/messageId",
    "neither userId nor anonymousId": "/userId",
    "userId and anonymousId name nobody": "/userId",
    "a track event without a name": "/event",
    "an alias without previousId": "/previousId",
    "a group without groupId": "/groupId",
}
"""Which field a reason is about; of others the reason begins with it, or it is about the whole message."""


@dataclass(frozen=True, slots=True)
class TrackingClient:
    """Who sends: the key's source, and what the connection tells of a browser."""

    source: str
    vocabulary: Vocabulary
    user_agent: str | None = None


class _Shared(TypedDict):
    """Fields that all messages have."""

    source: str
    message_id: str
    channel: str
    user: str | None
    anonymous: str | None
    traits: Mapping[str, Any]
    context: Mapping[str, Any]
    original: datetime | None
    sent_at: datetime | None
    historical: bool
    raw: bytes


def batch(body: Mapping[str, Any], messages: Sequence[Any], client: TrackingClient) -> Contents:
    """Context and integrations of the batch merge under those of each message."""
    contents = Contents()
    for message in messages:
        raw = orjson.dumps(message)
        result = _submission(message, body, client, raw) if isinstance(message, dict) else "not an object"
        if isinstance(result, str):
            given = message.get("messageId") if isinstance(message, dict) else None
            name = given[:LONGEST_MESSAGE_ID] if isinstance(given, str) else None
            if isinstance(message, dict) and len(raw) <= LARGEST_EVENT:
                raw = complete(message, _context(message, body), client.user_agent)
            contents.rejects.append(Reject(client.source, name, result, raw[:LARGEST_EVENT]))
        else:
            contents.submissions.append(result)
    return contents


def single(body: Mapping[str, Any], call: str, client: TrackingClient) -> Contents:
    """One call of a client as a batch of one; `call` is its type."""
    return batch({}, [{**body, "type": call}], client)


def _submission(
    message: Mapping[str, Any], envelope: Mapping[str, Any], client: TrackingClient, raw: bytes
) -> Submission | str:
    """The submission, or why there is none."""
    call = CALLS.get(str(message.get("type")).lower())
    if call is None:
        return "unknown type"
    shared = _shared(message, envelope, client, raw)
    return _wrong(message, call, shared, client.vocabulary) or _message(call, message, shared, client)


def _message(call: Call, message: Mapping[str, Any], shared: _Shared, client: TrackingClient) -> Submission:
    match call:
        case "track":
            name, properties = _text(message.get("event")), object_of(message.get("properties"))
            return Track(**shared, name=name, properties=properties, user_agent=client.user_agent)
        case "page":
            name, properties = _text(message.get("name")), object_of(message.get("properties"))
            return Page(**shared, name=name, properties=properties, user_agent=client.user_agent)
        case "identify":
            return Identify(**shared)
        case "group":
            return Group(**shared)
        case "alias":
            return Alias(**shared, previous=client.vocabulary.identifier(message.get("previousId")) or "")
        case _:
            assert_never(call)


def _shared(message: Mapping[str, Any], envelope: Mapping[str, Any], client: TrackingClient, raw: bytes) -> _Shared:
    vocabulary, given, context = client.vocabulary, message.get("messageId"), _context(message, envelope)
    if given is None or (isinstance(given, str | int) and vocabulary.names_nobody(str(given))):
        given = str(uuid_utils.uuid7())
    return {
        "source": client.source,
        "message_id": given,
        "channel": "segment",
        "user": vocabulary.identifier(message.get("userId")),
        "anonymous": vocabulary.identifier(message.get("anonymousId")),
        "traits": object_of(message.get("traits")),
        "context": context,
        "original": instant(_time(message), vocabulary.zone),
        "sent_at": instant(message.get("sentAt") or envelope.get("sentAt")),
        "historical": message.get("historical") is True or context.get("historical") is True,
        "raw": raw,
    }


def _context(message: Mapping[str, Any], envelope: Mapping[str, Any]) -> Mapping[str, Any]:
    own = object_of(message.get("context"))
    return {**object_of(envelope["context"]), **own} if "context" in envelope else own


def _wrong(message: Mapping[str, Any], call: Call, shared: _Shared, vocabulary: Vocabulary) -> str | None:
    """The first reason to turn the message away; None when there is none."""
    if len(shared["raw"]) > LARGEST_EVENT:
        return f"larger than {LARGEST_EVENT} bytes"
    if not isinstance(shared["message_id"], str):
        return "messageId is not a text"
    if len(shared["message_id"]) > LONGEST_MESSAGE_ID:
        return f"messageId over {LONGEST_MESSAGE_ID} characters"
    if shared["user"] is None and shared["anonymous"] is None:
        given = [identifier(message.get(name)) for name in ("userId", "anonymousId")]
        if given == [None, None]:
            lossy = any(isinstance(message.get(name), float) for name in ("userId", "anonymousId"))
            return (
                "an id is no whole number, or too large a one: send it as text"
                if lossy
                else "neither userId nor anonymousId"
            )
        personal = object_of(shared["context"].get("traits"))
        if vocabulary.email(shared["traits"], personal, object_of(message.get("properties"))) is None:
            return "userId and anonymousId name nobody"
    return _untimely(message, shared) or _lacking(message, call, vocabulary)


def _untimely(message: Mapping[str, Any], shared: _Shared) -> str | None:
    """A time that nobody can read is not now."""
    if shared["original"] is not None or not says_when(message):
        return None
    return f"/{'timestamp' if message.get('originalTimestamp') in (None, '') else 'originalTimestamp'} is no instant"


def _lacking(message: Mapping[str, Any], call: Call, vocabulary: Vocabulary) -> str | None:
    """What every call of this kind has, and this one has not."""
    if call == "track" and not _text(message.get("event")):
        return "a track event without a name"
    if call == "alias" and vocabulary.identifier(message.get("previousId")) is None:
        return "an alias without previousId"
    if call == "group" and identifier(message.get("groupId")) is None:
        return "a group without groupId"
    return None


def pointer_of(reason: str) -> str:
    """JSON pointer, within the message, to what a reason for turning it away is about; empty for all of it."""
    first = reason.partition(" ")[0].rstrip(":")
    return _FIELDS.get(reason, first if first.startswith("/") else "")


def says_when(message: Mapping[str, Any]) -> bool:
    """Whether the sender wrote when it happened, readable or not."""
    return _time(message) not in (None, "")


def _time(message: Mapping[str, Any]) -> object:
    """When it happened, as the sender wrote it."""
    original = message.get("originalTimestamp")
    return message.get("timestamp") if original in (None, "") else original


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
