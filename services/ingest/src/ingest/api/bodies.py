"""Bytes to values at the edge: counted, unpacked within limits, JSON without traps."""

import json
import re
import zlib
from typing import Any, ClassVar, Final

import orjson
from pydantic import BaseModel, model_validator
from starlette.types import Receive

from runtime.errors import Refused
from runtime.http.problems import TooLarge

DEEPEST: Final = 32
_NESTS: Final = frozenset((dict, list))
"""What orjson makes, and no subclass."""
_DIGITS: Final = bytes.maketrans(b"123456789", b"0" * 9)
_LONG_NUMBER: Final = b"0" * 19
"""As many digits as the smallest number that 64 bits do not hold, all digits read as 0."""
_LONGEST_NUMBER: Final = 20
"""Characters of a number that 64 bits may hold."""
_HUGE_NUMBER: Final = b"0" * 309
"""As many digits as the smallest whole number that orjson takes for infinity and refuses."""
_HUGE: Final = re.compile(rb'"(?:[^"\\]++|\\.?)*+(?:"|\Z)|(?<![\d.eE+-])(-?[1-9]\d{308,}+)(?![.eE])', re.DOTALL)
"""A text, so that nothing in it is taken for a number; or a whole number of so many digits."""
_UNPACKED: Final = 100
"""Times the packed size: what grows more is a bomb."""


class Unparsable(Refused):
    """The body cannot be read."""

    status: ClassVar[int] = 400


class BodyAborted(Exception):
    """The client hung up."""


async def received(receive: Receive, limit: int) -> bytes:
    """The whole body; raises TooLarge as soon as it is."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise BodyAborted
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise TooLarge(f"the body is larger than {limit} bytes")
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)


def unpacked(raw: bytes, encoding: str, limit: int) -> bytes:
    """Never holds more than the limit, whatever the packed bytes promise."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return raw
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise Unparsable(f"Content-Encoding {encoding[:40]} is not spoken here; gzip is")
    opener = zlib.decompressobj(zlib.MAX_WBITS | 32)
    most = min(limit, max(len(raw), 1024) * _UNPACKED)
    try:
        text = opener.decompress(raw, most + 1)
    except zlib.error as error:
        raise Unparsable("the body is not gzip, although its Content-Encoding says so") from error
    if len(text) > most:
        raise TooLarge(f"unpacked, the body is larger than {most} bytes")
    if not opener.eof:
        raise Unparsable("the gzip body ends too early")
    return text


class JsonBody(BaseModel):
    """A body that FastAPI reads by its shape; as `parsed`: not too deep, no NUL, no number of more than 64 bits."""

    @model_validator(mode="before")
    @classmethod
    def _as_parsed(cls, value: Any) -> Any:
        if _deeper(value, DEEPEST):
            raise ValueError(f"nested deeper than {DEEPEST} levels")
        return _kept(value)


def parsed(raw: bytes) -> Any:
    """JSON of any depth up to 32; NUL characters, which PostgreSQL cannot keep, are removed.

    A whole number of more than 64 bits is the text of its digits: as a number it would lose some of them.
    """
    try:
        value = _loaded(raw)
    except orjson.JSONDecodeError as error:
        raise Unparsable(f"not JSON: {error}") from error
    if raw.count(b"[") + raw.count(b"{") > DEEPEST and _deeper(value, DEEPEST):
        raise Unparsable(f"nested deeper than {DEEPEST} levels")
    if _LONG_NUMBER in raw.translate(_DIGITS):
        value = json.loads(raw, parse_int=_exact)
    return _kept(value) if b"\\u0000" in raw else value


def _loaded(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        if _HUGE_NUMBER not in raw.translate(_DIGITS):
            raise
        return orjson.loads(_HUGE.sub(lambda found: b'"%b"' % found[1] if found[1] else found[0], raw))


def _exact(digits: str) -> int | str:
    return digits if len(digits) > _LONGEST_NUMBER or not _fits(int(digits)) else int(digits)


def _fits(number: int) -> bool:
    """Into 64 bits, with a sign or without: as orjson and msgspec read numbers."""
    return -(2**63) <= number < 2**64


def _deeper(value: Any, levels: int) -> bool:
    """Level by level: a call for each value would cost more than parsing did."""
    nested = [value] if type(value) in _NESTS else []
    for _ in range(levels):
        nested = [
            one for outer in nested for one in (outer.values() if type(outer) is dict else outer) if type(one) in _NESTS
        ]
        if not nested:
            return False
    return bool(nested)


def _kept(value: Any) -> Any:
    """As PostgreSQL and our events can keep it: without NUL, whole numbers of more than 64 bits as text."""
    if isinstance(value, str):
        return value.replace("\0", "")
    if type(value) is int and not _fits(value):
        return str(value)
    if isinstance(value, list):
        return [_kept(inner) for inner in value]
    if isinstance(value, dict):
        return {name.replace("\0", ""): _kept(inner) for name, inner in value.items()}
    return value
