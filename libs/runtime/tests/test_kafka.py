"""What only Kafka can do to a lane: lose its log, make a topic anew, die and come back."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

from events.topics import TOPICS
from probe.bench import LANES, Bench, engagement
from probe.oracle import verify
from runtime.errors import Misconfigured
from runtime.transport.kafka_topics import create_topics
from testing.broker import Broker
from testing.kafka_jars import jars_missing
from testing.servers import missing
from testing.waiting import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.parametrize("transport", ["kafka"])]


async def make_topics(bench: Bench, names: list[str]) -> list[str]:
    assert bench.settings.kafka
    prefix = bench.settings.topic_prefix
    return await create_topics(bench.settings.kafka, names, partitions=LANES, replication=1, prefix=prefix)


async def delete(bench: Bench, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bench.settings.kafka)
    await admin.start()
    try:
        await admin.delete_topics([bench.settings.topic_prefix + topic])

        async def gone() -> bool:
            return bench.settings.topic_prefix + topic not in await admin.list_topics()

        await eventually(gone)
    finally:
        await admin.close()


async def test_topics_are_made_once_and_their_partitions_must_fit(bench: Bench) -> None:
    assert await make_topics(bench, list(TOPICS)) == []
    assert bench.settings.kafka
    with pytest.raises(Misconfigured, match=rf"has {LANES} partitions, this house was founded with 5"):
        await create_topics(
            bench.settings.kafka, ["leads"], partitions=5, replication=1, prefix=bench.settings.topic_prefix
        )


async def test_a_broker_that_does_not_answer_is_said_so(bench: Bench) -> None:
    with pytest.raises(Misconfigured, match=r"no Kafka broker answers at 127.0.0.1:1 .*make kafka"):
        await create_topics("127.0.0.1:1", ["leads"], partitions=1, replication=1)


async def test_a_topic_made_anew_is_read_from_its_beginning_and_heals_by_reship(bench: Bench) -> None:
    """The offsets in our tables mean nothing in the new log; the numbers do."""
    facts = [engagement(f"lead-{n % 5}", n) for n in range(30)]
    async with bench.running():
        for fact in facts[:20]:
            await bench.write(fact)
        await bench.drain()
    await delete(bench, "leads")
    assert await make_topics(bench, ["leads"]) == [bench.settings.topic_prefix + "leads"]
    async with bench.running():
        await bench.write(*facts[20:25])
        await bench.drain()
        await bench.change("ingest", "UPDATE lane_output SET shipped_seq = 0")
        await bench.write(*facts[25:])
        await bench.drain()
    await verify(bench, facts, healed=True)


async def test_lag_tools_see_how_far_a_worker_has_read(bench: Bench) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bench.settings.kafka)
    await admin.start()

    async def shown() -> bool:
        group = bench.settings.topic_prefix + "baton-scoring"
        try:
            offsets = await admin.list_consumer_group_offsets(group)
        except KafkaError:  # the first commit makes the coordinator's topic
            return False
        leads = [o.offset for place, o in offsets.items() if place.topic.endswith("leads")]
        return bool(sum(leads) == 30)

    try:
        async with bench.running():
            await bench.write(*(engagement(f"lead-{n % 5}", n) for n in range(30)))
            await bench.drain()
            await eventually(shown)
    finally:
        await admin.close()


@pytest.fixture
async def own_broker(tmp_path: Path) -> AsyncIterator[Broker]:
    if reason := jars_missing():
        missing(reason)
    with Broker(tmp_path / "kafka") as running:
        yield running


@pytest.mark.chaos
async def test_workers_survive_a_broker_that_dies_and_one_that_freezes(bench: Bench, own_broker: Broker) -> None:
    bench.settings = bench.settings.model_copy(update={"kafka": own_broker.bootstrap})
    await make_topics(bench, list(TOPICS))
    facts = [engagement(f"lead-{n % 5}", n) for n in range(40)]
    async with bench.running():
        await bench.write(*facts[:10])
        await bench.drain()
        own_broker.kill9()
        await bench.write(*facts[10:20])
        own_broker.start()
        await bench.drain(within=90)
        own_broker.pause()
        await bench.write(*facts[20:30])
        assert not await bench.caught_up()
        own_broker.resume()
        await bench.write(*facts[30:])
        await bench.drain(within=90)
    await verify(bench, facts)


async def test_kafka_keeps_a_topic_as_long_as_the_map_says(bench: Bench) -> None:
    names = {bench.settings.topic_prefix + name: topic.keep_days for name, topic in TOPICS.items()}
    admin = AIOKafkaAdminClient(bootstrap_servers=bench.settings.kafka)
    await admin.start()
    try:
        resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
        answers = await admin.describe_configs(resources)
    finally:
        await admin.close()
    kept = {
        resource[3]: int(next(entry[1] for entry in resource[4] if entry[0] == "retention.ms"))
        for answer in answers
        for resource in answer.resources
    }
    assert kept == {name: days * 24 * 3600 * 1000 for name, days in names.items()}
