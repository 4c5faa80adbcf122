"""The way out of a fork: what the writer's database holds is adopted as the stream, in a new generation.

Readers go back to the last number that they share with the writer, and the stream is sent again from there. What
readers or Kafka hold and the writer does not know is orphaned: noted in the writer's table `orphan`, with message ids.
"""

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field
from typing import Protocol

import orjson

from runtime.chain import UNKNOWN, links
from runtime.database.connection import Connection
from runtime.lanes import adoption_store as store
from runtime.lanes.adoption_store import Orphan, Reader, Writer
from runtime.lanes.sequence import Progress
from runtime.transport.base import NO_NUMBER, Record


class Log(Protocol):
    """Where records of a stream can be read again, the lost ones too."""

    def read(self, topic: str, p: int, offset: int = 0, end: int | None = None) -> AsyncIterator[Record]:
        """Records from this offset on, up to `end` or to where the log ends by now."""
        ...


@dataclass(slots=True)
class Adopted:
    """One stream, and what its new generation made of it."""

    topic: str
    p: int
    generation: int
    after: int
    """The last number that all its readers share with the writer: it is sent again from the next one on."""
    readers: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Service to the number it had read, and the one from which it goes on."""
    unsure: list[str] = field(default_factory=list)
    """Readers whose history is kept nowhere: they go on where the writer stands, and may have missed numbers."""
    orphans: list[Orphan] = field(default_factory=list)


@dataclass(slots=True)
class _LogContents:
    """What lies on Kafka of one stream, from some offset on."""

    strangers: dict[bytes, Orphan] = field(default_factory=dict)
    """By hash: what the writer did not share when it was read. It may have written it since."""
    predecessors: dict[bytes, bytes] = field(default_factory=dict)
    """Hash to the hash before it, of all records."""
    generation: int = 1
    """The newest."""


@dataclass(frozen=True, slots=True)
class _Stream:
    """One stream as the database has it."""

    writer: Writer
    readers: list[Reader]
    chain: dict[int, bytes]
    """Number to hash, of the writer's batches that are kept."""

    def shares(self, seq: int, line_hash: bytes) -> bool:
        """Whether the writer wrote this under this number; what cannot be known any more counts as shared."""
        if seq > self.writer.last_seq:
            return False
        return UNKNOWN in (line_hash, self.chain.get(seq, UNKNOWN)) or self.chain[seq] == line_hash

    @property
    def astray(self) -> bool:
        """Some reader stands where the writer has never been."""
        newest = self.writer.generation
        return any(one.generation > newest or not self.shares(one.seq, one.hash) for one in self.readers)

    def orphans(self, seen: _LogContents) -> list[Orphan]:
        """What an earlier adoption has left behind is none."""
        return [
            one
            for line_hash, one in seen.strangers.items()
            if one.generation >= self.writer.generation and not self.shares(one.seq, line_hash)
        ]

    def common(self, reader: Reader, seen: _LogContents) -> Progress | None:
        """The reader's last number that the writer shares; None when its history is kept nowhere."""
        seq, line_hash = reader.seq, reader.hash
        while not self.shares(seq, line_hash):
            before = seen.predecessors.get(line_hash)
            if before is None:
                return None
            seq, line_hash = seq - 1, before
        return Progress(seq, line_hash)


async def adopt(tx: Connection, log: Log | None) -> AsyncIterator[Adopted]:
    """Finds every forked stream of the house and begins a new generation of each, in a transaction of its own.

    `tx`: an administrator's. `log`: Kafka's; None on the embedded transport, where only the readers' positions tell of
    what the writer does not know. Running workers lose the lanes concerned, and take them again as they are then.
    """
    here = await store.services(tx)
    for topic in await store.topics(tx):
        for p in await store.lanes(tx, topic):
            if adopted := await _adopt(tx, log, here, topic, p):
                yield adopted


async def _adopt(tx: Connection, log: Log | None, here: Collection[str], topic: str, p: int) -> Adopted | None:
    stream = await _read(tx, here, topic, p)
    least = offset = 0
    if stream.astray:  # where the histories part is not known: all that is kept may be needed
        stream = await _read(tx, here, topic, p, least=0)
    elif stream.readers:
        least, offset = min(one.seq for one in stream.readers), min(one.offset for one in stream.readers)
    seen = await _look(stream, log, offset) if log is not None and stream.readers else _LogContents()
    stream = await _read(tx, here, topic, p, least=least)  # with what was written while we looked
    if not (stream.astray or stream.orphans(seen)):
        return None
    async with tx.begin():
        await store.take_lanes(tx, here, topic, p)
        locked = await _read(tx, here, topic, p, least=least, lock=True)
        return await _begin(tx, locked, seen, ships=log is not None)


async def _read(
    tx: Connection, here: Collection[str], topic: str, p: int, *, least: int | None = None, lock: bool = False
) -> _Stream:
    """`least`: the chain is wanted from this number on; from where the last reader stands when it is left out."""
    writer = await store.writer(tx, topic, p, lock=lock)
    readers = await store.readers(tx, here, topic, p)
    if least is None:
        least = min((one.seq for one in readers), default=writer.last_seq)
    chain = {writer.last_seq: writer.last_hash if writer.last_seq else UNKNOWN}
    first = 0
    while some := await store.batches(tx, topic, p, first, least):
        for first, _, prev, body in some:
            chain.update(enumerate(links(prev, body.split(b"\n")), start=first - 1))
    return _Stream(writer, readers, chain)


async def _look(stream: _Stream, log: Log, offset: int) -> _LogContents:
    seen = _LogContents()
    async for record in log.read(stream.writer.topic, stream.writer.p, offset):
        if record.seq == NO_NUMBER:
            continue
        seen.generation = max(seen.generation, record.generation)
        seen.predecessors[record.hash] = record.prev
        if not stream.shares(record.seq, record.hash):
            seen.strangers.setdefault(record.hash, _orphan(record))
    return seen


def _orphan(record: Record) -> Orphan:
    try:
        whole = orjson.loads(record.value)
        message = whole["data"].get("message_id")
        subject, kind = whole["subject"], whole["type"]
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        message = subject = kind = None
    return Orphan(record.topic, record.p, record.offset, record.seq, record.generation, subject, kind, message)


async def _begin(tx: Connection, stream: _Stream, seen: _LogContents, *, ships: bool) -> Adopted:
    writer = stream.writer
    head = Progress(writer.last_seq, writer.last_hash)
    found = {one.service: stream.common(one, seen) for one in stream.readers}
    kept = await store.oldest(tx, writer.topic, writer.p)
    places = {service: _kept(place or head, kept) for service, place in found.items()}
    generation = 1 + max([writer.generation, seen.generation, *(one.generation for one in stream.readers)])
    result = Adopted(
        topic=writer.topic,
        p=writer.p,
        generation=generation,
        after=min((place.last_seq for place in places.values()), default=writer.last_seq),
        readers={one.service: (one.seq, places[one.service].last_seq) for one in stream.readers},
        unsure=[service for service, place in found.items() if place is None or places[service] != place],
        orphans=stream.orphans(seen),
    )
    await store.begin_generation(tx, writer, generation, result.after)
    await store.set_readers(tx, writer, generation, places, ships=ships)
    await store.note(tx, writer, result.orphans)
    return result


def _kept(place: Progress, oldest: tuple[int, bytes] | None) -> Progress:
    """A reader cannot go on before the oldest batch that is kept."""
    if oldest is not None and place.last_seq < oldest[0] - 1:
        return Progress(oldest[0] - 1, oldest[1])
    return place
