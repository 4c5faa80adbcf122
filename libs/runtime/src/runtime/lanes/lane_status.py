"""The state of every lane, dead letter and timer of the house, read from the services' schemas."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import NamedTuple

from events.topics import FLOW, TOPICS
from runtime.database.connection import Connection
from runtime.database.statement import Statement, statement
from runtime.schema_names import in_schemas, schema_of

_INPUTS = """
    SELECT '{schema}' AS service, i.p, i.topic, i.last_seq AS read, l.owner, l.lease_until > clock_timestamp() AS held,
           l.stopped
    FROM {schema}.lane_input i JOIN {schema}.lane l USING (p)"""

_OUTPUTS = (
    "SELECT '{schema}' AS service, topic, p, last_seq AS written, shipped_seq AS shipped FROM {schema}.lane_output"
)

_DEAD_OPEN = """
    SELECT '{schema}' AS service, id, p, topic, seq, subject, type, reason, state, at FROM {schema}.dead_letter
    WHERE state IN ('open', 'retry')"""

_VERSIONS = "SELECT '{schema}' AS service, version_num FROM {schema}.schema_version"


def _schemas() -> list[str]:
    return [schema_of(name) for name in FLOW]


async def overview(tx: Connection) -> dict[str, list[dict[str, object]]]:
    """Every lane of every service: how far it has read, written and shipped; open dead letters; schema versions.

    Needs a role that may read all schemas' lane tables: reporting's, or the administrator's.
    """
    schemas = _schemas()
    inputs = [dict(row) for row in (await tx.execute(statement(in_schemas(_INPUTS, schemas)))).mappings()]
    outputs = [dict(row) for row in (await tx.execute(statement(in_schemas(_OUTPUTS, schemas)))).mappings()]
    written = {(row["topic"], row["p"]): row["written"] for row in outputs}
    for row in inputs:
        row["behind"] = max(0, written.get((row["topic"], row["p"]), 0) - row["read"])
    return {
        "inputs": inputs,
        "outputs": outputs,
        "dead_letters": [
            dict(row) for row in (await tx.execute(statement(in_schemas(_DEAD_OPEN, schemas)))).mappings()
        ],
        "versions": [dict(row) for row in (await tx.execute(statement(in_schemas(_VERSIONS, schemas)))).mappings()],
    }


async def written_and_read(tx: Connection, topic: str, p: int, reader: str) -> tuple[int, int]:
    """The last number that a lane's writer drew on a topic, and the last one that this reader has worked.

    Needs a role that may read both schemas' lane tables.
    """
    text = f"""SELECT o.last_seq AS written, coalesce(i.last_seq, 0) AS read
               FROM {schema_of(TOPICS[topic].producer)}.lane_output o
               LEFT JOIN {schema_of(reader)}.lane_input i USING (topic, p) WHERE topic = :topic AND p = :p"""  # noqa: S608
    row = (await tx.execute(statement(text), {"topic": topic, "p": p})).one_or_none()
    return (row.written, row.read) if row else (0, 0)


async def unread(tx: Connection, services: Sequence[str]) -> int:
    """Events written and not yet read by a reader among these services; needs an administrator."""
    parts = [
        f"""SELECT coalesce(sum(o.last_seq - i.last_seq), 0) AS n
            FROM {schema_of(topic.producer)}.lane_output o
            JOIN {schema_of(reader)}.lane_input i ON i.topic = o.topic AND i.p = o.p
            WHERE o.topic = '{topic.name}'"""  # noqa: S608  (names from our own map)
        for topic in TOPICS.values()
        if topic.producer in services
        for reader in topic.readers
        if reader in services
    ]
    total = (await tx.execute(statement(f"SELECT sum(n) FROM ({' UNION ALL '.join(parts)}) AS t"))).scalar_one()  # noqa: S608
    return int(total)


class WaitingLane(NamedTuple):
    """A lane in which something waits, now or later."""

    service: str
    p: int
    behind: bool
    """There are numbers that it has not read."""
    retry: bool
    """Dead letters are to be tried again."""
    due: datetime | None
    """Its earliest timer."""


async def waiting_lanes(tx: Connection, services: Sequence[str]) -> list[WaitingLane]:
    """Lanes of these services with anything unread, asked for again, or planned; needs an administrator."""
    return [WaitingLane(*row) for row in await tx.execute(_waiting_lanes(tuple(services)))]


@cache
def _waiting_lanes(services: tuple[str, ...]) -> Statement:
    parts = " UNION ALL ".join(
        f"""SELECT '{name}' AS service, l.p, {_behind(name)} AS behind,
                   EXISTS (SELECT FROM {schema_of(name)}.dead_letter d WHERE d.p = l.p AND d.state = 'retry') AS retry,
                   (SELECT min(due_at) FROM {schema_of(name)}.timer t WHERE t.p = l.p) AS due
            FROM {schema_of(name)}.lane l"""  # noqa: S608  (names from our own map)
        for name in services
    )
    return statement(f"SELECT * FROM ({parts}) AS lanes WHERE behind OR retry OR due IS NOT NULL")  # noqa: S608


class LanesSeen(NamedTuple):
    """What memory does not know where every lane is worked by this process."""

    heads: Mapping[str, Mapping[int, int]]
    """By topic and lane the last number, of topics that not only lanes write."""
    dues: Mapping[str, Mapping[int, datetime]]
    """By service and lane the earliest timer."""


async def seen(tx: Connection, topics: Sequence[str], services: Sequence[str]) -> LanesSeen:
    """The heads of these topics and the timers of these services; needs an administrator."""
    heads, dues = defaultdict[str, dict[int, int]](dict), defaultdict[str, dict[int, datetime]](dict)
    for name, p, last, due in await tx.execute(_seen(tuple(topics), tuple(services))):
        if due is None:
            heads[name][p] = last
        else:
            dues[name][p] = due
    return LanesSeen(heads, dues)


@cache
def _seen(topics: tuple[str, ...], services: tuple[str, ...]) -> Statement:
    parts = [
        f"""SELECT topic AS name, p, last_seq AS last, CAST(NULL AS timestamptz) AS due
            FROM {schema_of(TOPICS[name].producer)}.lane_output WHERE topic = '{name}'"""  # noqa: S608
        for name in topics
    ]
    parts += [
        f"""SELECT '{name}', l.p, 0, t.due_at FROM {schema_of(name)}.lane l, LATERAL (
            SELECT due_at FROM {schema_of(name)}.timer WHERE timer.p = l.p ORDER BY due_at LIMIT 1) AS t"""  # noqa: S608
        for name in services
    ]
    return statement(" UNION ALL ".join(parts))


def _behind(reader: str) -> str:
    """SQL: whether the lane `l` of this reader has something to read."""
    parts = [
        f"""EXISTS (SELECT FROM {schema_of(reader)}.lane_input i
                    JOIN {schema_of(topic.producer)}.lane_output o ON o.topic = i.topic AND o.p = i.p
                    WHERE i.p = l.p AND i.topic = '{topic.name}' AND o.last_seq > i.last_seq)"""
        for topic in TOPICS.values()
        if reader in topic.readers
    ]
    return " OR ".join(parts) or "false"
