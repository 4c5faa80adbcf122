"""The way out of a fork: what the writer's database holds is the stream, in a new generation, and all readers go on."""

from contextlib import AsyncExitStack

import pytest

from events.codec import decode
from events.topics import partition
from probe.bench import LANES, Bench, engagement
from probe.carriers import KAFKA_SELDOM, POSTGRES_FIRST
from probe.fold import fold
from runtime.chain import START, links
from runtime.database.connect import admin
from runtime.lanes.adoption import Adopted, adopt
from runtime.lanes.adoption_store import orphans
from runtime.transport.kafka_log import KafkaLog
from testing.waiting import eventually

LEAD = "lead-0"
LANE = partition(LEAD, LANES)
BACK = "UPDATE lane_output SET last_seq = :n, shipped_seq = :n, last_hash = :h WHERE topic = 'leads' AND p = :p"


async def tally(bench: Bench, wanted: int) -> None:
    async def there() -> bool:
        tallies = await bench.tallies("scoring")
        return LEAD in tallies and tallies[LEAD].n == wanted

    await eventually(there, what=f"{wanted} of {LEAD}")


async def put_back(bench: Bench, seq: int) -> None:
    """Ingest's database forgets what it wrote after this number."""
    lines = (await bench.stream("leads"))[LANE]
    given = {"p": LANE, "n": seq, "h": links(START, lines[:seq])[-1]}
    await bench.change("ingest", "DELETE FROM stream_batch WHERE first_seq > :n AND p = :p", n=seq, p=LANE)
    await bench.change("ingest", BACK, **given)


async def say(bench: Bench, *numbers: int) -> None:
    for number in numbers:
        await bench.write(engagement(LEAD, number))


async def adoption(bench: Bench) -> list[Adopted]:
    async with AsyncExitStack() as stack:
        tx = await stack.enter_async_context(admin(bench.dsn))
        settings, log = bench.settings, None
        if settings.kafka:
            log = await stack.enter_async_context(KafkaLog(settings.kafka, settings.topic_prefix))
        return [one async for one in adopt(tx, log)]


@pytest.mark.parametrize("transport", KAFKA_SELDOM, indirect=True)
async def test_nothing_is_adopted_where_nothing_is_forked(bench: Bench) -> None:
    await say(bench, 1, 2)
    assert await adoption(bench) == []
    async with bench.running("ingest", "scoring"):
        await tally(bench, 2)
        assert await adoption(bench) == []
        await say(bench, 3)
        await tally(bench, 3)


@pytest.mark.fault("F09")
@pytest.mark.parametrize("transport", POSTGRES_FIRST, indirect=True)
async def test_readers_go_back_to_what_they_share_with_the_writer(bench: Bench) -> None:
    """Read to 5; the writer went back to 2 and wrote 3 to 6. Where it went back to cannot be known without Kafka."""
    async with bench.running("ingest", "scoring"):
        await say(bench, 1, 2, 3, 4, 5)
        await tally(bench, 5)
    await put_back(bench, 2)
    await say(bench, 13, 14, 15, 16)
    ours = bench.settings.kafka is not None
    async with bench.running("ingest", "scoring") as assembly:

        async def stopped() -> bool:
            lane = assembly.running[1].worker.lanes.get(LANE)
            return lane is not None and lane.fault is not None

        await eventually(stopped, what="the fork is found")
        (one,) = await adoption(bench)
        assert (one.topic, one.p, one.generation) == ("leads", LANE, 2)
        assert one.readers["scoring"] == (5, 2 if ours else 6)
        assert one.unsure == ([] if ours else ["scoring"])
        assert [orphan.message_id for orphan in one.orphans] == ([f"{LEAD}-{n}" for n in (3, 4, 5)] if ours else [])
        await tally(bench, 5 + 4 if ours else 5)
        await say(bench, 17)
        await tally(bench, 10 if ours else 6)
    last = (await bench.stream("leads"))[LANE][-1]
    assert f'"id":"leads/{LANE}/7@2"'.encode() in last
    async with admin(bench.dsn) as tx:
        assert await orphans(tx, "leads") == one.orphans
    assert await adoption(bench) == []


@pytest.mark.slow
@pytest.mark.fault("F09")
@pytest.mark.kafka
@pytest.mark.parametrize("transport", ["kafka"])
async def test_a_house_that_went_back_as_one_works_nothing_of_the_lost_time(bench: Bench) -> None:
    """Writer and reader stand at 2 again, Kafka holds 3 to 5: they are orphans, and were never worked twice."""
    async with bench.running("ingest"):
        await say(bench, 1, 2, 3, 4, 5)
        await bench.drain("ingest")
    await put_back(bench, 2)
    async with bench.running("ingest", "scoring") as assembly:

        async def stopped() -> bool:
            lane = assembly.running[1].worker.lanes.get(LANE)
            return lane is not None and "written only to 2" in (lane.fault or "")

        await eventually(stopped, what="the fork is found")
        await say(bench, 13, 14)
        (one,) = await adoption(bench)
        assert [orphan.message_id for orphan in one.orphans] == [f"{LEAD}-{n}" for n in (3, 4, 5)]
        await say(bench, 15)
        await tally(bench, 5)
    lines = (await bench.stream("leads"))[LANE]
    events = [event for line in lines if (event := decode(line))]
    assert [event.id for event in events] == [f"leads/{LANE}/{n}" for n in range(1, 5)] + [f"leads/{LANE}/5@2"]
    assert await bench.tallies("scoring") == fold({}, events)[0]


@pytest.mark.kafka
@pytest.mark.slow
@pytest.mark.chaos
@pytest.mark.parametrize("transport", ["kafka"])
async def test_a_second_fork_begins_a_third_generation(bench: Bench) -> None:
    for generation, forgotten in ((2, 2), (3, 4)):
        async with bench.running("ingest", "scoring"):
            await say(bench, *(generation * 100 + n for n in range(3)))
            await bench.drain("ingest", "scoring")
        await put_back(bench, forgotten)
        (one,) = await adoption(bench)
        assert (one.generation, one.after) == (generation, forgotten)
        assert len(one.orphans) == 1
    async with bench.running("ingest", "scoring"):
        await say(bench, 999)
        await bench.drain("ingest", "scoring")
    assert f'"id":"leads/{LANE}/5@3"'.encode() in (await bench.stream("leads"))[LANE][-1]
