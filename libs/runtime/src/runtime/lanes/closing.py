"""The statement that ends a batch: inputs advance, streams go on, what was sent is marked, readers are woken.

`close` runs it in the batch's transaction. `close_at_once` joins it with the fence and with what the handler saves:
then it is all that the batch writes, and aborts by itself when anything is not where memory says.
"""

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, Final

from runtime.database.connection import Connection
from runtime.database.parts import Aborted, conditions_of, expressions_of, or_abort
from runtime.database.statement import Statement, statement
from runtime.emit.stream_writer import CHANNEL, Composed, StreamHead
from runtime.errors import Stale
from runtime.lanes.lane import Lane, advance_of
from runtime.lanes.outputs import Output, heads_of
from runtime.lanes.read_batch import ReadBatch
from runtime.values import Parts

_MOVED: Final = "moved AS ({advance} RETURNING i.topic)"
_STREAMS: Final = """
    numbered AS (
        UPDATE lane_output o SET last_seq = d.last, last_hash = d.hash,
               shipped_seq = CASE WHEN o.shipped_seq = d.shipped THEN d.sent ELSE o.shipped_seq END
        FROM unnest(CAST(:o_topics AS text[]), CAST(:o_hads AS bigint[]), CAST(:o_had_hashes AS bytea[]),
                    CAST(:o_generations AS int[]), CAST(:o_lasts AS bigint[]), CAST(:o_hashes AS bytea[]),
                    CAST(:o_shipped AS bigint[]), CAST(:o_sent AS bigint[]))
            AS d(topic, had, had_hash, generation, last, hash, shipped, sent)
        WHERE o.p = :p AND o.topic = d.topic AND o.last_seq = d.had AND o.last_hash = d.had_hash
          AND o.generation = d.generation
        RETURNING o.topic, o.shipped_seq),
    stored AS (
        INSERT INTO stream_batch (topic, p, first_seq, n, prev, generation, body)
        SELECT b.topic, :p, b.first, b.n, b.prev, b.generation, b.body
        FROM unnest(CAST(:b_topics AS text[]), CAST(:b_firsts AS bigint[]), CAST(:b_ns AS int[]),
                    CAST(:b_prevs AS bytea[]), CAST(:b_generations AS int[]), CAST(:b_bodies AS bytea[]))
            AS b(topic, first, n, prev, generation, body)
        WHERE b.topic IN (SELECT topic FROM numbered)
        RETURNING topic)
"""
_ANSWER: Final = """
    (SELECT count(*) FROM moved) AS moved,
           (SELECT array_agg(topic) FROM numbered) AS numbered,
           (SELECT array_agg(shipped_seq) FROM numbered) AS shipped
"""
_WAKE: Final = """
    (SELECT count(pg_notify(:channel, topic || '/' || :p)) FROM (SELECT DISTINCT topic FROM stored) AS streams)
"""
"""Commits that notify wait for each other in PostgreSQL, each for the disk of the one before."""
_FENCED: Final = """
    fenced AS (
        UPDATE lane SET lease_until = clock_timestamp() + make_interval(secs => :lease), stopped = NULL,
                        crashes = CASE WHEN :probation THEN crashes ELSE 0 END,
                        poison_run = CASE WHEN :worked THEN 0 ELSE poison_run END
        WHERE p = :p AND token = :token RETURNING p)
"""
_AS_REMEMBERED: Final = ("(SELECT count(*) FROM fenced) = 1", "(SELECT count(*) FROM moved) = cardinality(:topics)")
_NUMBERED: Final = "(SELECT count(*) FROM numbered) = cardinality(:o_topics)"


class NotAsRemembered(Exception):
    """The lane's token, an input, a stream or what the batch rests on is not what memory says: nothing was written."""


@cache
def _close(topics: tuple[str, ...], wakes: bool) -> Statement:
    return statement(f"WITH {_moved(topics)}, {_STREAMS} SELECT {', '.join(_answers(wakes=wakes))}")


@lru_cache(maxsize=256)
def _close_at_once(
    topics: tuple[str, ...], saves: tuple[tuple[str, str], ...], complete: tuple[str, ...], writes: bool, wakes: bool
) -> Statement:
    parts = [_FENCED, _moved(topics), *([_STREAMS] if writes else []), *([expressions_of(saves)] if saves else [])]
    answers = ["(SELECT count(*) FROM fenced) AS fenced"]  # the lane is locked before its streams, as everywhere
    answers += _answers(wakes=wakes) if writes else []
    answers.append(or_abort((*_AS_REMEMBERED, *((_NUMBERED,) if writes else ()), *complete)))
    return statement(f"WITH {', '.join(parts)} SELECT {', '.join(answers)}")


def _answers(*, wakes: bool) -> list[str]:
    return [_ANSWER, _WAKE] if wakes else [_ANSWER]


def _moved(topics: tuple[str, ...]) -> str:
    return _MOVED.format(advance=advance_of(topics))


async def close(
    tx: Connection, lane: Lane, read: ReadBatch, composed: Composed, *, wakes: bool = True
) -> Mapping[str, int]:
    """Returns topic to `shipped_seq` as the database has it now, of the streams that were touched.

    `wakes`: readers hear of it at the commit. Not needed where this worker ships what it has in memory.

    Compares and sets: raises Stale when an input or a stream is not where memory says, and Fork when a writer has not
    come as far as was read, or went on from something else. Then everything must be rolled back.
    """
    assert lane.outputs is not None  # noqa: S101  (only where the lane's worker alone writes)
    offsets, progress = read.offsets, read.progress
    streams = heads_of(lane.outputs, composed)
    if not offsets and not streams:
        return {}
    row = (await tx.execute(_close(lane.topics, wakes), _given(lane, read, composed, streams))).one()
    if row.moved != len(offsets):
        await lane.refuse(tx, offsets, progress)
    shipped = dict(zip(row.numbered or (), row.shipped or (), strict=True))
    if len(shipped) != len(streams):
        raise Stale(f"a stream of lane {lane.p} is not where it was written to")
    return shipped


async def close_at_once(
    tx: Connection,
    lane: Lane,
    read: ReadBatch,
    composed: Composed,
    *,
    saves: Parts,
    lease: float,
    wakes: bool = True,
) -> Mapping[str, int]:
    """The same with the fence, and with what the handler saves, as one statement; needs no transaction around it.

    `lease`: seconds. Only for a batch without dead letters. Where others write the lane's streams too, `composed` is
    empty. Raises NotAsRemembered, also when a part that must be complete is not.
    """
    streams = heads_of(lane.outputs, composed) if lane.outputs is not None else ()
    given = {
        **_given(lane, read, composed, streams),
        **saves.values,
        "token": lane.token,
        "lease": lease,
        "probation": lane.on_probation,
        "worked": bool(read.records),
    }
    try:
        parts, complete = tuple(saves.expressions.items()), conditions_of(saves.complete)
        done = _close_at_once(lane.topics, parts, complete, bool(streams), wakes)
        row = (await tx.execute(done, given)).one()
    except Aborted as error:
        raise NotAsRemembered from error
    if not streams:
        return {}
    return dict(zip(row.numbered or (), row.shipped or (), strict=True))


def _given(
    lane: Lane, read: ReadBatch, composed: Composed, streams: Sequence[tuple[str, Output, StreamHead]]
) -> dict[str, Any]:
    return {
        "channel": CHANNEL,
        **lane.moves(read.offsets, read.progress),
        **_outputs(streams),
        **_batches(composed),
    }


def _outputs(streams: Sequence[tuple[str, Output, StreamHead]]) -> dict[str, Any]:
    return {
        "o_topics": [topic for topic, _, _ in streams],
        "o_hads": [had.head.last_seq for _, had, _ in streams],
        "o_had_hashes": [had.head.last_hash for _, had, _ in streams],
        "o_generations": [had.head.generation for _, had, _ in streams],
        "o_lasts": [head.last_seq for *_, head in streams],
        "o_hashes": [head.last_hash for *_, head in streams],
        "o_shipped": [had.shipped for _, had, _ in streams],
        "o_sent": [had.sent for _, had, _ in streams],
    }


def _batches(composed: Composed) -> dict[str, Any]:
    return {
        "b_topics": [one.topic for one in composed.batches],
        "b_firsts": [one.first_seq for one in composed.batches],
        "b_ns": [one.n for one in composed.batches],
        "b_prevs": [one.prev for one in composed.batches],
        "b_generations": [one.generation for one in composed.batches],
        "b_bodies": [one.body for one in composed.batches],
    }
