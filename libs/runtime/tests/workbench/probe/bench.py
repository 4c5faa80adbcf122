"""One test's house: a database, perhaps a prefix of its own on a broker, probes in this process or in others."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition

from agreement import Agreement
from events import Event, Fact
from events.codec import decode
from events.leads import EngagementRecorded
from events.topics import TOPICS
from probe.fold import Tally
from probe.nursery import Nursery, Worker
from probe.service import SERVICES, SILENT
from runtime.chain import START, links
from runtime.clock import BusinessClock
from runtime.database.connect import Database, admin
from runtime.database.connection import Connection
from runtime.database.embedded import EmbeddedPostgres
from runtime.database.rows import ResultRow
from runtime.database.statement import Statement, statement
from runtime.emit.stream_writer import StreamWriter
from runtime.lanes.leases import HeldLane, Leases
from runtime.lanes.sequence import Progress, SequenceCheck
from runtime.process.assembly import Assembly
from runtime.process.migrate import migrate
from runtime.settings import Settings
from runtime.transport.base import Record
from runtime.transport.kafka_headers import record_of
from testing.waiting import PATIENCE, eventually

T = TypeVar("T")
Rows = list[ResultRow]
LANES: Final = 4
NOON: Final = datetime(2026, 8, 5, 12, 0, tzinfo=UTC)

_GARBLE: Final = (
    "UPDATE stream_batch SET body = :body, prev = :prev WHERE topic = 'leads' AND p = :p AND first_seq = :first"
)


def engagement(subject: str, number: int, kind: str = "page_view") -> Fact:
    data = EngagementRecorded.Data(kind=kind, name=kind, message_id=f"{subject}-{number}", channel="test")
    return EngagementRecorded.fact(subject, data, time=NOON + timedelta(seconds=number))


@dataclass
class Bench:
    dsn: str
    agreement: Agreement
    settings: Settings
    nursery: Callable[[], Nursery]
    databases: dict[str, Database] = field(default_factory=dict)
    workers: list[Worker] = field(default_factory=list)

    async def __aenter__(self) -> "Bench":
        for name in SERVICES:
            self.databases[name] = Database(self.dsn, name)
        return self

    async def __aexit__(self, *_: object) -> None:
        for worker in self.workers:
            worker.signal(signal.SIGKILL)
        for database in self.databases.values():
            await database.close()

    # -- the writer's side -------------------------------------------------------------------------------------------

    async def write(self, *facts: Fact, at: datetime = NOON) -> Sequence[str]:
        async with self.databases["ingest"].begin() as tx:
            return await self.writer("ingest").append(tx, facts, at)

    async def write_one_by_one(self, facts: Sequence[Fact]) -> None:
        """As many stored batches as facts, in one transaction."""
        async with self.databases["ingest"].begin() as tx:
            for fact in facts:
                await self.writer("ingest").append(tx, [fact], NOON)

    def writer(self, name: str) -> StreamWriter:
        return StreamWriter(name, agreement=self.agreement.version, partitions=LANES)

    async def garble(self, old: bytes, new: bytes) -> None:
        """As if ingest had written other bytes into `leads`: the chain goes over them."""
        for p in range(LANES):
            prev = START
            for row in await self.rows(
                "ingest", "SELECT first_seq, body FROM stream_batch WHERE topic = 'leads' AND p = :p ORDER BY 1", p=p
            ):
                body = row.body.replace(old, new)
                given = {"p": p, "first": row.first_seq, "body": body, "prev": prev}
                await self.change("ingest", _GARBLE, **given)
                prev = links(prev, body.split(b"\n"))[-1]
            head = "UPDATE lane_output SET last_hash = :h WHERE topic = 'leads' AND p = :p"
            await self.change("ingest", head, p=p, h=prev)

    # -- workers -----------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def running(
        self, *names: str, clock: BusinessClock | None = None, **changes: object
    ) -> AsyncIterator[Assembly]:
        settings = self.settings.model_copy(update=changes)
        services = [SERVICES[name] for name in names or SERVICES]
        assembly = Assembly(settings, self.agreement, self.dsn, services, clock=clock)
        await assembly.start()
        try:
            yield assembly
        finally:
            await assembly.stop()
        if assembly.failed:
            raise assembly.failed

    def spawn(self, names: str = "ingest,scoring,routing", *, fail_at: str = "") -> Worker:
        """Another process; killed at the end if it still lives."""
        changed = self.settings.model_dump(exclude_defaults=True, exclude={"database"})
        settings = {f"BATON_{name.upper()}": str(value) for name, value in changed.items()}
        environment = {**settings, "BATON_DATABASE": self.dsn, "BATON_FAIL_AT": fail_at}
        worker = self.nursery().spawn(names, self.settings.data, environment)
        self.workers.append(worker)
        return worker

    async def up(self, worker: Worker) -> None:
        async def there() -> bool:
            return worker.up or worker.gone

        await eventually(there, what="the worker is up")

    async def stop(self, worker: Worker) -> int | None:
        """Its exit code after a polite request."""
        worker.signal(signal.SIGTERM)
        assert await asyncio.to_thread(worker.wait, PATIENCE)
        return worker.code

    async def hold_lanes(self, service: str) -> None:
        """As if somebody with the token `-` held them all."""
        await self.change(service, "UPDATE lane SET token = '-'")

    # -- what there is -----------------------------------------------------------------------------------------------

    async def rows(self, service: str, query: str, **given: object) -> Rows:
        async with self.databases[service].begin() as tx:
            return list((await tx.execute(statement(query), given)).all())

    async def change(self, service: str, query: str, **given: object) -> None:
        async with self.databases[service].begin() as tx:
            await tx.execute(statement(query), given)

    async def as_admin(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        async with admin(self.dsn) as connection, connection.begin():
            return await work(connection)

    async def stream(self, topic: str) -> dict[int, list[bytes]]:
        """What was said, lane by lane; numbers are checked to be dense."""
        found: dict[int, list[bytes]] = {p: [] for p in range(LANES)}
        for row in await self.rows(
            TOPICS[topic].producer,
            "SELECT p, first_seq, n, body FROM stream_batch WHERE topic = :t ORDER BY 1, 2",
            t=topic,
        ):
            lines = row.body.split(b"\n")
            assert row.n == len(lines)
            assert row.first_seq == len(found[row.p]) + 1, f"{topic}/{row.p} is not dense at {row.first_seq}"
            found[row.p] += lines
        return found

    async def events(self, topic: str) -> list[Event]:
        """In lane order; each event's id is checked against its place."""
        found = []
        for p, lines in (await self.stream(topic)).items():
            for number, line in enumerate(lines, start=1):
                event = decode(line)
                assert event is not None
                assert event.id == f"{topic}/{p}/{number}"
                found.append(event)
        return found

    async def shipped(self, p: int) -> int:
        """Up to which number ingest's stream of `leads` was shipped, as its database knows."""
        query = "SELECT shipped_seq AS n FROM lane_output WHERE topic = 'leads' AND p = :p"
        return int(str((await self.rows("ingest", query, p=p))[0].n))

    async def tallies(self, service: str) -> dict[str, Tally]:
        rows = await self.rows(service, "SELECT subject, n, chain FROM tally")
        return {row.subject: Tally(row.n, row.chain) for row in rows}

    async def caught_up(self, *services: str) -> bool:
        """Every reader has taken what was said and everything said was shipped; no timer is due."""
        for name in services or SERVICES:
            for topic in SERVICES[name].reads:
                producer = TOPICS[topic].producer
                if producer not in SERVICES:
                    continue
                written = {r.p: r.n for r in await self.rows(
                    producer, "SELECT p, last_seq AS n FROM lane_output WHERE topic = :t", t=topic)}  # fmt: skip
                read = {r.p: r.n for r in await self.rows(
                    name, "SELECT p, last_seq AS n FROM lane_input WHERE topic = :t", t=topic)}  # fmt: skip
                if written != read:
                    return False
            if await self.rows(name, "SELECT 1 FROM timer LIMIT 1"):
                return False
            unshipped = "SELECT 1 FROM lane_output WHERE last_seq > shipped_seq LIMIT 1"
            if self.settings.kafka and await self.rows(name, unshipped):
                return False
        return True

    async def drain(self, *services: str, within: float = PATIENCE) -> None:
        try:
            await eventually(lambda: self.caught_up(*services), within=within, what="drained")
        except TimeoutError as error:
            lanes = "SELECT *, clock_timestamp() AS now FROM lane JOIN lane_input USING (p)"
            for name in services or SERVICES:
                error.add_note(f"{name}:\n" + "\n".join(map(str, await self.rows(name, lanes))))
            busy = statement(
                "SELECT application_name, state, wait_event_type, wait_event, clock_timestamp() - state_change, query "
                "FROM pg_stat_activity WHERE datname = current_database()"
            )
            error.add_note("\n".join(map(str, await self.as_admin(lambda tx: _all(tx, busy)))))
            log = self.settings.data / "workers.log"
            error.add_note(log.read_text()[-5000:] if log.exists() else "")
            raise

    async def read_kafka(self, topic: str, *, healed: bool = False) -> dict[int, list[bytes]]:
        """What a careful reader makes of the Kafka topic: repeats dropped, no fork; gaps only if they were healed."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.settings.kafka, enable_auto_commit=False, auto_offset_reset="none"
        )
        try:
            await consumer.start()
            places = [TopicPartition(self.settings.topic_prefix + topic, p) for p in range(LANES)]
            consumer.assign(places)
            for place in places:
                consumer.seek(place, 0)
            ends = await consumer.end_offsets(places)
            found: dict[int, list[bytes]] = {p: [] for p in range(LANES)}
            progress = {p: Progress() for p in range(LANES)}
            while not all([await consumer.position(place) >= ends[place] for place in places]):
                for place, records in (await consumer.getmany(timeout_ms=200)).items():
                    for record in records:
                        take(found[place.partition], progress[place.partition], record_of(record, topic), healed=healed)
            return found
        finally:
            await consumer.stop()


@asynccontextmanager
async def bench_on(
    server: EmbeddedPostgres, agreement: Agreement, settings: Settings, nursery: Callable[[], Nursery]
) -> AsyncIterator[Bench]:
    """On a server of one's own, whose database is made."""
    await migrate(server.dsn, [*SERVICES.values(), SILENT], partitions=LANES)
    async with Bench(server.dsn, agreement, settings, nursery) as found:
        yield found


async def _all(tx: Connection, query: Statement) -> Rows:
    return list((await tx.execute(query)).all())


def take(found: list[bytes], progress: Progress, record: Record, *, healed: bool) -> None:
    verdict = progress.check(record.seq, record.prev, record.hash, record.generation)
    if verdict is SequenceCheck.GAP and healed:
        return
    assert verdict in (SequenceCheck.NEXT, SequenceCheck.REPEAT), f"{verdict} at {record.seq}, not {progress.last_seq}"
    if verdict is SequenceCheck.REPEAT:
        assert found[record.seq - 1] == record.value
        return
    progress.take(record.seq, record.hash, record.generation)
    found.append(record.value)


async def taken(leases: Leases) -> list[HeldLane]:
    """What one beat takes, or takes anew."""
    before = dict(leases.held)
    await leases.beat()
    return [one for p, one in sorted(leases.held.items()) if before.get(p) != one]
