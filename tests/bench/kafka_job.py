"""The scoring worker's full job on a real broker (read, decide, commit, ship) against a bare loop on aiokafka."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from sqlalchemy import text
from tests.bench.result import Line, per_event
from tests.bench.traffic import stored_batches

from agreement import Agreement, load
from events.topics import PARTITIONS, TOPICS
from runtime.assembly import Assembly
from runtime.carrier import Stored
from runtime.clock import wall
from runtime.embedded import EmbeddedPostgres
from runtime.kafka_broker import available, open_broker
from runtime.main import calm_collector
from runtime.migrate import migrate
from runtime.settings import Settings
from runtime.stream_kafka import BATCH_BYTES, KafkaStream, create_topics
from runtime.testing import execute, fresh_database
from runtime.testing_service import SHIPPED
from scoring.service import SERVICE

HANDS = (1, 4)
PATIENCE = 300.0
_READ = text("SELECT coalesce(sum(last_seq), 0) FROM lane_input WHERE topic = 'leads'")
_OWED = text("SELECT coalesce(sum(last_seq - shipped_seq), 0) FROM lane_output")
_SAID = text("SELECT p, sum(n)::bigint AS n, sum(octet_length(body))::bigint AS size FROM stream_batch GROUP BY p")


@dataclass(frozen=True, slots=True)
class Load:
    """What the worker read and what it said, so that the bare loop can move as much."""

    events: int
    said: int
    size: int


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
    carrier = KafkaStream(kafka, (), group="bench")
    await carrier.start(lambda _p: None)
    for one in batches:
        await carrier.ship(one)
    await carrier.stop()


def _rounds(
    server: EmbeddedPostgres, kafka: str, agreement: Agreement, events: int, rounds: int
) -> tuple[list[Line], list[str]]:
    """The rounds take turns, so that a busy moment of the machine does not fall on one side only."""
    took: dict[int, list[float]] = {hands: [] for hands in HANDS}
    bare: list[float] = []
    job = Load(events, events, 0)
    for _ in range(rounds):
        for hands in HANDS:
            with fresh_database(server, "bench") as dsn:
                settings = Settings(kafka=kafka, agreement=SHIPPED, data=server.data, _env_file=None)
                seconds, job = uvloop.run(_work(Assembly(settings, agreement, dsn, [SERVICE], hands=hands), events))
                took[hands].append(seconds)
        bare.append(uvloop.run(_loop(kafka, job)))
    against = "aiokafka consume + produce"
    lines = [per_event(f"scoring, {h} hand{'s' * (h > 1)}", min(took[h]), events, against, min(bare)) for h in HANDS]
    note = (
        f"Kafka: {events:,} events read, {job.said:,} said ({job.size / job.said:,.0f} bytes each), {PARTITIONS} lanes"
    )
    return lines, [f"{note}; best of {rounds}. By hand, without deciding: 0.21 with one hand, 0.31 with four."]


async def _work(assembly: Assembly, events: int) -> tuple[float, Load]:
    """From the moment lanes are held to the last acknowledgement of the last batch."""
    await assembly.start()
    try:
        one = assembly.running[0]
        await _until(lambda: bool(one.worker.lanes), assembly)
        started = perf_counter()
        await _until(lambda: _taken(one.worker) >= events, assembly)
        while True:
            async with one.around.database.begin() as tx:
                read, owed = (await tx.execute(_READ)).scalar_one(), (await tx.execute(_OWED)).scalar_one()
                if read >= events and not owed:
                    break
            await asyncio.sleep(0.002)
        seconds = perf_counter() - started
        async with one.around.database.begin() as tx:
            said = (await tx.execute(_SAID)).all()
        return seconds, Load(events, sum(row.n for row in said), sum(row.size for row in said))
    finally:
        await assembly.stop()


def _taken(worker: Any) -> int:
    return sum(one.progress["leads"].last_seq for one in worker.lanes.values() if "leads" in one.progress)


async def _until(true: Callable[[], bool], assembly: Assembly) -> None:
    deadline = perf_counter() + PATIENCE
    while not true():
        if assembly.failed or perf_counter() > deadline:
            raise RuntimeError("the worker did not do its job") from assembly.failed
        await asyncio.sleep(0.002)


async def _loop(kafka: str, job: Load) -> float:
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
        body = b"x" * (job.size // job.said)
        started, read, sent = perf_counter(), 0, 0
        consumer.assign(places)
        for place in places:
            consumer.seek(place, 0)
        while read < job.events:
            waiting = []
            for place, records in (await consumer.getmany(timeout_ms=1000, max_records=5000)).items():
                read += len(records)
                share = job.said * read // job.events - sent
                sent += share
                waiting += await _send(producer, place.partition, body, share)
            await asyncio.gather(*waiting)
        return perf_counter() - started
    finally:
        await consumer.stop()
        await producer.stop()


async def _send(producer: Any, p: int, body: bytes, count: int) -> list[Any]:
    waiting = []
    while count:
        batch = producer.create_batch()
        while count and batch.append(key=None, value=body, timestamp=None):
            count -= 1
        waiting.append(await producer.send_batch(batch, "scores", partition=p))
    return waiting
