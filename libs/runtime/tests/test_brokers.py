"""Kafka's brokers freeze, die and run out of disk under load: what was written is shipped in the end, as it was."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aiokafka import TopicPartition

from events.topics import TOPICS
from probe.bench import LANES, Bench
from probe.oracle import verify
from probe.traffic import Traffic
from runtime.process.assembly import Assembly
from runtime.transport.kafka_clients import new_consumer, stop_client
from runtime.transport.kafka_topics import create_topics
from testing.broker import Broker, cluster
from testing.disk import SmallDisk, small_disk
from testing.kafka_jars import jars_missing
from testing.servers import missing
from testing.waiting import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.chaos]


async def move_to(bench: Bench, brokers: list[Broker]) -> None:
    """From now on the bench speaks to these; its topics are made."""
    servers = ",".join(broker.bootstrap for broker in brokers)
    changes = {"kafka": servers, "answer_seconds": 3.0, "heal_seconds": 1.0, "replication": len(brokers)}
    bench.settings = bench.settings.model_copy(update=changes)
    await create_topics(servers, list(TOPICS), partitions=LANES, replication=len(brokers))


@pytest.fixture
async def broker(postgres_bench: Bench, tmp_path: Path) -> AsyncIterator[Broker]:
    if reason := jars_missing():
        missing(reason)
    with Broker(tmp_path / "kafka") as found:
        await move_to(postgres_bench, [found])
        yield found


@pytest.fixture
def three(tmp_path: Path) -> Iterator[list[Broker]]:
    if reason := jars_missing():
        missing(reason)
    with cluster(tmp_path / "cluster") as found:
        yield found


async def not_taken(assembly: Assembly) -> None:
    """A lane has tried to ship, and the brokers did not take it."""

    async def refused() -> bool:
        return any(lane.ship_failures for one in assembly.running for lane in one.worker.lanes.values())

    await eventually(refused, within=60, what="a sending is given up")


async def records(bench: Bench) -> int:
    """How many Kafka holds of all our topics, repeats included."""
    consumer = await new_consumer(bench.settings.kafka or "")
    try:
        places = [TopicPartition(topic, p) for topic in ("leads", "scores", "handoffs") for p in range(LANES)]
        ends: dict[TopicPartition, int] = await consumer.end_offsets(places)
        return sum(ends.values())
    finally:
        await stop_client(consumer)


@pytest.mark.fault("F05")
async def test_what_a_frozen_broker_appends_late_is_a_repeat(postgres_bench: Bench, broker: Broker) -> None:
    """Its senders have given up and send again; when it wakes it takes what lay in its hands as well."""
    bench, traffic = postgres_bench, Traffic(postgres_bench)
    async with bench.running() as assembly:
        await traffic.some()
        await bench.drain(within=60)
        broker.pause()
        await traffic.some(30)
        await not_taken(assembly)
        broker.resume()
        await traffic.some()
        await bench.drain(within=90)
    await verify(bench, traffic.written)
    streams = [await bench.stream(topic) for topic in ("leads", "scores", "handoffs")]
    assert await records(bench) > sum(len(lines) for stream in streams for lines in stream.values())


@pytest.mark.fault("F06")
async def test_one_broker_that_dies_and_comes_back(postgres_bench: Bench, broker: Broker) -> None:
    bench, traffic = postgres_bench, Traffic(postgres_bench)
    async with bench.running() as assembly:
        for _ in range(3):
            await traffic.some()
            await asyncio.to_thread(broker.kill9)
            await traffic.some()
            await not_taken(assembly)
            await asyncio.to_thread(broker.start)
        await bench.drain(within=90)
    await verify(bench, traffic.written)


@pytest.mark.fault("F06")
@pytest.mark.fault("F13")
async def test_three_brokers_restart_in_turn_and_two_of_them_at_once(
    postgres_bench: Bench, three: list[Broker]
) -> None:
    """One away: work goes on. Two away: fewer copies than `min.insync.replicas`, nothing is taken until one is back.

    A frozen one is a broker that the others no longer hear, and that does not know it.
    """
    bench, traffic = postgres_bench, Traffic(postgres_bench)
    await move_to(bench, three)
    async with bench.running() as assembly:
        for broker in three:
            await traffic.some()
            await asyncio.to_thread(broker.kill9)
            await traffic.some()
            await bench.drain(within=90)
            await asyncio.to_thread(broker.start)
        for broker in three[:2]:
            await asyncio.to_thread(broker.kill9)
        await traffic.some()
        await not_taken(assembly)
        for broker in three[:2]:
            await asyncio.to_thread(broker.start)
        await bench.drain(within=90)
        three[0].pause()
        await traffic.some()
        await bench.drain(within=90)
        three[0].resume()
        await traffic.some()
        await bench.drain(within=90)
    await verify(bench, traffic.written)


@pytest.fixture
def disk() -> Iterator[SmallDisk]:
    with small_disk(megabytes=96) as found:
        yield found


@pytest.mark.fault("F12")
async def test_a_broker_whose_disk_is_full(postgres_bench: Bench, disk: SmallDisk) -> None:
    """It ends itself; whoever looks after it makes space and starts it again."""
    if reason := jars_missing():
        missing(reason)
    bench, traffic = postgres_bench, Traffic(postgres_bench)
    with Broker(disk.path / "kafka") as broker:
        await move_to(bench, [broker])
        async with bench.running() as assembly:
            await traffic.some()
            await bench.drain(within=60)
            disk.fill()

            async def refused() -> bool:
                await traffic.some(100)
                return any(lane.ship_failures for one in assembly.running for lane in one.worker.lanes.values())

            await eventually(refused, within=60, what="the broker takes no more")
            disk.empty()
            await asyncio.to_thread(broker.stop)
            await asyncio.to_thread(broker.start)
            await traffic.some()
            await bench.drain(within=90)
        await verify(bench, traffic.written)
