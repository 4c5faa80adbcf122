"""The transactional outbox: facts get dense numbers and are stored as exact bytes, where they were decided."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import count
from typing import Final, NamedTuple

from events import Fact
from events.codec import encode
from events.topics import partition
from runtime.chain import links
from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.emit.stored import Stored
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


class StreamHead(NamedTuple):
    """Where a stream stands."""

    last_seq: int
    last_hash: bytes
    generation: int

    def places(self, stream: Stream) -> Iterator[str]:
        """Ids of the lines after this: `scores/3/1204`, ..., from the second generation on `scores/3/1204@2`, ..."""
        again = f"@{self.generation}" if self.generation > 1 else ""
        return map(f"{stream[0]}/{stream[1]}/%d{again}".__mod__, count(self.last_seq + 1))


class Composed(NamedTuple):
    """Facts as lines of their streams, with numbers and hashes, not stored yet."""

    ids: Sequence[str]
    """One for each fact, in their order."""
    heads: Mapping[Stream, StreamHead]
    """Where the streams will stand."""
    batches: Sequence[Stored]
    """What is to be stored; each fits a record batch."""


NOTHING: Final = Composed((), {}, ())


class StreamWriter:
    """Appends facts to the streams of one service, under one agreement."""

    def __init__(self, service: str, *, agreement: str, partitions: int) -> None:
        self.service = service
        self.agreement = agreement
        self.partitions = partitions

    async def append(self, tx: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[str]:
        """Stores facts in `stream_batch`, to be shipped after the commit. Returns their ids.

        Two statements, whatever the number of facts. Locks the numbers of every stream it writes to, in (topic,
        partition) order, until the transaction ends: that is what makes commit order number order. Raises BatonError
        for a topic that is not the service's, OutputTooLarge for a fact that no record batch could hold.
        """
        if not facts:
            return []
        streams = [(fact.event.topic, partition(fact.subject, self.partitions)) for fact in facts]
        composed = self.compose(await self._lock(tx, sorted(set(streams))), streams, facts, now)
        await _store(tx, composed)
        return composed.ids

    def compose(
        self, heads: Mapping[Stream, StreamHead], streams: Sequence[Stream], facts: Sequence[Fact], now: datetime
    ) -> Composed:
        """Numbers and encodes facts, each for its stream of `streams`. Pure.

        Raises BatonError for a stream that is not among the heads, OutputTooLarge for a fact that no record
        batch could hold.
        """
        written = set(streams)
        if missing := [f"{topic}/{p}" for topic, p in sorted(written - heads.keys())]:
            raise BatonError(f"{self.service} does not write to {', '.join(missing)}: see libs/events topics.py")
        places = {stream: heads[stream].places(stream) for stream in written}
        lines: dict[Stream, list[bytes]] = {stream: [] for stream in written}
        ids = []
        for fact, stream in zip(facts, streams, strict=True):
            place = next(places[stream])
            line = encode(fact, place=place, source=self.service, recorded=now, agreement=self.agreement)
            if len(line) > LARGEST:
                raise OutputTooLarge(f"{place} ({fact.event.type_name()}) has {len(line)} bytes, more than {LARGEST}")
            lines[stream].append(line)
            ids.append(place)
        after, batches = dict[Stream, StreamHead](), list[Stored]()
        for stream in sorted(lines):
            head, hashes = heads[stream], links(heads[stream].last_hash, lines[stream])
            after[stream] = StreamHead(head.last_seq + len(lines[stream]), hashes[-1], head.generation)
            for first, chunk in _chunks(lines[stream], head.last_seq + 1):
                known = hashes[first - head.last_seq - 1 :]
                body = b"\n".join(chunk)
                batches.append(Stored(*stream, first, known[0], body, head.generation, known, len(chunk)))
        return Composed(ids, after, batches)

    async def _lock(self, tx: Connection, streams: Sequence[Stream]) -> dict[Stream, StreamHead]:
        rows = await tx.execute(_LOCK, {"topics": [t for t, _ in streams], "ps": [p for _, p in streams]})
        return {(row.topic, row.p): StreamHead(row.last_seq, row.last_hash, row.generation) for row in rows}


async def _store(tx: Connection, composed: Composed) -> None:
    """Moves the heads on and inserts the stored batches, in one statement; readers are woken at the commit."""
    heads, batches = sorted(composed.heads.items()), composed.batches
    await tx.execute(
        _APPEND,
        {
            "topics": [topic for (topic, _), _ in heads],
            "ps": [p for (_, p), _ in heads],
            "lasts": [head.last_seq for _, head in heads],
            "hashes": [head.last_hash for _, head in heads],
            "b_topics": [one.topic for one in batches],
            "b_ps": [one.p for one in batches],
            "firsts": [one.first_seq for one in batches],
            "ns": [one.n for one in batches],
            "prevs": [one.prev for one in batches],
            "generations": [one.generation for one in batches],
            "bodies": [one.body for one in batches],
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
