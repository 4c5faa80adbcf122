"""The transactional outbox: facts get dense numbers and are stored as exact bytes, where they were decided."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from events import Fact
from events.codec import encode
from events.topics import partition
from runtime.chain import links
from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.errors import BatonError, OutputTooLarge

CHANNEL: Final = "baton_stream"
"""NOTIFY channel that wakes readers and shippers; the payload is `topic/partition`."""
LARGEST: Final = 900_000
"""Bytes of one stored batch: it must fit a record batch of 1 MB at the broker."""

_LOCK = statement("""
    SELECT topic, p, last_seq, last_hash, generation FROM lane_output
    WHERE (topic, p) IN (SELECT * FROM unnest(CAST(:topics AS text[]), CAST(:ps AS int[])))
    ORDER BY topic, p FOR UPDATE
""")
_APPEND = statement("""
    WITH numbered AS (
        UPDATE lane_output o SET last_seq = d.last, last_hash = d.hash
        FROM unnest(CAST(:topics AS text[]), CAST(:ps AS int[]), CAST(:lasts AS bigint[]), CAST(:hashes AS bytea[]))
            AS d(topic, p, last, hash)
        WHERE o.topic = d.topic AND o.p = d.p),
    stored AS (
        INSERT INTO stream_batch (topic, p, first_seq, n, prev, generation, body)
        SELECT * FROM unnest(CAST(:b_topics AS text[]), CAST(:b_ps AS int[]), CAST(:firsts AS bigint[]),
                             CAST(:ns AS int[]), CAST(:prevs AS bytea[]), CAST(:generations AS int[]),
                             CAST(:bodies AS bytea[]))
        RETURNING topic, p)
    SELECT pg_notify(:channel, topic || '/' || p) FROM (SELECT DISTINCT topic, p FROM stored) AS streams
""")


Stream = tuple[str, int]
"""A topic and one of its partitions."""


class _Head(NamedTuple):
    """Where a stream stands."""

    last_seq: int
    last_hash: bytes
    generation: int

    def place(self, stream: Stream, n: int) -> str:
        """Id of the n-th line after this: `scores/3/1204`, from the second generation on `scores/3/1204@2`."""
        again = f"@{self.generation}" if self.generation > 1 else ""
        return f"{stream[0]}/{stream[1]}/{self.last_seq + n}{again}"


class StreamWriter:
    """Appends facts to the streams of one service, under one agreement."""

    def __init__(self, service: str, *, agreement: str, partitions: int) -> None:
        self.service = service
        self.agreement = agreement
        self.partitions = partitions

    async def append(self, tx: Connection, facts: Sequence[Fact], now: datetime) -> list[str]:
        """Stores facts in `stream_batch`, to be shipped after the commit. Returns their ids.

        Two statements, whatever the number of facts. Locks the numbers of every stream it writes to, in (topic,
        partition) order, until the transaction ends: that is what makes commit order number order. Raises BatonError
        for a topic that is not the service's, OutputTooLarge for a fact that no record batch could hold.
        """
        if not facts:
            return []
        streams = [(fact.event.topic, partition(fact.subject, self.partitions)) for fact in facts]
        heads = await self._lock(tx, sorted(set(streams)))
        lines: dict[Stream, list[bytes]] = defaultdict(list)
        places = []
        for fact, stream in zip(facts, streams, strict=True):
            place = heads[stream].place(stream, len(lines[stream]) + 1)
            line = encode(fact, place=place, source=self.service, recorded=now, agreement=self.agreement)
            if len(line) > LARGEST:
                raise OutputTooLarge(f"{place} ({fact.event.type_name()}) has {len(line)} bytes, more than {LARGEST}")
            lines[stream].append(line)
            places.append(place)
        await _store(tx, heads, lines)
        return places

    async def _lock(self, tx: Connection, streams: Sequence[Stream]) -> dict[Stream, _Head]:
        rows = await tx.execute(_LOCK, {"topics": [t for t, _ in streams], "ps": [p for _, p in streams]})
        heads = {(row.topic, row.p): _Head(row.last_seq, row.last_hash, row.generation) for row in rows}
        if missing := [f"{topic}/{p}" for topic, p in streams if (topic, p) not in heads]:
            raise BatonError(f"{self.service} does not write to {', '.join(missing)}: see libs/events topics.py")
        return heads


async def _store(tx: Connection, heads: Mapping[Stream, _Head], lines: Mapping[Stream, Sequence[bytes]]) -> None:
    """Moves the heads on and inserts the lines as stored batches, in one statement; readers are woken at the commit."""
    streams = sorted(lines)
    hashes = {stream: links(heads[stream].last_hash, lines[stream]) for stream in streams}
    batches = [
        (stream, first, chunk, hashes[stream][first - heads[stream].last_seq - 1])
        for stream in streams
        for first, chunk in _chunks(lines[stream], heads[stream].last_seq + 1)
    ]
    await tx.execute(
        _APPEND,
        {
            "topics": [topic for topic, _ in streams],
            "ps": [p for _, p in streams],
            "lasts": [heads[stream].last_seq + len(lines[stream]) for stream in streams],
            "hashes": [hashes[stream][-1] for stream in streams],
            "b_topics": [stream[0] for stream, *_ in batches],
            "b_ps": [stream[1] for stream, *_ in batches],
            "firsts": [first for _, first, _, _ in batches],
            "ns": [len(chunk) for _, _, chunk, _ in batches],
            "prevs": [prev for *_, prev in batches],
            "generations": [heads[stream].generation for stream, *_ in batches],
            "bodies": [b"\n".join(chunk) for _, _, chunk, _ in batches],
            "channel": CHANNEL,
        },
    )


def _chunks(lines: Sequence[bytes], first: int) -> list[tuple[int, list[bytes]]]:
    """Cuts one lane's lines into stored batches that each fit a record batch."""
    pieces: list[tuple[int, list[bytes]]] = [(first, [])]
    size = 0
    for number, line in enumerate(lines, start=first):
        if pieces[-1][1] and size + len(line) > LARGEST:
            pieces.append((number, []))
            size = 0
        pieces[-1][1].append(line)
        size += len(line) + 80
    return pieces
