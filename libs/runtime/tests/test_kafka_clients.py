"""What breaks inside aiokafka is heard: a transport that uvloop has closed, and a commit that was given up."""

import asyncio
import gc
from contextlib import nullcontext

import aiokafka.conn
import pytest
import uvloop
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import KafkaConnectionError
from aiokafka.producer import message_accumulator
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.protocol.metadata import MetadataRequest

from runtime.emit.stored import Stored
from runtime.transport import kafka_clients, kafka_reading
from runtime.transport.kafka import KafkaTransport
from runtime.transport.kafka_clients import BrokerConnection, RecordBatch, new_consumer, stop_client, whole_or_closed
from runtime.transport.kafka_reading import ShownOffsets
from testing.waiting import PATIENCE, eventually


async def written_to_after_closing(kind: type[AIOKafkaConnection], closing: bool = True) -> AIOKafkaConnection:
    """A connection of this kind to a server that answers nothing, on which a request is sent once it is closed."""

    async def read_all(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(read_all, "127.0.0.1", 0)
    connection = kind("127.0.0.1", server.sockets[0].getsockname()[1])

    async def look_up_versions() -> None:
        connection._versions = {MetadataRequest.API_KEY: (0, 1)}

    connection._do_version_lookup = look_up_versions
    try:
        await connection.connect()
        if closing:
            connection._writer.transport.abort()
            await asyncio.sleep(0)
        else:
            connection._writer.write = None
        await connection.send(MetadataRequest([]))
        return connection
    finally:
        connection.close()
        server.close()


def test_a_request_on_a_closed_transport_is_a_broken_connection() -> None:
    assert aiokafka.conn.AIOKafkaConnection is BrokerConnection, "all clients connect by it"
    with pytest.raises(KafkaConnectionError, match="closed: unable to perform"):
        uvloop.run(written_to_after_closing(BrokerConnection))


def test_without_it_aiokafka_would_end_by_it() -> None:
    """When this fails, aiokafka knows uvloop's word itself, and BrokerConnection can go."""
    with pytest.raises(RuntimeError, match="the handler is closed"):
        uvloop.run(written_to_after_closing(AIOKafkaConnection))


def test_another_mistake_stays_what_it_is() -> None:
    with pytest.raises(TypeError):
        uvloop.run(written_to_after_closing(BrokerConnection, closing=False))


@pytest.mark.parametrize(("kind", "complaints"), [(RecordBatch, 0), (RecordBatch.__base__, 2)])
async def test_a_batch_that_fails_is_told_to_who_waits_for_it(kind: type[RecordBatch], complaints: int) -> None:
    """Of aiokafka's own batch the event loop complains, once for it and once for what nobody waited for."""
    assert message_accumulator.MessageBatch is RecordBatch, "all producers send it"
    unheard: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unheard.append(context))

    def failing() -> "asyncio.Future[object]":
        batch = kind(TopicPartition("leads", 0), BatchBuilder(1000, 0, is_transactional=False), 1, 0)
        batch.failure(KafkaConnectionError("closed"))
        answer: asyncio.Future[object] = batch.future
        return answer

    failing()
    gc.collect()
    await asyncio.sleep(0)
    assert len(unheard) == complaints
    with pytest.raises(KafkaConnectionError):
        await failing()


class HalfDead:
    """A producer that takes nothing for some partitions, and everything for the others."""

    stopped = False

    def __init__(self) -> None:
        self.broken = {0}

    def create_batch(self) -> BatchBuilder:
        return BatchBuilder(1000, 0, is_transactional=False)

    async def send_batch(self, _batch: object, _topic: str, *, partition: int) -> asyncio.Future[None]:
        sent = asyncio.get_running_loop().create_future()
        if partition in self.broken:
            raise KafkaConnectionError("closed")
        sent.set_result(None)
        return sent

    async def stop(self) -> None:
        self.stopped = True


async def test_a_producer_that_fails_one_partition_for_ever_is_replaced_while_it_serves_the_others() -> None:
    """An hour of faults found one: a lane stood for a quarter of an hour, until no other lane had anything to say."""
    transport, producer = KafkaTransport("-", [], group="-"), HalfDead()
    transport._producer = producer
    for _ in range(3):
        assert not producer.stopped
        with pytest.raises(KafkaConnectionError):
            await transport.ship(Stored("leads", 0, 1, b"", b"{}"))
        if not producer.stopped:
            await transport.ship(Stored("leads", 1, 1, b"", b"{}"))
    assert producer.stopped
    assert transport._producer is None
    assert transport._producer_wanted.is_set()


async def test_failures_that_a_success_follows_cost_no_producer() -> None:
    transport, producer = KafkaTransport("-", [], group="-"), HalfDead()
    transport._producer = producer
    for _ in range(2):
        producer.broken = {0}
        for _ in range(2):
            with pytest.raises(KafkaConnectionError):
                await transport.ship(Stored("leads", 0, 1, b"", b"{}"))
        producer.broken = set()
        await transport.ship(Stored("leads", 0, 1, b"", b"{}"))
    assert not producer.stopped


class StuckClient:
    """Its commit waits, shielded as in aiokafka, for an answer that never comes; stopping it breaks the connection,
    which its waiter may hear only `later` seconds after."""

    def __init__(self, later: float) -> None:
        self._later = later
        self._answer = asyncio.get_running_loop().create_future()

    async def commit(self, _: object) -> None:
        await asyncio.shield(self._receive())

    async def _receive(self) -> None:
        await self._answer

    async def stop(self) -> None:
        broken = KafkaConnectionError("closed")
        asyncio.get_running_loop().call_later(self._later, self._answer.set_exception, broken)


@pytest.mark.parametrize("later", [0.0, 0.1])
async def test_a_commit_that_is_given_up_ends_with_its_client_and_is_heard(
    monkeypatch: pytest.MonkeyPatch, later: float
) -> None:
    monkeypatch.setattr(kafka_reading, "SHOWN_WITHIN", 0.05)
    unheard: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unheard.append(context))
    offsets = {TopicPartition("leads", 0): 1}
    shown = ShownOffsets("-", "-")
    shown._client, shown._last = StuckClient(later), dict.fromkeys(offsets, 0)
    await shown.show(offsets)
    await asyncio.sleep(2 * later)
    gc.collect()
    assert unheard == []
    assert shown._client is None


@pytest.mark.kafka
@pytest.mark.parametrize("whole", [True, False])
async def test_a_start_that_is_cut_off_leaves_no_connection_open(
    kafka: str, monkeypatch: pytest.MonkeyPatch, whole: bool
) -> None:
    """Cut off while it waits for the first metadata: aiokafka leaves one open."""
    connections: list[BrokerConnection] = []
    connect = BrokerConnection.connect
    waits = asyncio.Event()

    async def note(self: BrokerConnection) -> object:
        ends = await connect(self)
        connections.append(self)
        monkeypatch.setattr(self, "send", silent)
        return ends

    def silent(*_given: object, **_more: object) -> asyncio.Future[None]:
        waits.set()
        return asyncio.get_running_loop().create_future()

    monkeypatch.setattr(BrokerConnection, "connect", note)
    client = AIOKafkaConsumer(bootstrap_servers=kafka)

    async def start() -> None:
        with whole_or_closed() if whole else nullcontext():
            await client.start()

    starting = asyncio.create_task(start())
    await asyncio.wait_for(waits.wait(), PATIENCE)
    starting.cancel()
    await asyncio.wait({starting})
    await client.stop()
    assert [connection.connected() for connection in connections] == [not whole]
    for connection in connections:
        await connection.close()


@pytest.mark.kafka
async def test_what_is_connected_once_its_client_was_stopped_is_closed(kafka: str) -> None:
    """As when a request in the background was about to connect while the client stopped."""
    consumer = await new_consumer(kafka)
    inner = consumer._client
    (node,) = inner.cluster.brokers()
    await stop_client(consumer)
    assert await inner._get_conn(node.nodeId) is None
    assert not any(connection.connected() for connection in inner._conns.values())


class OpenClient:
    """Knows whether it was closed."""

    closed = False

    async def stop(self) -> None:
        self.closed = True

    async def is_closed(self) -> bool:
        return self.closed


async def test_a_client_is_stopped_though_whoever_stops_it_is_cancelled_at_once() -> None:
    client = OpenClient()
    stopping = asyncio.ensure_future(stop_client(client))
    stopping.cancel()
    await asyncio.wait({stopping})
    await eventually(client.is_closed)


async def test_what_stops_a_client_is_kept_until_it_has_stopped_and_no_longer() -> None:
    """Nobody waits for it here: asyncio itself holds what it runs weakly."""
    client = OpenClient()
    before = set(kafka_clients._stopping)
    stopped = stop_client(client)
    (kept,) = kafka_clients._stopping - before
    await stopped
    await asyncio.wait({kept})
    assert client.closed
    assert kafka_clients._stopping == before


async def test_a_transport_that_is_cut_off_while_it_stops_closes_its_clients_all_the_same() -> None:
    """As by a process that waited long enough for its workers."""
    transport = KafkaTransport("-", [], group="scoring")
    never = asyncio.get_running_loop().create_future()
    waits = asyncio.Event()

    async def stubborn() -> None:
        try:
            await asyncio.shield(never)
        except asyncio.CancelledError:
            waits.set()
            await never

    transport.tasks = [asyncio.create_task(stubborn())]
    transport._consumer, transport._producer, transport._shown._client = clients = [OpenClient() for _ in range(3)]
    await asyncio.sleep(0)
    stopping = asyncio.create_task(transport.stop())
    await waits.wait()
    stopping.cancel()
    await asyncio.wait({stopping})
    for client in clients:
        await eventually(client.is_closed)
