"""The Kafka transport: our leases assign partitions, our tables keep offsets, what follows on is one record batch."""

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import islice
from typing import Any, Final

import structlog
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from runtime.database.connection import Connection
from runtime.emit.stored import Stored
from runtime.errors import Misconfigured
from runtime.observe.describe import describe
from runtime.transport.base import Record, Wake, turned
from runtime.transport.fault_point import point
from runtime.transport.kafka_clients import ANSWER_SECONDS, fetching_of, new_consumer, new_producer, stop_client
from runtime.transport.kafka_headers import record_of, with_headers
from runtime.transport.kafka_reading import PartitionBuffer, ShownOffsets
from runtime.transport.kafka_topics import TopicCheck

log = structlog.get_logger()
_IDLE_MS: Final = 2000
"""Of one fetch that brings nothing."""
_REST: Final = 0.0001
"""Seconds of rest for each partition after a fetch that brought something: the next one costs a tenth of that for each,
however little it brings."""
_TIRED: Final = 3
"""Failed sends to one partition in a row after which a producer is replaced: a broken one may fail there for ever, and
go on serving the others."""


class NotConnected(ConnectionError):
    """No broker has answered yet, or shown the topic; it is tried again in the background."""


class KafkaTransport:
    """For one worker. Clients connect in the background; reading goes on there into one buffer per partition."""

    ships = True

    def __init__(
        self, servers: str, topics: Sequence[str], *, group: str, prefix: str = "", writes: Sequence[str] = (),
        partitions: int | None = None, answer_seconds: float = ANSWER_SECONDS,
    ) -> None:  # fmt: skip
        """`topics` are read. With `partitions` those and `writes` must have so many, or the transport ends;
        one that is missing is looked at when it is there.

        A broker that is silent for `answer_seconds` counts as away.
        """
        self.house = ""
        self._servers = servers
        self._topics = tuple(topics)
        checked = {*topics, *writes} if partitions else set[str]()
        self._check = TopicCheck(servers, checked, partitions=partitions or 0, prefix=prefix)
        self._answer_seconds = answer_seconds
        self._group = prefix + group
        self._prefix = prefix
        self._producer: Any = None
        self._failures = Counter[TopicPartition]()
        """Sends of this producer that failed since the partition last took one."""
        self._producer_wanted = asyncio.Event()
        self._consumer: Any = None
        self._reading: dict[TopicPartition, PartitionBuffer] = {}
        self._changed = asyncio.Event()
        self._stuck = False
        self.tasks: Sequence[asyncio.Task[None]] = ()
        self._shown = ShownOffsets(servers, self._group)
        self._wake: Wake = lambda _p, _topic: None
        self._turn = 0

    async def start(self, wake: Wake) -> None:
        """Returns at once; what connects and reads ends with Misconfigured when a topic has a wrong partition count."""
        self._wake = wake
        self._producer_wanted.set()
        works = [self._check(), self._producing()]
        if self._topics:
            works += [self._pumping(), self._showing()]
        self.tasks = [asyncio.create_task(work) for work in works]

    async def stop(self) -> None:
        """Ends the reading and closes all clients, each within a few seconds, also when this is cancelled meanwhile."""
        for task in self.tasks:
            task.cancel()
        try:
            await asyncio.gather(*self.tasks, return_exceptions=True)
        finally:
            clients = [client for client in (self._consumer, self._producer) if client is not None]
            self._consumer = self._producer = None
            await asyncio.gather(self._shown.stop(), *(stop_client(client) for client in clients))

    async def _producing(self) -> None:
        """For ever: connects a producer whenever there is none, and again until a broker answers."""
        await self._check.begun.wait()
        while True:
            await self._producer_wanted.wait()
            try:
                self._producer = await new_producer(self._servers, self._answer_seconds)
                self._failures.clear()
                self._producer_wanted.clear()
            except (KafkaError, TimeoutError, OSError) as error:
                log.warning("kafka is away", group=self._group, error=describe(error))
                await asyncio.sleep(1)

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
                if self._consumer is None:
                    self._consumer = await new_consumer(self._servers, self._answer_seconds)
                await self._pump()
            except Exception as error:  # noqa: BLE001  (whatever ails the client, a new one is tried)
                log.warning("kafka is away", group=self._group, error=describe(error))
                old, self._consumer = self._consumer, None
                if old is not None:
                    await stop_client(old)
                await asyncio.sleep(1)

    def renew(self) -> None:
        """The reading client seems to be stuck: another one takes its place."""
        self._stuck = True
        self._changed.set()

    async def _pump(self) -> None:
        self._stuck = False
        while not self._stuck:
            self._follow()
            if not self._reading:
                await self._changed.wait()
                continue
            try:
                collected = await self._fetch()
            except OffsetOutOfRangeError as error:
                await self._rewind([place for place in error.args[0] if isinstance(place, TopicPartition)])
                continue
            for place, records in collected.items():
                self._keep(place, records)
            if collected:
                await asyncio.sleep(_REST * len(self._reading))
        raise NotConnected("nothing arrives")

    async def _fetch(self) -> Mapping[TopicPartition, Sequence[ConsumerRecord]]:
        """What arrives, within a few seconds; nothing as soon as other partitions or positions are wanted.

        Raises NotConnected when the client is broken.
        """
        fetching = asyncio.ensure_future(self._consumer.getmany(timeout_ms=_IDLE_MS, max_records=5000))
        changing = asyncio.ensure_future(self._changed.wait())
        client = fetching_of(self._consumer)
        try:
            await asyncio.wait((fetching, changing, client), return_when=asyncio.FIRST_COMPLETED)
            if client.done():
                raise NotConnected("the client fetches no more") from client.exception()
            return fetching.result() if fetching.done() else {}
        finally:
            fetching.cancel()  # while it waits it has taken nothing yet
            changing.cancel()
            await asyncio.gather(fetching, changing, return_exceptions=True)

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
        if (reading := self._reading.get(place)) is not None:
            topic = place.topic.removeprefix(self._prefix)
            reading.keep(record_of(record, topic) for record in records)
            self._wake(place.partition, topic)

    async def _rewind(self, places: Sequence[TopicPartition]) -> None:
        """The log was cut at one of its ends, or made anew: read it from its beginning and let the numbers decide."""
        for place, beginning in (await self._consumer.beginning_offsets(places)).items():
            log.error("offset out of range", topic=place.topic, p=place.partition, begins_at=beginning)
            if reading := self._reading.get(place):
                reading.rewind(beginning)
                self._wake(place.partition, place.topic.removeprefix(self._prefix))

    def restarts(self, p: int) -> dict[str, int]:
        """Topics whose log no longer has what was asked for, and where it begins: told once."""
        begins = {}
        for topic in self._topics:
            reading = self._reading.get(self._place(topic, p))
            if reading is not None and reading.begins_at is not None:
                begins[topic], reading.begins_at = reading.begins_at, None
        return begins

    def fetched(self) -> Collection[tuple[int, str]]:
        """Lanes and topics with something in their buffers."""
        return {
            (place.partition, place.topic.removeprefix(self._prefix))
            for place, reading in self._reading.items()
            if reading.records
        }

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
            full = reading.full
            reading.forget_before(offsets[topic])
            if full and not reading.full:
                self._changed.set()
            room = size
            for record in islice(reading.records, max(1, records - len(collected))):
                collected.append(record)
                room -= len(record.value)
                if room < 0:
                    break
        self._turn += bool(collected)  # a look that finds nothing changes no order
        return collected

    def is_all(self, records: Sequence[Record], *, most: int, size: int) -> bool:
        """Never: what was fetched meanwhile is taken by another read, which costs nothing."""
        return False

    async def ship(self, stored: Stored) -> None:
        """Sends the batch and waits for the acknowledgement of all in-sync replicas, `answer_seconds` at most.

        Raises NotConnected at once while no broker answers, or none shows the topic.
        """
        producer, place = self._producer, self._place(stored.topic, stored.p)
        if producer is None or stored.topic in self._check.unseen:
            raise NotConnected(self._servers)
        try:
            async with asyncio.timeout(self._answer_seconds):
                await self._send(producer, stored, place)
            self._failures.pop(place, None)
        except (KafkaError, TimeoutError, OSError):
            self._failures[place] += 1
            if self._failures[place] >= _TIRED and producer is self._producer:
                self._producer = None
                self._producer_wanted.set()
                await stop_client(producer)  # what it still delivers arrives as a repeat
            raise

    async def _send(self, producer: Any, stored: Stored, place: TopicPartition) -> None:
        batch = producer.create_batch()
        for line, headers in with_headers(stored, self.house):
            if batch.append(key=None, value=line, timestamp=None, headers=headers) is None:
                raise Misconfigured(f"{stored.topic}/{stored.p}/{stored.first_seq} does not fit one record batch")
        batch.close()
        sent = await producer.send_batch(batch, place.topic, partition=place.partition)
        point("before_ack")
        await sent
        point("after_ack")
