"""What only Kafka can do to a lane: lose its log, make a topic anew, die and come back."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError
from structlog.testing import capture_logs

from events.topics import TOPICS, partition
from probe.bench import LANES, Bench, engagement, taken
from probe.oracle import verify
from probe.service import SCORING
from probe.wire import Wire
from runtime.database.connect import terminate
from runtime.lanes.lane import Lane
from runtime.process.assembly import Assembly
from runtime.transport.base import Record
from runtime.transport.kafka_reading import PartitionBuffer
from runtime.transport.kafka_topics import create_topics
from testing.broker import Broker
from testing.kafka_jars import jars_missing
from testing.servers import missing
from testing.waiting import eventually

LEAD = "lead-0"
LANE = partition(LEAD, LANES)
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


@pytest.mark.slow
@pytest.mark.fault("F07")
async def test_a_topic_made_anew_is_read_from_its_beginning_and_heals_by_itself(bench: Bench) -> None:
    """The offsets in our tables mean nothing in the new log; the numbers do. Nobody has to ask for a re-ship."""
    facts = [engagement(f"lead-{n % 5}", n) for n in range(30)]
    async with bench.running():
        for fact in facts[:20]:
            await bench.write(fact)
        await bench.drain()
    await delete(bench, "leads")
    assert await make_topics(bench, ["leads"]) == [bench.settings.topic_prefix + "leads"]
    async with bench.running(heal_seconds=0.5):
        for fact in facts[20:]:
            await bench.write(fact)
        await bench.drain()
    await verify(bench, facts, healed=True, cut="leads")


@pytest.mark.slow
@pytest.mark.fault("F07")
async def test_a_tail_that_the_log_has_lost_is_shipped_again(bench: Bench) -> None:
    """All was acknowledged, and nothing follows by which a reader would see the hole."""
    facts = [engagement(LEAD, n) for n in range(6)]
    async with bench.running("ingest"):
        await bench.write(*facts[:3])
        await bench.drain("ingest")
    await bench.write(*facts[3:])
    await bench.change("ingest", "UPDATE lane_output SET shipped_seq = last_seq")
    async with bench.running(heal_seconds=0.5):
        await bench.drain()
    await verify(bench, facts, healed=True)


async def cut(bench: Bench, before: int) -> None:
    """The log of LEAD's lane begins at this offset, as after its retention."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bench.settings.kafka)
    await admin.start()
    try:
        place = TopicPartition(bench.settings.topic_prefix + "leads", LANE)
        await admin.delete_records({place: RecordsToDelete(before)})
    finally:
        await admin.close()


@pytest.mark.slow
@pytest.mark.fault("F07")
async def test_a_reader_whose_place_the_log_no_longer_has_goes_on_at_its_beginning(bench: Bench) -> None:
    """And asks for what is missing there; it is not thrown back again and again."""
    facts = [engagement(LEAD, n) for n in range(20)]
    async with bench.running("ingest", "scoring"):
        await bench.write(*facts[:5])
        await bench.drain("scoring")
    async with bench.running("ingest"):
        await bench.write(*facts[5:])
        await bench.drain("ingest")
    await cut(bench, 12)
    with capture_logs() as logs:
        async with bench.running(heal_seconds=0.5):
            await bench.drain()
    rewinds = [entry["begins_at"] for entry in logs if entry["event"] == "offset out of range"]
    assert rewinds
    assert set(rewinds) == {12}
    assert len(rewinds) <= 3
    await verify(bench, facts, healed=True, cut="leads")


async def test_a_late_reader_begins_where_the_log_does(bench: Bench) -> None:
    """What is older is nowhere any more: waiting for number 1 would be waiting for ever."""
    async with bench.running("ingest"):
        await bench.write(*(engagement(LEAD, n) for n in range(20)))
        await bench.drain("ingest")
    await cut(bench, 12)
    await bench.change("ingest", "DELETE FROM stream_batch")
    async with bench.running("ingest", "scoring"):
        await bench.write(engagement(LEAD, 20))
        await bench.drain(
            "scoring",
        )
    assert (await bench.tallies("scoring"))[LEAD].n == 9


async def test_repeats_that_end_at_the_place_asked_for_do_not_hold_a_reader(bench: Bench) -> None:
    """A log made anew grows past the old place while its reader is still among what it knows."""
    for start in (0, 10, 20):
        await bench.write(*(engagement(LEAD, n) for n in range(start, start + 10)))
    wire = Wire(bench)
    stored = await wire.unshipped(LANE)
    known = "UPDATE lane_input SET next_offset = 20, last_seq = 20, last_hash = :h WHERE topic = 'leads' AND p = :p"
    await bench.change("scoring", known, p=LANE, h=stored[2].prev)
    worker = Assembly(bench.settings, bench.agreement, bench.dsn, [SCORING]).running[0].worker
    processor, transport, database = worker._visits._processor, worker.transport, bench.databases["scoring"]
    wire.transport = transport
    held = {one.p: one for one in await taken(worker._leases)}[LANE]
    lane = Lane(LANE, held.token)
    await transport.start(lambda _p, _topic: None)
    connection = await database.connect()
    try:

        async def fetched(records: int) -> bool:
            there = await transport.read(connection, LANE, {"leads": 0, "campaigns": 0}, records=99, size=2**20)
            return len(there) == records

        await wire.send(stored[0])
        async with connection.begin():
            await lane.learn(connection)
        await transport.hold(LANE, lane.offsets)
        await eventually(lambda: fetched(10))
        await transport.ship(stored[1])
        await eventually(lambda: fetched(20))
        assert await processor.process(connection, lane)  # ten and ten repeats: they end where the lane stood before
        await transport.ship(stored[2])

        async def worked() -> bool:
            await processor.process(connection, lane)
            return lane.progress["leads"].last_seq == 30

        await eventually(worked)
    finally:
        await terminate(connection)
        await transport.stop()
        await worker.context.database.close()
    assert (await bench.tallies("scoring"))[LEAD].n == 10


async def test_what_was_fetched_before_a_reader_moved_is_not_taken_for_what_it_finds_there(bench: Bench) -> None:
    def record(offset: int) -> Record:
        return Record("leads", LANE, offset, offset + 1, offset + 1, b"", b"", b"x")

    buffer = PartitionBuffer(0)
    buffer.moved = False
    buffer.keep([record(0), record(1)])
    buffer.move(0)
    buffer.keep([record(2), record(3)])  # the client had them in its hands already
    assert not buffer.records
    buffer.moved = False
    buffer.keep([record(n) for n in range(4)])
    assert [one.offset for one in buffer.records] == [0, 1, 2, 3]


@pytest.mark.slow
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
        await bench.drain()
        own_broker.pause()
        await bench.write(*facts[20:30])
        assert not await bench.caught_up()
        own_broker.resume()
        await bench.write(*facts[30:])
        await bench.drain()
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
