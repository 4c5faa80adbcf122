"""Bytes to events and back. The head (type, subject, number) is read without decoding the rest."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final, TypeVar, overload

import msgspec

from events.body import AwareDatetime, Body, complaint
from events.envelope import Event, Fact, Mode
from events.topics import TYPES
from events.upcast import UPCASTERS, Upcaster, is_newer, newest, upcast

B = TypeVar("B", bound=Body)
Decode = Callable[[bytes], Event]


class Unreadable(ValueError):
    """A known type that does not parse; the message names the first wrong field, and no value."""


class NewerVersion(Exception):
    """A known name in a newer version than this reader knows: it waits until it is upgraded, and skips nothing."""


class Head(msgspec.Struct, frozen=True):
    """The first members of every record, in the fixed order in which `encode` writes them."""

    type: str
    subject: str
    id: str


class _Line(msgspec.Struct, frozen=True):
    """A whole record, in the order of its members; of its own members the null ones are written."""

    type: str
    subject: str
    id: str
    specversion: str
    source: str
    time: AwareDatetime
    recordedtime: AwareDatetime
    causationid: str | None
    correlationid: str | None
    agreement: str | None
    mode: Mode
    data: Body


_HEAD: Final = re.compile(rb'\{"type":"([^"\\]+)","subject":"([^"\\]*)","id":"([^"\\]+)"')
"""What `encode` writes, unless the subject has an escape: that is read as any other JSON."""
_BEGINNING: Final = b'{"type":"'
_FROM: Final = len(_BEGINNING)
_NEXT: Final = b'","subject":"'
_ENCODER: Final = msgspec.json.Encoder()
NO_EVENT: Final = (msgspec.DecodeError, UnicodeError)
"""What msgspec raises on bytes that are no event of the type."""


def head(raw: bytes) -> Head:
    """Raises Unreadable when the record was not written by `encode` and is not JSON either."""
    match = _HEAD.match(raw)
    try:
        if match is None:
            whole: Head = _decoder(Head).decode(raw)
            return whole
        kind, subject, place = match.groups()
        return Head(kind.decode(), subject.decode(), place.decode())
    except NO_EVENT as error:
        raise Unreadable(f"not an event at {_message(error)}") from None


def kind_of(raw: bytes) -> bytes:
    """The wire type of a record, where it stands as `encode` writes it; empty for any other record."""
    if not raw.startswith(_BEGINNING):
        return b""
    end = raw.find(b'"', _FROM)
    return raw[_FROM:end] if raw.startswith(_NEXT, end) and raw.find(b"\\", _FROM, end) < 0 else b""


def decoders_of(kinds: Iterable[str]) -> Mapping[bytes, Decode]:
    """By `kind_of` a record what makes an event of it, of those kinds that need no step to be what we know.

    They raise one of NO_EVENT for a record that does not parse.
    """
    return {kind.encode(): _decoder(TYPES[kind]).decode for kind in kinds if kind in TYPES and kind not in UPCASTERS}


def encode(fact: Fact, *, place: str, source: str, recorded: datetime, agreement: str | None) -> bytes:
    """One line of JSON without a raw newline, head first."""
    return _ENCODER.encode(
        _Line(
            fact.event.type_name(),
            fact.subject,
            place,
            "1.0",
            source,
            fact.time,
            recorded,
            fact.cause,
            fact.correlation,
            agreement,
            fact.mode,
            fact.data,
        )
    )


@overload
def decode(raw: bytes) -> Event | None:
    """As an event of the house."""


@overload
def decode(raw: bytes, types: Mapping[str, type[B]], steps: Mapping[str, Upcaster] = UPCASTERS) -> B | None:
    """As what this reader makes of it."""


def decode(raw: bytes, types: Mapping[str, type[Any]] = TYPES, steps: Mapping[str, Upcaster] = UPCASTERS) -> Any:
    """The event in its newest version; None for a type this reader does not know.

    `types`: by wire type what to read it as. A reader may name a narrower shape, with just the fields it decides on:
    the rest is neither made nor checked. Raises Unreadable, and NewerVersion for a version that is not there yet.
    """
    written = kind_of(raw)
    try:
        kind = written.decode() or head(raw).type
        if kind in steps:
            return _upcast(raw, types, steps)
        shape: Any = types.get(kind)
        if shape is None:
            _check_age(kind, types)
            return None
        return _decoder(shape).decode(raw)
    except NO_EVENT as error:
        raise Unreadable(f"{written.decode(errors='replace') or 'record'} at {_message(error)}") from None


def _upcast(raw: bytes, types: Mapping[str, type[Body]], steps: Mapping[str, Upcaster]) -> Body | None:
    whole = upcast(msgspec.json.decode(raw, type=dict[str, Any]), steps)
    shape = types.get(whole["type"])
    if shape is None:
        _check_age(whole["type"], types)
        return None
    return msgspec.convert(whole, shape)


def _check_age(kind: str, types: Mapping[str, type[Body]]) -> None:
    if is_newer(kind, newest(types)):
        raise NewerVersion(f"{kind} is newer than this code: start its newest version here")


def _message(error: Exception) -> str:
    if isinstance(error, msgspec.ValidationError):
        return complaint(error)
    return "the whole: not JSON" if isinstance(error, msgspec.DecodeError) else "the whole: not UTF-8"


@cache
def _decoder(shape: type[msgspec.Struct]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(shape)
