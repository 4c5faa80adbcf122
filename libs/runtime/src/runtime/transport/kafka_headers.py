"""What a record of ours says of itself in its Kafka headers: number, chain, generation, house."""

from binascii import hexlify, unhexlify
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from aiokafka import ConsumerRecord

from runtime.chain import UNKNOWN, link
from runtime.emit.stored import Stored
from runtime.transport.base import NO_NUMBER, Record

Header = tuple[str, bytes]
_SEQ: Final = "seq"
"""The number in its stream, decimal."""
_PREV: Final = "prev"
"""The hash of its predecessor, hexadecimal; absent on what was written before streams had a chain."""
_GENERATION: Final = "generation"
"""Decimal; absent in the first one."""
_HOUSE: Final = "house"
"""Id of the house whose database wrote it."""


def with_headers(stored: Stored, house: str) -> Iterator[tuple[bytes, list[Header]]]:
    """Each line of a stored batch with the headers that it travels under."""
    shared = [(_HOUSE, house.encode())] if house else []
    if stored.generation > 1:
        shared.append((_GENERATION, b"%d" % stored.generation))
    for place, (line, prev) in enumerate(zip(stored.lines, stored.hashes, strict=False)):
        headers = [(_SEQ, b"%d" % (stored.first_seq + place)), *shared]
        yield line, [*headers, (_PREV, hexlify(prev))] if prev else headers


def record_of(record: ConsumerRecord, topic: str) -> Record:
    """A fetched record as ours; never raises. One whose headers make no sense has NO_NUMBER."""
    value = record.value or b""
    try:
        seq, generation, prev, house = _read(record.headers)
    except (ValueError, TypeError, AttributeError):
        seq, generation, prev, house = NO_NUMBER, 1, UNKNOWN, ""
    offset = record.offset
    return Record(
        topic, record.partition, offset, offset + 1, max(seq, NO_NUMBER), prev, link(prev, value), value,
        generation, house,
    )  # fmt: skip


def _read(headers: Iterable[Header]) -> tuple[int, int, bytes, str]:
    """Number, generation, hash of the predecessor, and house. Raises ValueError, TypeError or AttributeError."""
    seq, generation, prev, house = NO_NUMBER, 1, UNKNOWN, ""
    for name, value in headers:
        if name == _SEQ:
            seq = int(value)
        elif name == _PREV:
            prev = unhexlify(value)
        elif name == _HOUSE:
            house = _text(value)
        elif name == _GENERATION:
            generation = int(value)
    return seq, generation, prev, house


@lru_cache(maxsize=8)
def _text(raw: bytes) -> str:
    return raw.decode()
