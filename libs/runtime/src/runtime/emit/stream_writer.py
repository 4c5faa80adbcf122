"""The transactional outbox: facts get dense numbers and are stored as exact bytes, where they were decided."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from events import Fact
from events.codec import encode
from events.topics import partition
from runtime.errors import BatonError

CHANNEL: Final = "baton_stream"
"""NOTIFY channel that wakes readers and shippers; the payload is `topic/partition`."""
LARGEST: Final = 900_000
"""Bytes of one stored batch: it must fit a record batch of 1 MB at the broker."""

_LOCK = text("""
    SELECT o.topic, o.p, o.last_seq, l.token
    FROM lane_output o JOIN lane l USING (p)
    WHERE (o.topic, o.p) IN (SELECT * FROM unnest(CAST(:topics AS text[]), CAST(:ps AS int[])))
    ORDER BY o.topic, o.p FOR UPDATE OF o
""")
_DRAW = text("""
    WITH drawn AS (
        UPDATE lane_output o SET last_seq = d.last
        FROM unnest(CAST(:topics AS text[]), CAST(:ps AS int[]), CAST(:lasts AS bigint[])) AS d(topic, p, last)
        WHERE o.topic = d.topic AND o.p = d.p),
    kept AS (
        INSERT INTO stream_batch (topic, p, first_seq, n, token, body)
        SELECT * FROM unnest(CAST(:b_topics AS text[]), CAST(:b_ps AS int[]), CAST(:firsts AS bigint[]),
                             CAST(:ns AS int[]), CAST(:tokens AS text[]), CAST(:bodies AS bytea[]))
        RETURNING topic, p)
    SELECT pg_notify(:channel, topic || '/' || p) FROM (SELECT DISTINCT topic, p FROM kept) AS said
""")


class OutputTooLarge(BatonError):
    """A fact is larger than a record batch may be; it could never be shipped."""


class StreamWriter:
    """Appends facts to the streams of one service, under one agreement."""

    def __init__(self, service: str, *, agreement: str, partitions: int) -> None:
        self.service = service
        self.agreement = agreement
        self.partitions = partitions

    async def append(self, tx: AsyncConnection, facts: Sequence[Fact], now: datetime) -> list[str]:
        """Stores facts in `stream_batch`, to be shipped after the commit. Returns their ids (`scores/3/1204`).

        Two statements, whatever the number of facts. Locks the numbers of every stream it writes to, in (topic,
        partition) order, until the transaction ends: that is what makes commit order number order. Raises BatonError
        for a topic that is not the service's, OutputTooLarge for a fact that no record batch could hold.
        """
        if not facts:
            return []
        lanes = [(fact.event.topic, partition(fact.subject, self.partitions)) for fact in facts]
        keys = sorted(set(lanes))
        rows = await tx.execute(_LOCK, {"topics": [t for t, _ in keys], "ps": [p for _, p in keys]})
        heads = {(row.topic, row.p): (row.last_seq, row.token or "-") for row in rows}
        if missing := [f"{topic}/{p}" for topic, p in keys if (topic, p) not in heads]:
            raise BatonError(f"{self.service} does not write to {', '.join(missing)}: see libs/events topics.py")
        lines: dict[tuple[str, int], list[bytes]] = defaultdict(list)
        places = []
        for fact, lane in zip(facts, lanes, strict=True):
            place = f"{lane[0]}/{lane[1]}/{heads[lane][0] + len(lines[lane]) + 1}"
            line = encode(fact, place=place, source=self.service, recorded=now, agreement=self.agreement)
            if len(line) > LARGEST:
                raise OutputTooLarge(f"{place} ({fact.event.type_name()}) has {len(line)} bytes, more than {LARGEST}")
            lines[lane].append(line)
            places.append(place)
        pieces = [
            (lane, first, chunk, heads[lane][1])
            for lane in keys
            for first, chunk in _chunks(lines[lane], heads[lane][0] + 1)
        ]
        await tx.execute(
            _DRAW,
            {
                "topics": [t for t, _ in keys],
                "ps": [p for _, p in keys],
                "lasts": [heads[lane][0] + len(lines[lane]) for lane in keys],
                "b_topics": [lane[0] for lane, _, _, _ in pieces],
                "b_ps": [lane[1] for lane, _, _, _ in pieces],
                "firsts": [first for _, first, _, _ in pieces],
                "ns": [len(chunk) for _, _, chunk, _ in pieces],
                "tokens": [token for _, _, _, token in pieces],
                "bodies": [b"\n".join(chunk) for _, _, chunk, _ in pieces],
                "channel": CHANNEL,
            },
        )
        return places


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
