"""The scoring worker's full job on a real broker (read, decide, commit, ship) against a bare loop on aiokafka."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from tests.bench.result import Line
from tests.bench.traffic import stored_batches

from agreement import Agreement, load
from events import Fact
from events.scores import Gate, LeadScored, RouteFacts, ScoreLine
from events.topics import PARTITIONS, TOPICS
from runtime.clock import wall
from runtime.database.connection import Connection
from runtime.database.embedded import EmbeddedPostgres
from runtime.database.statement import statement
from runtime.lanes.worker import Worker
from runtime.process.assembly import Assembly
from runtime.process.main import calm_collector
from runtime.process.migrate import migrate
from runtime.service import Components, Service
from runtime.settings import Settings
from runtime.transport.base import Stored
from runtime.transport.kafka import KafkaTransport
from runtime.transport.kafka_clients import BATCH_BYTES
from runtime.transport.kafka_topics import create_topics
from runtime.values import Batch
from scoring.handler import ScoreLeads
from scoring.service import SERVICE
from testing.broker import available, open_broker
from testing.servers import execute, fresh_database
from testing.service import SHIPPED

PATIENCE = 300.0
_READ = statement("SELECT coalesce(sum(last_seq), 0) FROM lane_input WHERE topic = 'leads'")
_UNSHIPPED = statement("SELECT coalesce(sum(last_seq - shipped_seq), 0) FROM lane_output")
_WRITTEN = statement(
    "SELECT p, sum(n)::bigint AS n, sum(octet_length(body))::bigint AS size FROM stream_batch GROUP BY p"
)


class Echo:
    """The plumbing alone: decodes what scoring decodes and emits as many facts of the same size."""

    handles = ScoreLeads.handles

    async def __call__(self, batch: Batch, tx: Connection) -> list[Fact]:
        return [LeadScored.fact(event.subject, ECHO, time=event.time, cause=event) for event in batch.events]


_LINE = ScoreLine(rule="site_visit", points=2, because="site visit", at=wall(), events=("leads/11/1000",))
ECHO = LeadScored.Data(
    model="default",
    fit=0,
    engagement=32,
    total=32,
    band="cold",
    confidence_known=0,
    confidence_of=4,
    completeness=0,
    engagement_lines=(_LINE,) * 16,
    gate=Gate(passed=False, reason="32 of 60"),
    facts=RouteFacts(),
)
PLUMBING = Service(SERVICE.name, SERVICE.package, lambda _context: Components(handler=Echo()))
JOBS = (
    ("plumbing, concurrency 1", PLUMBING, 1),
    ("plumbing, concurrency 4", PLUMBING, 4),
    ("scoring, concurrency 1", SERVICE, 1),
    ("scoring, concurrency 4", SERVICE, 4),
)


@dataclass(frozen=True, slots=True)
class Took:
    seconds: float
    cpu: float
    """Of this process."""


@dataclass(frozen=True, slots=True)
class Load:
    """What the worker read and what it wrote, so that the bare loop can move as much."""

    events: int
    written: int
    """Facts."""
    size: int
    """Bytes of all facts."""


def bench(events: int, leads: int, rounds: int) -> tuple[list[Line], list[str]]:
    if reason := available():
        return [], [f"Kafka was not measured: {reason}"]
    batches = stored_batches(events, leads, wall())
    with ExitStack() as stack:
        data = stack.enter_context(TemporaryDirectory(prefix="baton-bench-"))
        server = stack.enter_context(EmbeddedPostgres(Path(data)))
        kafka = stack.enter_context(open_broker())
        execute(server.dsn, "CREATE DATABASE bench")
        asyncio.run(migrate(server.dsn_of("bench"), [SERVICE], partitions=PARTITIONS))
        uvloop.run(_produce(kafka, batches))
        agreement = load(SHIPPED)
        calm_collector()
        return _rounds(server, kafka, agreement, events, rounds)


async def _produce(kafka: str, batches: Sequence[Stored]) -> None:
    await create_topics(kafka, list(TOPICS), partitions=PARTITIONS, replication=1)
    transport = KafkaTransport(kafka, (), group="bench")
    await transport.start(lambda _p: None)
    for one in batches:
        await transport.ship(one)
    await transport.stop()


def _rounds(
    server: EmbeddedPostgres, kafka: str, agreement: Agreement, events: int, rounds: int
) -> tuple[list[Line], list[str]]:
    """The rounds take turns, so that a busy moment of the machine does not fall on one side only."""
    took: dict[str, list[Took]] = {what: [] for what, _, _ in JOBS}
    bare: list[Took] = []
    job = Load(events, events, 0)
    for _ in range(rounds):
        for what, service, concurrency in JOBS:
            with fresh_database(server, "bench") as dsn:
                settings = Settings(kafka=kafka, agreement=SHIPPED, data=server.data, _env_file=None)
                one, job = uvloop.run(
                    _work(Assembly(settings, agreement, dsn, [service], concurrency=concurrency), events)
                )
                took[what].append(one)
        bare.append(uvloop.run(_loop(kafka, job)))
    elapsed = [_line(what, events, [one.seconds for one in runs], [one.seconds for one in bare])
             for what, runs in took.items()]  # fmt: skip
    cpu = [_line(f"{what}, processor time", events, [one.cpu for one in runs], [one.cpu for one in bare])
           for what, runs in took.items()]  # fmt: skip
    note = (
        f"Kafka: {events:,} events read, {job.written:,} written ({job.size / job.written:,.0f} bytes each) on "
        f"{PARTITIONS} lanes, committed and acknowledged; best of {rounds}. `Plumbing` writes as much without deciding "
        "or keeping anything. Processor time is the worker's own without the database's: what a busy machine does not "
        "blur."
    )
    return elapsed + cpu, [note]


def _line(what: str, events: int, ours: Sequence[float], bare: Sequence[float]) -> Line:
    us, bare_us = min(ours) / events * 1e6, min(bare) / events * 1e6
    return Line(what, us, "us an event", "aiokafka, consume + produce", bare_us, bare_us / us)


async def _work(assembly: Assembly, events: int) -> tuple[Took, Load]:
    """From the moment lanes are held to the last acknowledgement of the last batch."""
    await assembly.start()
    try:
        one = assembly.running[0]
        await _until(lambda: bool(one.worker.lanes), assembly)
        started, cpu = perf_counter(), process_time()
        await _until(lambda: _events_read(one.worker) >= events, assembly)
        while True:
            async with one.context.database.begin() as tx:
                read, unshipped = (await tx.execute(_READ)).scalar_one(), (await tx.execute(_UNSHIPPED)).scalar_one()
                if read >= events and not unshipped:
                    break
            await asyncio.sleep(0.002)
        took = Took(perf_counter() - started, process_time() - cpu)
        async with one.context.database.begin() as tx:
            rows = (await tx.execute(_WRITTEN)).all()
        return took, Load(events, sum(row.n for row in rows), sum(row.size for row in rows))
    finally:
        await assembly.stop()


def _events_read(worker: Worker) -> int:
    return sum(one.progress["leads"].last_seq for one in worker.lanes.values() if "leads" in one.progress)


async def _until(true: Callable[[], bool], assembly: Assembly) -> None:
    deadline = perf_counter() + PATIENCE
    while not true():
        if assembly.failed or perf_counter() > deadline:
            raise RuntimeError("the worker did not do its job") from assembly.failed
        await asyncio.sleep(0.002)


async def _loop(kafka: str, job: Load) -> Took:
    """As many records of the same size, acknowledged by all: read some, send as many, wait, read on."""
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka, acks="all", max_batch_size=BATCH_BYTES, max_request_size=BATCH_BYTES + 4096
    )
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka, auto_offset_reset="none", max_partition_fetch_bytes=BATCH_BYTES
    )
    await producer.start()
    await consumer.start()
    try:
        places = [TopicPartition("leads", p) for p in range(PARTITIONS)]
        body = b"x" * (job.size // job.written)
        started, cpu, read, sent = perf_counter(), process_time(), 0, 0
        consumer.assign(places)
        for place in places:
            consumer.seek(place, 0)
        while read < job.events:
            waiting = []
            for place, records in (await consumer.getmany(timeout_ms=1000, max_records=5000)).items():
                read += len(records)
                share = job.written * read // job.events - sent
                sent += share
                waiting += await _send(producer, place.partition, body, share)
            await asyncio.gather(*waiting)
        return Took(perf_counter() - started, process_time() - cpu)
    finally:
        await consumer.stop()
        await producer.stop()


async def _send(producer: AIOKafkaProducer, p: int, body: bytes, count: int) -> list[asyncio.Future[object]]:
    waiting = []
    while count:
        batch = producer.create_batch()
        while count and batch.append(key=None, value=body, timestamp=None):
            count -= 1
        waiting.append(await producer.send_batch(batch, "scores", partition=p))
    return waiting
