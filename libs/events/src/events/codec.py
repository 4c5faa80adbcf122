"""Bytes to events and back. The head (type, subject, number) is read without decoding the rest."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from pydantic import ValidationError

from events.envelope import Event, Fact
from events.topics import TYPES
from events.upcast import upcast


class Unreadable(ValueError):
    """A known type that does not parse; the message names the first wrong field."""


@dataclass(frozen=True, slots=True)
class Head:
    """The first members of every record, in the fixed order in which `encode` writes them."""

    type: str
    subject: str
    id: str


_HEAD: Final = re.compile(rb'\{"type":"([^"\\]+)","subject":("(?:[^"\\]|\\.)*"),"id":"([^"\\]+)"')


def head(raw: bytes) -> Head:
    """Raises Unreadable when the record was not written by `encode` and is not JSON either."""
    match = _HEAD.match(raw)
    if match:
        kind, subject, place = match.groups()
        name = subject[1:-1].decode() if b"\\" not in subject else orjson.loads(subject)
        return Head(kind.decode(), name, place.decode())
    try:
        whole = orjson.loads(raw)
        return Head(whole["type"], whole["subject"], whole["id"])
    except (orjson.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise Unreadable(f"not an event: {error}") from error


def encode(fact: Fact, *, place: str, source: str, recorded: datetime, agreement: str | None) -> bytes:
    """One line of JSON without a raw newline, head first."""
    body: dict[str, Any] = {
        "type": fact.event.type_name(),
        "subject": fact.subject,
        "id": place,
        "specversion": "1.0",
        "source": source,
        "time": fact.time,
        "recordedtime": recorded,
        "causationid": fact.cause,
        "correlationid": fact.correlation,
        "agreement": agreement,
        "mode": fact.mode,
        "data": orjson.Fragment(fact.data.model_dump_json(exclude_none=True)),
    }
    return orjson.dumps(body, option=orjson.OPT_UTC_Z)


def decode(raw: bytes, types: Mapping[str, type[Event]] = TYPES) -> Event | None:
    """The event in its newest version; None for a type this reader does not know."""
    try:
        whole = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Unreadable(f"not JSON: {error}") from error
    if not isinstance(whole, dict):
        raise Unreadable("not a JSON object")
    whole = upcast(whole)
    model = types.get(str(whole.get("type")))
    if model is None:
        return None
    try:
        return model.model_validate(whole)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Unreadable(f"{whole.get('type')} at {where}: {first['msg']}") from error
