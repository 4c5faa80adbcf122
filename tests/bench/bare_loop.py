"""The yardstick: a raw aiokafka loop that reads the same input and writes the same bytes as a worker wrote."""

import asyncio
from collections.abc import Sequence
from time import perf_counter

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from tests.bench.shipping import ship

from events.topics import PARTITIONS
from runtime.emit.stored import Stored
from runtime.transport.kafka_clients import BATCH_BYTES
from runtime.transport.kafka_topics import create_topics

_prepared: list[str] = []
PREFIX, INPUT, OUTPUT = "bare.", "leads", "scores"


async def move(kafka: str, given: Sequence[Stored], written: int, size: int) -> float:
    """Seconds to read these records and send `written` ones of `size` bytes in all, acknowledged by all replicas."""
    await _prepare(kafka, given)
    events = sum(len(one.lines) for one in given)
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka, acks="all", max_batch_size=BATCH_BYTES, max_request_size=BATCH_BYTES + 4096
    )
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka, auto_offset_reset="none", max_partition_fetch_bytes=BATCH_BYTES
    )
    await producer.start()
    await consumer.start()
    try:
        places = [TopicPartition(PREFIX + INPUT, p) for p in range(PARTITIONS)]
        body = b"x" * (size // written)
        started, read, sent = perf_counter(), 0, 0
        consumer.assign(places)
        for place in places:
            consumer.seek(place, 0)
        while read < events:
            waiting = []
            for place, records in (await consumer.getmany(timeout_ms=1000, max_records=5000)).items():
                read += len(records)
                share = written * read // events - sent
                sent += share
                waiting += await _send(producer, place.partition, body, share)
            await asyncio.gather(*waiting)
        return perf_counter() - started
    finally:
        await consumer.stop()
        await producer.stop()


async def _prepare(kafka: str, given: Sequence[Stored]) -> None:
    """Puts the records on a topic of their own, once."""
    await create_topics(kafka, [INPUT, OUTPUT], partitions=PARTITIONS, replication=1, prefix=PREFIX)
    if not _prepared:
        await ship(kafka, PREFIX, given)
        _prepared.append(kafka)


async def _send(producer: AIOKafkaProducer, p: int, body: bytes, count: int) -> list[asyncio.Future[object]]:
    waiting = []
    while count:
        batch = producer.create_batch()
        while count and batch.append(key=None, value=body, timestamp=None):
            count -= 1
        waiting.append(await producer.send_batch(batch, PREFIX + OUTPUT, partition=p))
    return waiting
