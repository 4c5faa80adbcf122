"""What the writers stored, what Kafka holds of it, and how far the readers have come: compared line by line."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from events.topics import PARTITIONS, TOPICS, partition
from runtime.chain import START, links
from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.emit.stored import Stored
from runtime.lanes.sequence import Progress, SequenceCheck
from runtime.schema_names import schema_of
from runtime.transport.base import Record
from runtime.transport.kafka_headers import record_of

StreamName = tuple[str, int]
"""Topic and partition."""
_ONE_MOMENT: Final = statement("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


@dataclass(slots=True)
class Stream:
    """One stream as its writer has it."""

    batches: list[Stored] = field(default_factory=list)
    last_seq: int = 0
    shipped_seq: int = 0
    last_hash: bytes = START

    @property
    def lines(self) -> list[bytes]:
        """All of them, in order."""
        return [line for batch in self.batches for line in batch.lines]


async def heads(tx: Connection, topic: str) -> dict[StreamName, Stream]:
    """All streams of a topic, the empty ones too, without what is in them."""
    schema = schema_of(TOPICS[topic].producer)
    query = f"SELECT p, last_seq, shipped_seq, last_hash FROM {schema}.lane_output WHERE topic = :topic"
    rows = await tx.execute(statement(query), {"topic": topic})
    return {(topic, row.p): Stream([], row.last_seq, row.shipped_seq, row.last_hash) for row in rows}


async def stored_streams(tx: Connection, topic: str) -> dict[StreamName, Stream]:
    """The same with everything that was written."""
    schema, streams = schema_of(TOPICS[topic].producer), await heads(tx, topic)
    batches = (
        f"SELECT p, first_seq, prev, body, generation FROM {schema}.stream_batch WHERE topic = :topic ORDER BY 1, 2"
    )
    for row in await tx.execute(statement(batches), {"topic": topic}):
        stored = Stored(topic, row.p, row.first_seq, row.prev, row.body, row.generation)
        streams[topic, row.p].batches.append(stored)
    return streams


def broken(place: StreamName, stream: Stream) -> list[str]:
    """Where the stream is not dense from 1, a link of its chain does not fit, or an event stands in a wrong place."""
    topic, p = place
    name, last, hash = f"{topic}/{p}", 0, START
    for batch in stream.batches:
        if batch.first_seq != last + 1:
            return [f"{name}: {batch.first_seq} follows {last}"]
        if batch.prev != hash:
            return [f"{name}: the batch at {batch.first_seq} does not continue the chain"]
        for number, line in enumerate(batch.lines, batch.first_seq):
            event = orjson.loads(line)
            if event["id"] != f"{name}/{number}" or partition(event["subject"]) != p:
                return [f"{name}: {event['id']} of {event['subject']} stands at {number}"]
        last, hash = batch.first_seq + batch.n - 1, links(batch.prev, batch.lines)[-1]
    if (stream.last_seq, stream.last_hash) != (last, hash):
        return [f"{name}: its head says {stream.last_seq}, its batches end at {last}, or with another hash"]
    return []


async def kafka_records(servers: str, topic: str, prefix: str) -> dict[StreamName, list[Record]]:
    """Everything that the log holds of the topic, repeats included."""
    consumer = AIOKafkaConsumer(bootstrap_servers=servers, enable_auto_commit=False, auto_offset_reset="none")
    await consumer.start()
    try:
        places = [TopicPartition(prefix + topic, p) for p in range(PARTITIONS)]
        consumer.assign(places)
        for place in places:
            consumer.seek(place, 0)
        ends = await consumer.end_offsets(places)
        heard: dict[StreamName, list[Record]] = defaultdict(list)
        while not all([await consumer.position(place) >= ends[place] for place in places]):
            for place, records in (await consumer.getmany(timeout_ms=500)).items():
                heard[topic, place.partition] += [record_of(record, topic) for record in records]
        return heard
    finally:
        await consumer.stop()


def not_in_kafka(place: StreamName, stream: Stream, records: Iterable[Record]) -> list[str]:
    """What a careful reader of the log makes of it, repeats and unfilled gaps dropped, against what was stored."""
    name, lines, progress, taken = f"{place[0]}/{place[1]}", stream.lines, Progress(), 0
    for record in records:
        verdict = progress.check(record.seq, record.prev, record.hash, record.generation)
        if verdict is SequenceCheck.FORK:
            return [f"{name}: Kafka's record {record.seq} at offset {record.offset} does not continue the chain"]
        if verdict is SequenceCheck.REPEAT and record.value != lines[record.seq - 1]:
            return [f"{name}: Kafka has another content under the repeated number {record.seq}"]
        if verdict is SequenceCheck.NEXT:
            if record.seq > len(lines) or record.value != lines[record.seq - 1]:
                return [f"{name}: Kafka has another content under the number {record.seq}"]
            progress.take(record.seq, record.hash, record.generation)
            taken += 1
    return [] if taken == len(lines) else [f"{name}: of {len(lines)} records Kafka gives {taken}"]


@dataclass(frozen=True, slots=True)
class Reading:
    """How far one reader of one stream has come."""

    reader: str
    topic: str
    p: int
    last_seq: int
    last_hash: bytes


async def readings(tx: Connection) -> list[Reading]:
    """Of every reader of every stream."""
    found = []
    for reader in sorted({reader for topic in TOPICS.values() for reader in topic.readers}):
        query = f"SELECT topic, p, last_seq, last_hash FROM {schema_of(reader)}.lane_input"
        rows = await tx.execute(statement(query))
        found += [Reading(reader, row.topic, row.p, row.last_seq, row.last_hash) for row in rows]
    return found


async def lag(tx: Connection) -> list[str]:
    """What is not at rest at one moment: readers behind their writer, and writers that have not shipped everything."""
    async with tx.begin():
        await tx.execute(_ONE_MOMENT)
        streams = {name: stream for topic in TOPICS for name, stream in (await heads(tx, topic)).items()}
        return [*behind(await readings(tx), streams), *unshipped(streams)]


def unshipped(streams: Mapping[StreamName, Stream]) -> list[str]:
    """Streams of which something was not sent, as far as their writer knows."""
    return [
        f"{topic}/{p} is shipped up to {stream.shipped_seq} of {stream.last_seq}"
        for (topic, p), stream in streams.items()
        if stream.shipped_seq != stream.last_seq
    ]


def behind(readings: Iterable[Reading], streams: Mapping[StreamName, Stream]) -> list[str]:
    """Readers that stand elsewhere than their writer."""
    return [
        f"{one.reader} stands at {one.topic}/{one.p}/{one.last_seq}, its writer at {streams[one.topic, one.p].last_seq}"
        for one in readings
        if (one.last_seq, one.last_hash) != (streams[one.topic, one.p].last_seq, streams[one.topic, one.p].last_hash)
    ]


def events_of(streams: Mapping[StreamName, Stream], topics: Sequence[str]) -> Iterator[bytes]:
    """The lines of these topics, stream by stream, each in its order."""
    for (topic, _), stream in sorted(streams.items()):
        if topic in topics:
            yield from stream.lines
