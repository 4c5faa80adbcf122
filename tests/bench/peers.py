"""Scoring's full job against the same job written with FastStream and with Quix Streams, in turns on one broker.

All three read the same recorded `leads`, decide by scoring's own rules and write the same facts to `scores`; the best
of so many rounds counts, as events a second. FastStream keeps state in scoring's tables on the same PostgreSQL, 500
records a transaction, four at the same time, and acknowledges after the commit; Quix Streams keeps it in RocksDB
beside the process and in a changelog topic, with its defaults. Neither promises what Baton does: a crash may repeat
what they say, or for FastStream lose it. Time runs from the first event that is worked; for scoring from the moment at
which lanes are held.
"""

from collections.abc import Sequence
from tempfile import TemporaryDirectory

import uvloop
from aiokafka import AIOKafkaProducer
from tests.bench.child import run
from tests.bench.figures import Figure
from tests.bench.service_jobs import RecordedHouse, Took, next_prefix, produce, run_service

from events.codec import head
from events.topics import PARTITIONS
from runtime.emit.stored import Stored
from runtime.transport.kafka_topics import create_topics
from scoring.service import SERVICE
from testing.servers import fresh_database

REACH = 1.5
PATIENCE = 300
TOGETHER = 200
"""Keyed records in a record batch."""


def bench(place: RecordedHouse, rounds: int) -> list[Figure]:
    """Both ratios; raises RuntimeError when a peer fails or says something else than scoring."""
    ours: list[Took] = []
    faststream: list[float] = []
    quix: list[float] = []
    for _ in range(rounds):
        ours.append(run_service(place, SERVICE))
        faststream.append(_faststream(place, ours[-1]))
        quix.append(_quix(place, ours[-1]))
    best = max(one.events_per_second for one in ours)
    return [
        Figure(key, f"scoring's job against the same with {name}", best / max(theirs), "", REACH,
               f"{best:,.0f} events/s, {name} {max(theirs):,.0f}")
        for key, name, theirs in (("vs_faststream", "FastStream", faststream), ("vs_quix", "Quix Streams", quix))
    ]  # fmt: skip


def _faststream(place: RecordedHouse, ours: Took) -> float:
    prefix = next_prefix()
    uvloop.run(produce(place, SERVICE, prefix))
    with fresh_database(place.server, "bench") as dsn:
        return _run("faststream_peer", ours, kafka=place.kafka, prefix=prefix, dsn=dsn, events=str(_leads(place)))


def _quix(place: RecordedHouse, ours: Took) -> float:
    prefix = next_prefix()
    uvloop.run(_produce_keyed(place.kafka, place.streams["leads"], prefix))
    with TemporaryDirectory(prefix="baton-bench-") as folder:
        return _run("quix_peer", ours, kafka=place.kafka, prefix=prefix, folder=folder, events=str(_leads(place)))


def _leads(place: RecordedHouse) -> int:
    return place.count(["leads"])


def _run(module: str, ours: Took, **options: str) -> float:
    """Events a second."""
    figures = run(module, PATIENCE, **options)
    if abs(figures["written"] - ours.written) > ours.written // 100:
        raise RuntimeError(f"{module} wrote {figures['written']:,.0f} facts, scoring {ours.written:,}")
    return int(options["events"]) / figures["seconds"]


async def _produce_keyed(kafka: str, streams: Sequence[Stored], prefix: str) -> None:
    """The same records with the lead as their key: Quix keeps state by key."""
    await create_topics(kafka, ["leads", "scores"], partitions=PARTITIONS, replication=1, prefix=prefix)
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", max_batch_size=2**20, max_request_size=2**20)
    await producer.start()
    try:
        for stored in streams:
            lines = stored.lines
            for at in range(0, len(lines), TOGETHER):
                batch = producer.create_batch()
                for line in lines[at : at + TOGETHER]:
                    assert batch.append(key=head(line).subject.encode(), value=line, timestamp=None) is not None
                await (await producer.send_batch(batch, f"{prefix}leads", partition=stored.p))
    finally:
        await producer.stop()
