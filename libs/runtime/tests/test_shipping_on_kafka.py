"""What a lane ships over Kafka: a round a visit, only what the broker acknowledged, and the last words at a stop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaConnectionError

from events.topics import TOPICS, partition
from probe.bench import LANES, NOON, Bench, engagement
from probe.service import INGEST
from runtime.lanes.lane import Lane
from runtime.lanes.shipper import Shipper
from runtime.process.assembly import Assembly
from runtime.service import Components, Context, Service
from runtime.transport import kafka_clients
from runtime.transport.kafka import KafkaTransport
from runtime.transport.kafka_topics import create_topics
from testing.broker import Broker
from testing.kafka_jars import jars_missing
from testing.ports import free_port
from testing.servers import missing
from testing.waiting import eventually

LEAD = "lead-0"
LANE = partition(LEAD, LANES)


@asynccontextmanager
async def a_producer(bench: Bench) -> AsyncIterator[KafkaTransport]:
    assert bench.settings.kafka
    transport = KafkaTransport(bench.settings.kafka, (), group="t", prefix=bench.settings.topic_prefix)
    await transport.start(lambda _p, _topic: None)
    try:
        yield transport
    finally:
        await transport.stop()


@pytest.mark.kafka
@pytest.mark.parametrize("transport", ["kafka"])
async def test_a_visit_ships_one_round(bench: Bench) -> None:
    """So that a lane can be given back though there is always more to ship."""
    await bench.hold_lanes("ingest")
    await bench.write_one_by_one([engagement(LEAD, n) for n in range(150)])
    database, lane = bench.databases["ingest"], Lane(LANE, "-")
    async with a_producer(bench) as transport:
        shipper = Shipper(INGEST, transport)
        connection = await database.connect()
        try:

            async def first() -> bool:
                lane.ships_from = 0
                return await shipper.ship(lambda: nullcontext(connection), lane)

            await eventually(first)
            heard = [await bench.shipped(LANE)]
            while await shipper.ship(lambda: nullcontext(connection), lane):
                heard.append(await bench.shipped(LANE))
        finally:
            await connection.close()
    assert heard == [64, 128, 150]


@pytest.mark.slow
@pytest.mark.kafka
@pytest.mark.parametrize("transport", ["kafka"])
async def test_a_loaded_lane_is_handed_to_a_second_process(bench: Bench) -> None:
    owners = "SELECT owner, count(*) AS n FROM lane WHERE owner IS NOT NULL GROUP BY owner"
    bench.settings = bench.settings.model_copy(update={"lease_seconds": 15.0})
    enough = asyncio.Event()

    async def load() -> None:
        number = 0
        while not enough.is_set():
            await bench.write(*(engagement(f"lead-{n}", number) for n in range(9)))
            number += 1

    async with bench.running("ingest") as assembly:
        loading = asyncio.create_task(load())
        try:
            await eventually(lambda: assembly_ready(assembly))
            bench.nursery()
            second = await asyncio.to_thread(bench.spawn, "ingest")  # it waits for the nursery's imports

            async def shared() -> bool:
                return [row.n for row in await bench.rows("ingest", owners)] == [LANES // 2] * 2

            await eventually(shared, what="each has half of the lanes")
        finally:
            enough.set()
            await loading
        assert await bench.stop(second) == 0


async def assembly_ready(assembly: Assembly) -> bool:
    return await assembly._lanes_ready() is None


async def test_a_producer_asks_for_the_acknowledgement_of_all_replicas(monkeypatch: pytest.MonkeyPatch) -> None:
    """aiokafka's own default is the leader's alone, which is lost when that broker is."""
    options: list[object] = []

    class Watched(AIOKafkaProducer):  # type: ignore[misc]
        def __init__(self, **given: object) -> None:
            options.append((given["acks"], given["enable_idempotence"]))
            super().__init__(**given)

    monkeypatch.setattr(kafka_clients, "AIOKafkaProducer", Watched)
    with pytest.raises(KafkaConnectionError):
        await kafka_clients.new_producer("127.0.0.1:1")
    assert options == [("all", False)]


async def set_largest(bench: Bench, topic: str, size: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bench.settings.kafka)
    await admin.start()
    try:
        name = bench.settings.topic_prefix + topic
        resource = ConfigResource(ConfigResourceType.TOPIC, name, configs={"max.message.bytes": str(size)})
        await admin.alter_configs([resource])
    finally:
        await admin.close()


async def acknowledged(bench: Bench) -> int:
    """How many records of LEAD's lane the broker has."""
    consumer = await kafka_clients.new_consumer(bench.settings.kafka or "")
    try:
        place = TopicPartition(bench.settings.topic_prefix + "leads", LANE)
        ends: dict[TopicPartition, int] = await consumer.end_offsets([place])
        return ends[place]
    finally:
        await kafka_clients.stop_client(consumer)


@pytest.mark.kafka
@pytest.mark.parametrize("transport", ["kafka"])
async def test_what_the_broker_refused_is_not_shipped(bench: Bench) -> None:
    """From some moment on it finds everything too large; then it takes it all."""
    await set_largest(bench, "leads", 100)
    async with bench.running("ingest") as assembly:
        lanes = assembly.running[0].worker.lanes
        written = 0

        async def refused() -> bool:
            nonlocal written
            await bench.write(engagement(LEAD, written))
            written += 1
            assert await bench.shipped(LANE) <= await acknowledged(bench), "it counts as shipped and is nowhere"
            return LANE in lanes and lanes[LANE].ship_failures > 1

        await eventually(refused)
        assert await bench.shipped(LANE) < written
        await set_largest(bench, "leads", 1_000_000)

        async def taken() -> bool:
            return await bench.shipped(LANE) == written

        await eventually(taken)
    assert await bench.read_kafka("leads") == await bench.stream("leads")


@pytest.mark.slow
@pytest.mark.kafka
async def test_the_door_works_before_the_broker_and_ships_when_it_comes(postgres_bench: Bench, tmp_path: Path) -> None:
    if reason := jars_missing():
        missing(reason)
    bench, port = postgres_bench, free_port()
    bench.settings = bench.settings.model_copy(update={"kafka": f"127.0.0.1:{port}"})
    async with bench.running("ingest", "scoring") as assembly:
        await bench.write(engagement(LEAD, 1))
        lanes = assembly.running[0].worker.lanes

        async def tried_in_vain() -> bool:
            return LANE in lanes and lanes[LANE].ship_failures >= 2

        await eventually(tried_in_vain)
        assert await bench.shipped(LANE) == 0
        await eventually(
            lambda: assembly_ready(assembly), what="the lanes are held and visited while the broker is away"
        )
        with Broker(tmp_path / "kafka", port=port):
            await create_topics(f"127.0.0.1:{port}", list(TOPICS), partitions=LANES, replication=1)
            await bench.drain("scoring", within=60)
            assert (await bench.tallies("scoring"))[LEAD].n == 1


@pytest.mark.kafka
@pytest.mark.parametrize("transport", ["kafka"])
async def test_what_is_said_last_at_a_clean_stop_is_shipped_before_it_ends(bench: Bench) -> None:
    def build(context: Context) -> Components:
        async def last_words(stop: asyncio.Event) -> None:
            await stop.wait()
            async with context.database.begin() as tx:
                await context.writer.append(tx, [engagement(LEAD, 2)], NOON)

        return Components(loops=[last_words])

    service = Service("ingest", "probe", build)
    assembly = Assembly(bench.settings, bench.agreement, bench.dsn, [service])
    await assembly.start()
    try:
        await bench.write(engagement(LEAD, 1))

        async def connected() -> bool:
            return await bench.shipped(LANE) == 1

        await eventually(connected)
    finally:
        await assembly.stop()
    assert len((await bench.stream("leads"))[LANE]) == 2
    assert await bench.shipped(LANE) == 2
