"""A broker of our own starts, carries, freezes, dies and comes back with its data."""

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from testing.broker import Broker, available, cluster, listens
from testing.kafka_jars import jars_missing
from testing.servers import missing
from testing.shared_broker import shared_broker
from testing.waiting import PATIENCE, until

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def jars() -> None:
    reason = jars_missing()
    if reason:
        missing(reason)


@pytest.fixture(scope="module")
def broker(jars: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with Broker(tmp_path_factory.mktemp("kafka"), properties={"num.partitions": "3"}) as running:
        yield running


async def create_topic(bootstrap: str, name: str, copies: int = 1) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, num_partitions=1, replication_factor=copies)])
    finally:
        await admin.close()


async def produce(bootstrap: str, topic: str, value: bytes) -> int:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
        return int((await producer.send_and_wait(topic, value, partition=0)).offset)


async def consume(bootstrap: str, topic: str) -> list[bytes]:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="none", enable_auto_commit=False)
    async with consumer:
        place = TopicPartition(topic, 0)
        consumer.assign([place])
        consumer.seek(place, 0)
        end = (await consumer.end_offsets([place]))[place]
        heard: list[bytes] = []
        async with asyncio.timeout(PATIENCE):
            while len(heard) < end:
                for records in (await consumer.getmany(place, timeout_ms=500)).values():
                    heard += [record.value for record in records]
        return heard


async def test_what_is_said_is_heard(kafka: str) -> None:
    await create_topic(kafka, "one")
    assert await produce(kafka, "one", b"hello") == 0
    assert await consume(kafka, "one") == [b"hello"]


@pytest.mark.chaos
async def test_it_freezes_and_thaws(broker: Broker) -> None:
    await create_topic(broker.bootstrap, "frozen")
    broker.pause()
    saying = asyncio.create_task(produce(broker.bootstrap, "frozen", b"late"))
    done, _ = await asyncio.wait([saying], timeout=0.5)
    assert not done
    broker.resume()
    assert await asyncio.wait_for(saying, PATIENCE) == 0


@pytest.mark.chaos
async def test_a_killed_broker_comes_back_with_its_data(broker: Broker) -> None:
    await create_topic(broker.bootstrap, "kept")
    await produce(broker.bootstrap, "kept", b"before")
    broker.kill9()
    broker.start()
    assert await consume(broker.bootstrap, "kept") == [b"before"]


@pytest.mark.chaos
async def test_one_of_three_may_die(tmp_path: Path, jars: None) -> None:
    with cluster(tmp_path) as brokers:
        everyone = ",".join(member.bootstrap for member in brokers)
        await create_topic(everyone, "copied", copies=3)
        assert await produce(everyone, "copied", b"one") == 0
        brokers[0].kill9()
        assert await produce(everyone, "copied", b"two") == 1
        assert await consume(everyone, "copied") == [b"one", b"two"]


def test_without_java_it_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("BATON_KAFKA", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "apt-get install default-jre-headless" in str(available())


@pytest.mark.chaos
def test_workers_share_a_broker_that_ends_with_their_run(jars: None, tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "600"]) as run:
        address = shared_broker(tmp_path, run.pid)
        assert shared_broker(tmp_path, run.pid) == address
        port = int(address.rpartition(":")[2])
        assert listens(port, PATIENCE)
        run.kill()
    until(lambda: not listens(port, 0.1))
