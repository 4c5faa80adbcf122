"""What a record of ours says of itself in its Kafka headers: number, chain, generation, house."""

from collections.abc import Iterator
from typing import Final

from aiokafka import ConsumerRecord

from runtime.chain import UNKNOWN, link, links
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
    lines = stored.lines
    shared = [(_HOUSE, house.encode())] if house else []
    if stored.generation > 1:
        shared.append((_GENERATION, b"%d" % stored.generation))
    for place, (line, prev) in enumerate(zip(lines, links(stored.prev, lines), strict=False)):
        headers = [(_SEQ, b"%d" % (stored.first_seq + place)), *shared]
        yield line, [*headers, (_PREV, prev.hex().encode())] if prev else headers


def record_of(record: ConsumerRecord, topic: str) -> Record:
    """A fetched record as ours; never raises. One whose headers make no sense has NO_NUMBER."""
    headers = dict(record.headers)
    value = record.value or b""
    try:
        seq, generation = int(headers.get(_SEQ, b"")), int(headers.get(_GENERATION, b"1"))
        prev = bytes.fromhex(headers.get(_PREV, b"").decode())
        house = headers.get(_HOUSE, b"").decode()
    except (ValueError, TypeError, AttributeError):
        seq, generation, prev, house = NO_NUMBER, 1, UNKNOWN, ""
    return Record(
        topic=topic,
        p=record.partition,
        offset=record.offset,
        after=record.offset + 1,
        seq=max(seq, NO_NUMBER),
        prev=prev,
        hash=link(prev, value),
        value=value,
        generation=generation,
        house=house,
    )
