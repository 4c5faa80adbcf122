"""The Kafka carrier: partitions assigned by our leases, offsets in our tables, one record batch per stored batch."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, OffsetOutOfRangeError, TopicAlreadyExistsError
from sqlalchemy.ext.asyncio import AsyncConnection

from runtime.carrier import Record, Stored, Wake
from runtime.errors import Misconfigured
from runtime.faultpoint import point

log = structlog.get_logger()
BATCH_BYTES: Final = 1_048_576
SEND_TIMEOUT: Final = 20.0
_BUFFER_RECORDS: Final = 2000
_TOKEN: Final = "token"  # noqa: S105  (a header's name)


class KafkaStream:
    """For one worker. Reading goes on in the background into one buffer per partition; full buffers pause."""

    ships = True

    def __init__(self, servers: str, topics: Sequence[str], *, group: str) -> None:
        self._servers = servers
        self._topics = tuple(topics)
        self._group = group
        self._producer: Any = None
        self._consumer: Any = None
        self._buffers: dict[TopicPartition, deque[Record]] = {}
        self._positions: dict[TopicPartition, int] = {}
        self._changed = asyncio.Event()
        self._assigning = asyncio.Lock()
        self._pump: asyncio.Task[None] | None = None
        self._wake: Wake = lambda _p: None

    async def start(self, wake: Wake) -> None:
        self._wake = wake
        await self._new_producer()
        if self._topics:
            await self._new_consumer()
            self._pump = asyncio.create_task(self._pumping(), name=f"kafka-{self._group}")

    async def _new_producer(self) -> None:
        # acks defaults to 1; idempotence and transactions stay off: our numbers do that work (DECISIONS.md D4)
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self._servers,
            acks="all",
            enable_idempotence=False,
            max_batch_size=BATCH_BYTES,
            max_request_size=BATCH_BYTES + 4096,
            linger_ms=0,
            request_timeout_ms=10_000,
        )
        await asyncio.wait_for(self._producer.start(), 30)

    async def _new_consumer(self) -> None:
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=self._servers,
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="none",
            max_partition_fetch_bytes=BATCH_BYTES,
            fetch_max_wait_ms=100,
        )
        await asyncio.wait_for(self._consumer.start(), 30)

    async def stop(self) -> None:
        if self._pump:
            self._pump.cancel()
            await asyncio.gather(self._pump, return_exceptions=True)
        for client in (self._consumer, self._producer):
            if client is not None:
                with contextlib.suppress(Exception):  # stop() can hang for ever when Kafka is away
                    await asyncio.wait_for(client.stop(), 5)

    async def hold(self, p: int, offsets: Mapping[str, int]) -> None:
        for topic in self._topics:
            place = TopicPartition(topic, p)
            self._positions[place] = offsets[topic]
            self._buffers[place] = deque()
        await self._assign()

    async def drop(self, p: int) -> None:
        for topic in self._topics:
            self._positions.pop(TopicPartition(topic, p), None)
            self._buffers.pop(TopicPartition(topic, p), None)
        await self._assign()

    async def _assign(self) -> None:
        """`assign` forgets every position, so all are sought again at where the buffers end."""
        if self._consumer is None:
            return
        async with self._assigning:
            places = sorted(self._positions)
            self._consumer.assign(places) if places else self._consumer.unsubscribe()
            for place in places:
                self._consumer.seek(place, self._positions[place])
            self._changed.set()

    async def _pumping(self) -> None:
        committed = 0.0
        loop = asyncio.get_running_loop()
        while True:
            if not self._positions or self._consumer is None:
                self._changed.clear()
                await self._changed.wait()
                continue
            self._throttle()
            try:
                found = await self._consumer.getmany(timeout_ms=200, max_records=5000)
            except OffsetOutOfRangeError as error:
                await self._rewind([place for place in error.args[0] if isinstance(place, TopicPartition)])
                continue
            except KafkaError as error:
                log.warning("kafka is away", group=self._group, error=repr(error))
                await asyncio.sleep(1)
                continue
            for place, records in found.items():
                self._keep(place, records)
            if loop.time() - committed > 5:
                committed = loop.time()
                await self._show_offsets()

    def _throttle(self) -> None:
        for place in self._consumer.assignment():
            full = len(self._buffers.get(place, ())) >= _BUFFER_RECORDS
            paused = place in self._consumer.paused()
            if full and not paused:
                self._consumer.pause(place)
            elif paused and not full:
                self._consumer.resume(place)

    def _keep(self, place: TopicPartition, records: Sequence[ConsumerRecord]) -> None:
        buffer = self._buffers.get(place)
        if buffer is None:
            return
        for record in records:
            if record.offset < self._positions[place]:
                continue  # fetched before the lane was moved
            self._positions[place] = record.offset + 1
            buffer.append(_record(record))
        self._wake(place.partition)

    async def _rewind(self, places: Sequence[TopicPartition]) -> None:
        """The topic was truncated or made anew: read it from its beginning and let the numbers decide."""
        starts = await self._consumer.beginning_offsets(list(places)) if places else {}
        for place, start in starts.items():
            log.error("offset out of range; reading from the beginning", topic=place.topic, p=place.partition)
            self._positions[place] = start
            self._buffers[place] = deque()
        await self._assign()

    async def _show_offsets(self) -> None:
        """For lag tools and autoscalers only; nothing of ours reads them back."""
        with contextlib.suppress(Exception):
            await asyncio.wait_for(self._consumer.commit(dict(self._positions)), 2)

    async def read(
        self, tx: AsyncConnection, p: int, offsets: Mapping[str, int], *, records: int, size: int
    ) -> Sequence[Record]:
        found: list[Record] = []
        for topic in self._topics:
            buffer = self._buffers.get(TopicPartition(topic, p))
            if not buffer:
                continue
            while buffer and buffer[0].offset < offsets[topic]:
                buffer.popleft()
            share = max(1, (records - len(found)) or 1)
            room = size
            for record in buffer:
                if share == 0 or room < 0:
                    break
                found.append(record)
                share -= 1
                room -= len(record.value)
        return found

    async def ship(self, stored: Stored) -> None:
        batch = self._producer.create_batch()
        headers = [(_TOKEN, stored.token.encode())]
        for number, line in enumerate(stored.lines, start=stored.first_seq):
            header = [*headers, ("seq", str(number).encode())]
            if batch.append(key=None, value=line, timestamp=None, headers=header) is None:
                raise Misconfigured(f"{stored.topic}/{stored.p}/{stored.first_seq} does not fit one record batch")
        sent = await asyncio.wait_for(self._producer.send_batch(batch, stored.topic, partition=stored.p), SEND_TIMEOUT)
        point("before_ack")
        await asyncio.wait_for(sent, SEND_TIMEOUT)
        point("after_ack")

    async def behind(self, tx: AsyncConnection, seqs: Mapping[int, Mapping[str, int]]) -> set[int]:
        return {place.partition for place, buffer in self._buffers.items() if buffer and place.partition in seqs}


def _record(record: ConsumerRecord) -> Record:
    headers = dict(record.headers)
    return Record(
        topic=record.topic,
        p=record.partition,
        offset=record.offset,
        after=record.offset + 1,
        seq=int(headers.get("seq", b"0")),
        token=headers.get(_TOKEN, b"").decode(),
        value=record.value or b"",
    )


async def create_topics(servers: str, topics: Sequence[str], *, partitions: int, replication: int) -> list[str]:
    """Creates what is missing; raises Misconfigured when a topic has another number of partitions."""
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    try:
        await asyncio.wait_for(admin.start(), 20)
    except (KafkaError, TimeoutError, OSError) as error:
        raise Misconfigured(
            f"no Kafka broker answers at {servers} ({error!r}). Start one with `make kafka`, or correct BATON_KAFKA."
        ) from error
    try:
        there = set(await admin.list_topics())
        wanted = [
            NewTopic(
                name,
                num_partitions=partitions,
                replication_factor=replication,
                topic_configs={
                    "message.timestamp.type": "LogAppendTime",
                    "retention.ms": str(28 * 24 * 3600 * 1000),
                    "min.insync.replicas": str(max(1, replication - 1)),
                    "max.message.bytes": str(BATCH_BYTES + 4096),
                },
            )
            for name in topics
            if name not in there
        ]
        if wanted:
            with contextlib.suppress(TopicAlreadyExistsError):
                await admin.create_topics(wanted)
        for described in await admin.describe_topics([name for name in topics if name in there]):
            count = len(described["partitions"])
            if count != partitions:
                raise Misconfigured(
                    f"topic {described['topic']} has {count} partitions, this house was founded with {partitions}. "
                    "Leads would change lanes: give the house topics of its own, or restore the partition count."
                )
        return [topic.name for topic in wanted]
    finally:
        await admin.close()
