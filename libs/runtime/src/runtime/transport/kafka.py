"""The Kafka transport: partitions assigned by our leases, offsets in our tables, one record batch per stored batch."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, Final

import structlog
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from runtime.database.connection import Connection
from runtime.errors import Misconfigured
from runtime.observe.describe import describe
from runtime.transport.base import Record, Stored, Wake, turned
from runtime.transport.fault_point import point
from runtime.transport.kafka_clients import new_consumer, new_producer, stop_client
from runtime.transport.kafka_headers import record_of, with_headers
from runtime.transport.kafka_reading import PartitionBuffer, ShownOffsets

log = structlog.get_logger()
SEND_TIMEOUT: Final = 20.0
_TIRED: Final = 3
"""Failed sends in a row after which a producer is replaced: a broken one fails for ever."""


class KafkaTransport:
    """For one worker. Reading goes on in the background into one buffer per partition; full buffers pause."""

    ships = True

    def __init__(self, servers: str, topics: Sequence[str], *, group: str, prefix: str = "") -> None:
        self.house = ""
        self._servers = servers
        self._topics = tuple(topics)
        self._group = prefix + group
        self._prefix = prefix
        self._producer: Any = None
        self._failures = 0
        self._replacing = asyncio.Lock()
        self._consumer: Any = None
        self._reading: dict[TopicPartition, PartitionBuffer] = {}
        self._changed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._shown = ShownOffsets(servers, self._group)
        self._wake: Wake = lambda _p: None
        self._turn = 0

    async def start(self, wake: Wake) -> None:
        """Connects a producer, and a consumer if there is something to read; raises KafkaError without a broker."""
        self._wake = wake
        self._producer = await new_producer(self._servers)
        if self._topics:
            self._consumer = await new_consumer(self._servers)
            self._tasks = [asyncio.create_task(work) for work in (self._pumping(), self._showing())]

    async def stop(self) -> None:
        """Ends the reading and closes all clients, each within a few seconds."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._shown.stop()
        clients = [client for client in (self._consumer, self._producer) if client is not None]
        await asyncio.gather(*(stop_client(client) for client in clients))

    def _place(self, topic: str, p: int) -> TopicPartition:
        return TopicPartition(self._prefix + topic, p)

    async def hold(self, p: int, offsets: Mapping[str, int]) -> None:
        """Reads the lane's partitions from these offsets on; what was buffered of them is forgotten."""
        for topic in self._topics:
            self._reading.setdefault(self._place(topic, p), PartitionBuffer(offsets[topic])).move(offsets[topic])
        self._changed.set()

    async def drop(self, p: int) -> None:
        """Stops reading the lane's partitions and forgets what was buffered."""
        for topic in self._topics:
            self._reading.pop(self._place(topic, p), None)
        self._changed.set()

    async def _pumping(self) -> None:
        """For ever: a client that breaks is replaced by a new one, which goes on where the buffers end."""
        while True:
            try:
                await self._pump_once()
            except OffsetOutOfRangeError as error:
                self._rewind([place for place in error.args[0] if isinstance(place, TopicPartition)])
            except Exception as error:  # noqa: BLE001  (whatever ails the client, a new one is tried)
                log.warning("kafka is away", group=self._group, error=describe(error))
                await asyncio.sleep(1)
                with contextlib.suppress(Exception):
                    await self._renew_consumer()

    async def _renew_consumer(self) -> None:
        fresh = await new_consumer(self._servers)
        old, self._consumer = self._consumer, fresh
        await stop_client(old)

    async def _pump_once(self) -> None:
        while True:
            self._follow()
            if not self._reading:
                await self._changed.wait()
                continue
            collected = await self._consumer.getmany(timeout_ms=100, max_records=5000)
            for place, records in collected.items():
                self._keep(place, records)

    def _follow(self) -> None:
        """Makes the client read what is held. `assign` forgets every position, so all are sought again."""
        self._changed.clear()
        places = set(self._reading)
        if places != self._consumer.assignment():
            self._consumer.assign(sorted(places)) if places else self._consumer.unsubscribe()
            for reading in self._reading.values():
                reading.moved = True
        paused = self._consumer.paused() if places else set()
        for place, reading in self._reading.items():
            if reading.moved:
                self._consumer.seek(place, reading.position)
                reading.moved = False
            if reading.full and place not in paused:
                self._consumer.pause(place)
            elif place in paused and not reading.full:
                self._consumer.resume(place)

    def _keep(self, place: TopicPartition, records: Sequence[ConsumerRecord]) -> None:
        reading = self._reading.get(place)
        if reading is None or reading.moved:
            return
        for record in records:
            if record.offset >= reading.position:
                reading.append(record_of(record, place.topic.removeprefix(self._prefix)))
        self._wake(place.partition)

    def _rewind(self, places: Sequence[TopicPartition]) -> None:
        """The topic was truncated or made anew: read it from its beginning and let the numbers decide."""
        for place in places:
            log.error("offset out of range; reading from the beginning", topic=place.topic, p=place.partition)
            if reading := self._reading.get(place):
                reading.missing_offset = reading.requested
                reading.move(0)

    async def _showing(self) -> None:
        while True:
            await asyncio.sleep(5)
            await self._shown.show({place: reading.position for place, reading in self._reading.items()})

    async def read(
        self, tx: Connection, p: int, offsets: Mapping[str, int], *, records: int, size: int
    ) -> Sequence[Record]:
        """What has been fetched so far of the lane's partitions; never waits for the broker."""
        collected: list[Record] = []
        for topic in turned(self._topics, self._turn):
            reading = self._reading.get(self._place(topic, p))
            if reading is None:
                continue
            reading.forget_before(offsets[topic])
            room = size
            for record in islice(reading.records, max(1, records - len(collected))):
                collected.append(record)
                room -= len(record.value)
                if room < 0:
                    break
        self._turn += 1
        return collected

    async def ship(self, stored: Stored) -> None:
        """Sends the batch and waits for the acknowledgement of all in-sync replicas, 20 seconds at most."""
        try:
            await self._send(stored)
            self._failures = 0
        except (KafkaError, TimeoutError, OSError):
            self._failures += 1
            if self._failures >= _TIRED:
                await self._renew_producer()
            raise

    async def _send(self, stored: Stored) -> None:
        batch = self._producer.create_batch()
        for line, headers in with_headers(stored, self.house):
            if batch.append(key=None, value=line, timestamp=None, headers=headers) is None:
                raise Misconfigured(f"{stored.topic}/{stored.p}/{stored.first_seq} does not fit one record batch")
        batch.close()
        place = self._place(stored.topic, stored.p)
        sending = self._producer.send_batch(batch, place.topic, partition=place.partition)
        sent = await asyncio.wait_for(sending, SEND_TIMEOUT)
        point("before_ack")
        await asyncio.wait_for(sent, SEND_TIMEOUT)
        point("after_ack")

    async def _renew_producer(self) -> None:
        """What the old one still delivers arrives as a repeat."""
        if self._replacing.locked():
            return
        async with self._replacing:
            with contextlib.suppress(KafkaError, TimeoutError, OSError):
                fresh = await new_producer(self._servers)
                old, self._producer, self._failures = self._producer, fresh, 0
                await stop_client(old)

    async def behind(self, tx: Connection, seqs: Mapping[int, Mapping[str, int]]) -> set[int]:
        """Lanes with something in their buffers."""
        return {place.partition for place, reading in self._reading.items() if reading.records} & seqs.keys()
