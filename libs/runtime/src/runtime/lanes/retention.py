"""What was written is kept for a week, to be shipped again, or until readers have it; dead letters for four weeks."""

from typing import Final

from events.topics import TOPICS
from runtime.database.connection import Connection
from runtime.database.statement import Statement, statement
from runtime.lanes import dead_letters
from runtime.schema_names import schema_of
from runtime.service import Service

EVERY: Final = 600.0
"""Seconds between two rounds of one worker."""

_PRUNE = """
    DELETE FROM stream_batch b USING lane_output o
    WHERE o.topic = b.topic AND o.p = b.p AND b.topic = '{topic}'
      AND b.at < clock_timestamp() - make_interval(days => :days)
      AND b.first_seq + b.n - 1 <= {taken}"""
_SHIPPED: Final = "o.shipped_seq"
_READ: Final = "(SELECT min(last_seq) FROM ({readers}) AS r WHERE r.p = o.p)"
_ALL_THERE: Final = statement("SELECT bool_and(to_regclass(t) IS NOT NULL) FROM unnest(CAST(:tables AS text[])) AS t")
_READER: Final = "SELECT p, last_seq FROM {schema}.lane_input WHERE topic = '{topic}'"


async def prune(tx: Connection, service: Service, *, ships: bool) -> int:
    """Forgets dead letters, and what is older than its topic's `reship_days`; returns how many stored batches went.

    On the embedded transport the readers' own positions decide; for a reader that is not there yet everything is kept.
    """
    await dead_letters.prune(tx)
    deleted = 0
    for topic in service.writes:
        readers = [f"{schema_of(reader)}.lane_input" for reader in TOPICS[topic].readers]
        if not ships and not (await tx.execute(_ALL_THERE, {"tables": readers})).scalar_one():
            continue
        deleted += (await tx.execute(_statement(topic, ships=ships), {"days": TOPICS[topic].reship_days})).rowcount
    return deleted


def _statement(topic: str, *, ships: bool) -> Statement:
    readers = " UNION ALL ".join(_READER.format(schema=schema_of(r), topic=topic) for r in TOPICS[topic].readers)
    return statement(_PRUNE.format(topic=topic, taken=_SHIPPED if ships else _READ.format(readers=readers)))
