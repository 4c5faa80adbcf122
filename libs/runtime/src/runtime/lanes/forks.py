"""Forks as the database shows them: a reader that stands where the writer of its stream has never been.

A reader alone sees a fork at the next number whose chain does not fit. Beside the writer's own position it shows before
that: no reader is ever ahead of its writer, or between two of its batches with another hash.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final

from events.topics import TOPICS
from runtime.database.connection import Connection
from runtime.database.statement import Statement, statement
from runtime.lanes.sequence import Progress
from runtime.schema_names import schema_of

_ASTRAY: Final = """
    EXISTS (SELECT 1 FROM ({heads}) AS h WHERE h.topic = w.topic AND h.p = w.p AND (
        w.seq > h.last_seq OR w.generation > h.generation
        OR (w.seq = h.last_seq AND w.hash <> h.last_hash AND w.hash <> '' AND w.seq > 0)))
    OR EXISTS (SELECT 1 FROM ({batches}) AS b WHERE b.topic = w.topic AND b.p = w.p
        AND b.first_seq = w.seq + 1 AND b.prev <> w.hash AND b.prev <> '' AND w.hash <> '')"""
"""SQL of the rule: `w` is a reader, `h` its stream's head, `b` the batch that follows. An empty hash is unknown."""
_HEAD: Final = (
    "SELECT CAST('{topic}' AS text) AS topic, p, last_seq, last_hash, generation "
    "FROM {schema}.lane_output WHERE topic = '{topic}'"
)
_BATCH: Final = (
    "SELECT CAST('{topic}' AS text) AS topic, p, first_seq, prev FROM {schema}.stream_batch WHERE topic = '{topic}'"
)
_FORKS: Final = """
    SELECT w.topic, w.p, w.seq, (SELECT last_seq FROM ({heads}) AS h WHERE h.topic = w.topic AND h.p = w.p) AS last_seq
    FROM unnest(CAST(:topics AS text[]), CAST(:ps AS int[]), CAST(:seqs AS bigint[]), CAST(:hashes AS bytea[]),
                CAST(:generations AS int[])) AS w(topic, p, seq, hash, generation)
    WHERE {astray}
"""


def _all(template: str, topics: Iterable[str]) -> str:
    return " UNION ALL ".join(
        template.format(topic=topic, schema=schema_of(TOPICS[topic].producer)) for topic in topics
    )


def astray(topics: Iterable[str]) -> str:
    """SQL: whether `w` (topic, p, seq, hash, generation) stands where its writer, of these topics, has never been."""
    return _ASTRAY.format(heads=_all(_HEAD, topics), batches=_all(_BATCH, topics))


async def forks(tx: Connection, readers: Mapping[int, Mapping[str, Progress]]) -> dict[int, str]:
    """Lane to what does not fit, of lanes and their progress by topic. One statement.

    The progress must have been read before the statement runs: writers may go on meanwhile, readers may not.
    """
    places = [(topic, p, progress) for p, lane in readers.items() for topic, progress in lane.items()]
    if not places:
        return {}
    given = {
        "topics": [topic for topic, _, _ in places],
        "ps": [p for _, p, _ in places],
        "seqs": [progress.last_seq for *_, progress in places],
        "hashes": [progress.last_hash for *_, progress in places],
        "generations": [progress.generation for *_, progress in places],
    }
    rows = await tx.execute(_forks(tuple(sorted({topic for topic, _, _ in places}))), given)
    return {row.p: _message(row.topic, row.p, row.seq, row.last_seq) for row in rows}


@cache
def _forks(topics: tuple[str, ...]) -> Statement:
    return statement(_FORKS.format(heads=_all(_HEAD, topics), astray=astray(topics)))


def _message(topic: str, p: int, seq: int, last: int) -> str:
    stands = (
        f"was written only to {last}" if seq > last else "was written with other content, or in an older generation"
    )
    return f"{topic}/{p} was read to {seq} and {stands}: {EXIT}"


EXIT: Final = "the writer's database went back in time, or two houses write one stream; `baton adopt` leads out of it"
