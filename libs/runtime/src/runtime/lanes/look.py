"""What a worker asks the database once a second, in one statement: whose the lanes are, and what waits in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from events.topics import TOPICS
from runtime.database.connection import Connection
from runtime.database.statement import Statement, statement
from runtime.schema_names import schema_of
from runtime.service import Service

_LOOK: Final = """
    SELECT clock_timestamp() AS at,
        (SELECT concat_ws('/', system_identifier, left(pg_walfile_name(pg_current_wal_insert_lsn()), 8),
                          pg_postmaster_start_time()) FROM pg_control_system()) AS server,
        (SELECT count(*) FROM worker
         WHERE abs(extract(epoch FROM clock_timestamp() - seen_at)) < CAST(:lease AS float8)) AS live,
        (SELECT json_agg(one) FROM (
            SELECT p, token, stopped,
                   owner IS NOT NULL AND lease_until > clock_timestamp()
                   AND lease_until < clock_timestamp() + make_interval(secs => 2 * CAST(:lease AS float8)) AS held,
                   (SELECT min(due_at) FROM timer WHERE timer.p = lane.p) AS due,
                   EXISTS (SELECT 1 FROM dead_letter d WHERE d.p = lane.p AND d.state = 'retry') AS retry
            FROM lane) AS one) AS lanes,
        {behind} AS behind, {unshipped} AS unshipped, {wanted} AS wanted"""
_ROWS: Final = "(SELECT json_agg(one) FROM ({parts}) AS one)"
_NONE: Final = "CAST(NULL AS json)"
_BEHIND: Final = """
    SELECT i.p, i.topic, i.last_seq AS read, o.last_seq AS written, o.shipped_seq AS shipped
    FROM lane_input i JOIN {schema}.lane_output o ON o.topic = i.topic AND o.p = i.p
    WHERE i.topic IN ({topics}) AND o.last_seq > i.last_seq"""
_UNSHIPPED: Final = """
    SELECT p, sum(last_seq - shipped_seq) AS events, sum(shipped_seq) AS shipped
    FROM lane_output WHERE last_seq > shipped_seq GROUP BY p"""
_WANTED: Final = """
    SELECT o.p, o.topic, i.wanted AS seq, '{reader}' AS reader, i.wanted_at AS at
    FROM {schema}.lane_input i JOIN lane_output o ON o.topic = i.topic AND o.p = i.p
    WHERE i.topic = '{topic}' AND i.wanted = i.last_seq + 1 AND o.shipped_seq >= i.wanted"""
_CAN_WANT: Final = statement("""
    SELECT t FROM unnest(CAST(:tables AS text[])) AS t
    JOIN pg_attribute a ON a.attrelid = to_regclass(t) AND a.attname = 'wanted' AND NOT a.attisdropped
""")
_ASK: Final = statement("""
    UPDATE lane_input i SET wanted = i.last_seq + 1, wanted_at = clock_timestamp() FROM lane l
    WHERE l.p = i.p AND l.token = :token AND i.p = :p AND i.topic = :topic
""")
_SHIP_AGAIN: Final = statement("""
    UPDATE lane_output o SET shipped_seq = least(o.shipped_seq, CAST(:seq AS bigint) - 1) FROM lane l
    WHERE l.p = o.p AND l.token = :token AND o.p = :p AND o.topic = :topic
      AND CAST(:seq AS bigint) < (
        SELECT first_seq + n FROM stream_batch b WHERE b.topic = o.topic AND b.p = o.p AND b.first_seq <= :seq
        ORDER BY first_seq DESC LIMIT 1)
""")


@dataclass(frozen=True, slots=True)
class LaneSeen:
    """One lane of the service, whoever works it."""

    token: str | None
    held: bool
    """Somebody has it, under a lease that is in force."""
    stopped: str | None
    due: datetime | None
    """Its earliest timer."""
    retry: bool
    """Dead letters are to be tried again."""


@dataclass(frozen=True, slots=True)
class Behind:
    """How far a lane has read a stream that goes on."""

    read: int
    written: int
    shipped: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """A reader misses this number of a stream of ours."""

    p: int
    topic: str
    seq: int
    reader: str
    at: str
    """When it last said so."""


@dataclass(frozen=True, slots=True)
class LookAnswer:
    """The answer to one look."""

    at: datetime
    """The database's clock."""
    server: str
    """Which server answered: its system, its timeline, and when it was started."""
    live: int
    """Workers of this service that were seen within the last lease."""
    lanes: Mapping[int, LaneSeen]
    behind: Mapping[tuple[int, str], Behind] = field(default_factory=dict)
    """Lane and topic of every stream with numbers that were not read yet."""
    unshipped: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    """Lane to how many events wait to be shipped, and how far its streams were shipped, summed."""
    wanted: Sequence[Wanted] = ()


class Look:
    """Of one service. `ships`: whether its streams must be sent to their readers."""

    def __init__(self, service: Service, lease: float, *, ships: bool) -> None:
        self._service = service
        self._lease = lease
        self._ships = ships
        self._statement: Statement | None = None

    async def prepare(self, tx: Connection) -> None:
        """Finds out which readers can say what they miss: a service may not have been migrated yet."""
        wanted = []
        if self._ships:
            pairs = [(topic, reader) for topic in self._service.writes for reader in TOPICS[topic].readers]
            tables = sorted({f"{schema_of(reader)}.lane_input" for _, reader in pairs})
            there = set((await tx.execute(_CAN_WANT, {"tables": tables})).scalars())
            wanted = [
                _WANTED.format(topic=topic, reader=reader, schema=schema_of(reader))
                for topic, reader in pairs
                if f"{schema_of(reader)}.lane_input" in there
            ]
        writers: dict[str, list[str]] = {}
        for topic in self._service.reads:
            writers.setdefault(schema_of(TOPICS[topic].producer), []).append(f"'{topic}'")
        behind = [_BEHIND.format(schema=schema, topics=", ".join(topics)) for schema, topics in writers.items()]
        unshipped = [_UNSHIPPED] if self._ships and self._service.writes else []
        self._statement = statement(
            _LOOK.format(behind=_rows(behind), unshipped=_rows(unshipped), wanted=_rows(wanted))
        )

    async def __call__(self, tx: Connection) -> LookAnswer:
        """One statement, whatever there is to see."""
        if self._statement is None:
            await self.prepare(tx)
        assert self._statement is not None  # noqa: S101
        row = (await tx.execute(self._statement, {"lease": self._lease})).one()
        return LookAnswer(
            row.at,
            row.server,
            row.live,
            {one["p"]: _lane(one) for one in row.lanes or ()},
            {(one.pop("p"), one.pop("topic")): Behind(**one) for one in row.behind or ()},
            {one["p"]: (one["events"], one["shipped"]) for one in row.unshipped or ()},
            [Wanted(**one) for one in row.wanted or ()],
        )


def _rows(parts: Sequence[str]) -> str:
    return _ROWS.format(parts=" UNION ALL ".join(parts)) if parts else _NONE


def _lane(one: Mapping[str, Any]) -> LaneSeen:
    due = datetime.fromisoformat(one["due"]) if one["due"] else None
    return LaneSeen(one["token"], one["held"], one["stopped"], due, one["retry"])


async def ask(tx: Connection, p: int, token: str, topic: str) -> None:
    """Says that the lane's next number of the topic never arrived. Nothing happens when the lane is not ours."""
    await tx.execute(_ASK, {"p": p, "token": token, "topic": topic})


async def ship_again(tx: Connection, wanted: Wanted, token: str) -> bool:
    """Sets a stream back to the wanted number, so that it is shipped from there; False when it is no longer kept."""
    given = {"p": wanted.p, "topic": wanted.topic, "seq": wanted.seq, "token": token}
    return bool((await tx.execute(_SHIP_AGAIN, given)).rowcount)
