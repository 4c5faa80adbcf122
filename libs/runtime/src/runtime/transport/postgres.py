"""The embedded transport: readers select from the writer's stream_batch; NOTIFY wakes them."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import asyncpg

from events.topics import TOPICS
from runtime.chain import links
from runtime.database.connection import Connection, native_dsn
from runtime.database.driver_errors import DATABASE_ERRORS
from runtime.database.statement import Statement, statement
from runtime.emit.stored import Stored
from runtime.emit.stream_writer import CHANNEL
from runtime.schema_names import schema_of
from runtime.transport.base import Record, Wake, turned

ROWS: int = 100
"""Rows looked at per topic and read; a row holds at least one record."""


def _writer(topic: str) -> str:
    return schema_of(TOPICS[topic].producer)


def _read_statement(topics: Sequence[str]) -> Statement:
    part = """
        SELECT '{topic}' AS topic, first_seq, n, prev, generation, body FROM (
            SELECT first_seq, n, prev, generation, body,
                   sum(octet_length(body)) OVER w - octet_length(body) AS ahead, sum(n) OVER w - n AS before
            FROM (SELECT first_seq, n, prev, generation, body FROM {schema}.stream_batch
                  WHERE topic = '{topic}' AND p = :p AND first_seq >= coalesce((
                      SELECT CASE WHEN first_seq + n > :{topic} THEN first_seq END FROM {schema}.stream_batch
                      WHERE topic = '{topic}' AND p = :p AND first_seq <= :{topic} ORDER BY first_seq DESC LIMIT 1
                  ), :{topic}) ORDER BY first_seq LIMIT :rows) AS page
            WINDOW w AS (ORDER BY first_seq)) AS sized
        WHERE ahead < :size AND before < :records"""
    parts = " UNION ALL ".join(part.format(topic=topic, schema=_writer(topic)) for topic in topics)
    return statement(parts + " ORDER BY topic, first_seq")


class PostgresTransport:
    """Offsets are numbers: the first number of the row that holds the next record (0 at the beginning).

    A row that begins before an offset and holds it is read too: its records are repeats, or a fork that they show.
    """

    ships = False
    tasks: Sequence[asyncio.Task[None]] = ()

    def __init__(self, topics: Sequence[str]) -> None:
        self.house = ""
        self._topics = tuple(topics)
        self._turn = 0
        self._read = _read_statement(self._topics) if topics else None

    async def start(self, wake: Wake) -> None:
        """Wake-ups come from Wakeups; nothing else to start."""

    async def stop(self) -> None:
        """Nothing was opened."""

    async def hold(self, p: int, offsets: Mapping[str, int]) -> None:
        """Every read names its offsets."""

    async def drop(self, p: int) -> None:
        """Nothing is kept for a lane."""

    async def read(
        self, tx: Connection, p: int, offsets: Mapping[str, int], *, records: int, size: int
    ) -> Sequence[Record]:
        """Records out of the writers' own stored batches, in one statement."""
        if self._read is None:
            return []
        given = {**offsets, "p": p, "rows": ROWS, "size": size, "records": records}
        collected: dict[str, list[Record]] = {topic: [] for topic in turned(self._topics, self._turn)}
        for row in await tx.execute(self._read, given):
            collected[row.topic] += _records(p, row)
        self._turn += any(collected.values())  # a look that finds nothing changes no order
        return [record for in_order in collected.values() for record in in_order]

    def is_all(self, records: Sequence[Record], *, most: int, size: int) -> bool:
        """Fewer than every limit: who commits more notifies, and a notification that is lost is looked for."""
        return len(records) < min(most, ROWS) and sum(len(one.value) + 1 for one in records) < size

    async def ship(self, stored: Stored) -> None:
        """Committed is shipped."""

    def restarts(self, p: int) -> dict[str, int]:
        """Never: numbers are for ever."""
        return {}

    def fetched(self) -> Collection[tuple[int, str]]:
        """Never: nothing is fetched ahead."""
        return ()

    def renew(self) -> None:
        """There is no client of its own."""


def _records(p: int, row: Any) -> list[Record]:
    topic, first, n, generation = row.topic, row.first_seq, row.n, row.generation
    lines = row.body.split(b"\n")
    hashes = links(row.prev, lines)
    last = len(lines) - 1
    return [
        Record(
            topic=topic,
            p=p,
            offset=first,
            after=first + n if place == last else first,
            seq=first + place,
            prev=hashes[place],
            hash=hashes[place + 1],
            value=line,
            generation=generation,
        )
        for place, line in enumerate(lines)
    ]


class Wakeups:
    """One LISTEN connection per process, shared by all its workers; a lost notification is healed by polling."""

    def __init__(self, dsn: str, answer_seconds: float) -> None:
        """A connection that has been silent for `answer_seconds` is asked, and replaced when it does not answer."""
        self._dsn = native_dsn(dsn)
        self._answer_seconds = answer_seconds
        self._listeners: dict[str, list[Wake]] = defaultdict(list)
        self._connection: asyncpg.Connection | None = None
        self._task: asyncio.Task[None] | None = None

    def listen(self, topics: Sequence[str], wake: Wake) -> None:
        """From now on `wake` is called with partition and topic when something is committed to one of these topics."""
        for topic in topics:
            self._listeners[topic].append(wake)

    def _heard(self, _connection: object, _pid: int, _channel: str, payload: str) -> None:
        topic, _, p = payload.partition("/")
        for wake in self._listeners.get(topic, ()):
            wake(int(p), topic)

    async def start(self) -> None:
        """Begins to listen, in a task that connects again whenever the connection is lost."""
        self._task = asyncio.create_task(self._keep_listening(), name="wakeups")

    async def _keep_listening(self) -> None:
        while True:
            with contextlib.suppress(*DATABASE_ERRORS):
                await self._listen_once()
            self._drop()
            await asyncio.sleep(1)

    async def _listen_once(self) -> None:
        """Until the connection is lost. Raises database errors, TimeoutError when it does not answer."""
        self._connection = await asyncpg.connect(
            self._dsn,
            timeout=5,
            command_timeout=self._answer_seconds,
            server_settings={"application_name": "baton/wake"},
        )
        lost = asyncio.Event()
        self._connection.add_termination_listener(lambda _c: lost.set())
        await self._connection.add_listener(CHANNEL, self._heard)
        while not lost.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(lost.wait(), self._answer_seconds)
            await self._connection.execute(f"LISTEN {CHANNEL}")  # nothing but a question: it listens already

    def _drop(self) -> None:
        if self._connection is not None and not self._connection.is_closed():
            self._connection.terminate()

    async def stop(self) -> None:
        """Ends the task and the connection."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._drop()
