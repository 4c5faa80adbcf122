"""One Kafka, two databases: each takes its own records and refuses the other's, at start and while it reads."""

import pytest
import uuid_utils
from aiokafka import TopicPartition

from events.topics import partition
from probe.bench import LANES, Bench, engagement
from probe.service import SCORING, SERVICES
from probe.wire import Wire
from runtime.chain import START, link
from runtime.database.statement import statement
from runtime.emit.stored import Stored
from runtime.errors import Misconfigured
from runtime.process.assembly import Assembly
from runtime.process.main import require_own
from runtime.process.migrated import house_id
from runtime.transport.kafka_clients import new_consumer, new_producer, stop_client
from testing.waiting import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.parametrize("transport", ["kafka"])]
LEAD = "lead-0"
LANE = partition(LEAD, LANES)


async def become_another(bench: Bench) -> str:
    """As if this were another database: same schemas, nothing written, an id of its own."""
    other = str(uuid_utils.uuid4())
    rename = statement("UPDATE house.setting SET value = :id WHERE key = 'house'")
    await bench.as_admin(lambda tx: tx.execute(rename, {"id": other}))
    return other


async def tally(bench: Bench, wanted: int) -> None:
    async def there() -> bool:
        tallies = await bench.tallies("scoring")
        return LEAD in tallies and tallies[LEAD].n == wanted

    await eventually(there, what=f"{wanted} of {LEAD}")


async def test_every_record_names_its_house(bench: Bench) -> None:
    async with bench.running():
        await bench.write(engagement(LEAD, 1))
        await bench.drain()
    ours = await bench.as_admin(house_id)
    consumer = await new_consumer(bench.settings.kafka or "")
    try:
        for topic in ("leads", "scores", "handoffs"):
            place = TopicPartition(bench.settings.topic_prefix + topic, LANE)
            consumer.assign([place])
            consumer.seek(place, 0)
            record = await consumer.getone(place)
            assert dict(record.headers)["house"].decode() == ours
    finally:
        await stop_client(consumer)


@pytest.mark.fault("F21")
async def test_a_house_refuses_to_start_on_the_topics_of_another(bench: Bench) -> None:
    async with bench.running("ingest"):
        await bench.write(engagement(LEAD, 1))
        await bench.drain("ingest")
    await require_own(bench.settings, bench.dsn, [SCORING])
    other = await become_another(bench)
    with pytest.raises(Misconfigured, match=rf"leads.*this database is {other}.*BATON_TOPIC_PREFIX"):
        await require_own(bench.settings, bench.dsn, list(SERVICES.values()))
    with pytest.raises(Misconfigured, match="BATON_TOPIC_PREFIX"):
        await require_own(bench.settings, bench.dsn, [SCORING])


async def test_empty_topics_and_a_broker_that_is_away_are_no_reason_to_stay_down(bench: Bench) -> None:
    await require_own(bench.settings, bench.dsn, list(SERVICES.values()))
    nowhere = bench.settings.model_copy(update={"kafka": "127.0.0.1:1"})
    await require_own(nowhere, bench.dsn, [SCORING])


@pytest.mark.fault("F21")
async def test_a_record_of_another_house_is_not_taken_and_the_lane_says_so(bench: Bench) -> None:
    async with bench.running("ingest", "scoring") as assembly:
        await bench.write(engagement(LEAD, 1))
        await tally(bench, 1)
        async with Wire(bench) as wire:
            wire.transport.house = "another"
            (line,) = (await bench.stream("leads"))[LANE]
            await wire.send(Stored("leads", LANE, 2, link(START, line), line))
        await eventually(lambda: stands_still(assembly), what="the lane stops")
    assert (await bench.tallies("scoring"))[LEAD].n == 1


async def stands_still(assembly: Assembly) -> bool:
    lanes = [one.worker.lanes.get(LANE) for one in assembly.running if one.service.name == "scoring"]
    return any("was written by house another" in (lane.fault or "") for lane in lanes if lane is not None)


async def test_a_record_that_is_not_ours_is_dead_lettered_and_the_rest_goes_on(bench: Bench) -> None:
    """No number, a number that is none, a header that is no text: put aside with its offset, in every lane's stead."""
    strange: list[list[tuple[str, bytes]]] = [
        [],
        [("seq", b"two")],
        [("seq", b"\xff"), ("prev", b"zz")],
        [("seq", b"-4")],
    ]
    async with bench.running("ingest", "scoring"):
        await bench.write(engagement(LEAD, 1))
        await tally(bench, 1)
        producer = await new_producer(bench.settings.kafka or "")
        try:
            for headers in strange:
                topic = bench.settings.topic_prefix + "leads"
                await producer.send_and_wait(topic, b"hello", partition=LANE, headers=headers)
        finally:
            await stop_client(producer)
        await bench.write(engagement(LEAD, 2))
        await tally(bench, 2)
        await bench.drain("scoring")
    letters = await bench.rows("scoring", "SELECT p, topic, seq, reason, body FROM dead_letter")
    assert [(one.p, one.topic, one.seq, one.body) for one in letters] == [(LANE, "leads", None, b"hello")] * len(
        strange
    )
    assert all("not written by Baton" in row.reason for row in letters)
