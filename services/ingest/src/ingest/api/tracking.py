"""What tracking clients send, message by message: into submissions, or turned away with a reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
import uuid_utils

from ingest.decide import Submission, What, identifier, instant
from ingest.store import Reject

LARGEST_EVENT: Final = 32 * 1024
LONGEST_MESSAGE_ID: Final = 100
MOST_EVENTS: Final = 2500
WHATS: Final[Mapping[str, What]] = {
    "identify": "identify",
    "track": "track",
    "page": "page",
    "screen": "page",
    "group": "group",
    "alias": "alias",
}


@dataclass(frozen=True, slots=True)
class Client:
    """Who sends: the key's source, and what the connection tells of a browser."""

    source: str
    user_agent: str | None = None


@dataclass(slots=True)
class Told:
    submissions: list[Submission] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)


def batch(body: Mapping[str, Any], messages: Sequence[Any], client: Client) -> Told:
    """Context and integrations of the batch merge under those of each message."""
    told = Told()
    for message in messages:
        raw = orjson.dumps(message)
        found = _submission(message, body, client, raw) if isinstance(message, Mapping) else "not an object"
        if isinstance(found, Submission):
            told.submissions.append(found)
        else:
            given = message.get("messageId") if isinstance(message, Mapping) else None
            name = given[:LONGEST_MESSAGE_ID] if isinstance(given, str) else None
            told.rejects.append(Reject(client.source, name, found, raw[:LARGEST_EVENT]))
    return told


def single(body: Mapping[str, Any], kind: str, client: Client) -> Told:
    return batch({}, [{**body, "type": kind}], client)


def _submission(
    message: Mapping[str, Any], envelope: Mapping[str, Any], client: Client, raw: bytes
) -> Submission | str:
    """The submission, or why there is none."""
    what = WHATS.get(str(message.get("type")).lower())
    if reason := _wrong(message, what, raw):
        return reason
    assert what is not None  # noqa: S101
    context = {**_dict(envelope.get("context")), **_dict(message.get("context"))}
    stamp = message.get("originalTimestamp") or message.get("timestamp")
    return Submission(
        source=client.source,
        message_id=message.get("messageId") or str(uuid_utils.uuid7()),
        channel="segment",
        what=what,
        name=_text(message.get("event")) if what == "track" else _text(message.get("name")),
        user=identifier(message.get("userId")),
        anonymous=identifier(message.get("anonymousId")),
        previous=identifier(message.get("previousId")),
        traits=_dict(message.get("traits")),
        properties=_dict(message.get("properties")),
        context=context,
        original=instant(stamp),
        sent=instant(message.get("sentAt") or envelope.get("sentAt")),
        historical=message.get("historical") is True or context.get("historical") is True,
        user_agent=client.user_agent,
        raw=raw,
    )


def _wrong(message: Mapping[str, Any], what: What | None, raw: bytes) -> str | None:
    name = message.get("messageId")
    someone = identifier(message.get("userId")) or identifier(message.get("anonymousId"))
    checks = (
        (what is None, "unknown type"),
        (len(raw) > LARGEST_EVENT, f"larger than {LARGEST_EVENT} bytes"),
        (name is not None and not isinstance(name, str), "messageId is not a text"),
        (isinstance(name, str) and len(name) > LONGEST_MESSAGE_ID, f"messageId over {LONGEST_MESSAGE_ID} characters"),
        (someone is None, "neither userId nor anonymousId"),
        (what == "track" and not _text(message.get("event")), "a track event without a name"),
        (what == "alias" and identifier(message.get("previousId")) is None, "an alias without previousId"),
        (what == "group" and identifier(message.get("groupId")) is None, "a group without groupId"),
    )
    return next((reason for failed, reason in checks if failed), None)


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
