"""The laws of a lane, on both transports: the next number only, one owner, nothing lost and nothing twice."""

from dataclasses import replace

import pytest

from events.topics import partition
from probe.bench import LANES, Bench, engagement
from probe.fold import fold
from probe.service import SCORING, SERVICES
from probe.wire import Wire
from runtime.emit.stored import Stored
from runtime.process.assembly import Assembly
from testing.waiting import eventually

LEAD = "lead-0"
LANE = partition(LEAD, LANES)


async def await_tally(bench: Bench, wanted: int, subject: str = LEAD) -> None:
    async def there() -> bool:
        tallies = await bench.tallies("scoring")
        return subject in tallies and tallies[subject].n == wanted

    await eventually(there, what=f"{wanted} of {subject}")


def held(assembly: Assembly, name: str = "scoring") -> dict[int, str | None]:
    """Lanes of a service and why they stand still."""
    return {
        p: lane.fault for one in assembly.running if one.service.name == name for p, lane in one.worker.lanes.items()
    }


async def waits(assembly: Assembly, missing: int) -> None:
    async def stands() -> bool:
        lanes = assembly.running[0].worker.lanes
        return LANE in lanes and lanes[LANE].gaps.get("leads") == missing

    await eventually(stands, what=f"a gap at {missing}")


class Hole:
    """Makes number 2 of a stream disappear between two others, and heals it."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.wire = Wire(bench)
        self.stored: list[Stored] = []

    async def open(self) -> None:
        for n in range(1, 4):
            await self.bench.write(engagement(LEAD, n))
        self.stored = await self.wire.unshipped(LANE)
        if self.bench.settings.kafka:
            await self.wire.transport.start(lambda _p, _topic: None)
            for one in (self.stored[0], self.stored[2]):
                await self.wire.send(one)
            await self.wire.transport.stop()
            await self.bench.change("ingest", "UPDATE lane_output SET shipped_seq = last_seq")
        else:
            await self.bench.change("ingest", "DELETE FROM stream_batch WHERE first_seq = 2")

    async def heal(self) -> None:
        """What `baton reship leads LANE 2` does; on the embedded transport: the row is there again."""
        if self.bench.settings.kafka:
            reship = "UPDATE lane_output SET shipped_seq = 1 WHERE topic = 'leads' AND p = :p"
            await self.bench.change("ingest", reship, p=LANE)
        else:
            insert = "INSERT INTO stream_batch (topic, p, first_seq, n, prev, body) VALUES ('leads', :p, 2, 1, :h, :b)"
            await self.bench.change("ingest", insert, p=LANE, h=self.stored[1].prev, b=self.stored[1].body)


async def test_a_gap_stops_the_stream_and_heals_by_reship(bench: Bench) -> None:
    hole = Hole(bench)
    await hole.open()
    async with bench.running("scoring") as assembly:
        await waits(assembly, 2)
        await await_tally(bench, 1)
        await hole.heal()
        async with bench.running("ingest"):
            await await_tally(bench, 3)
            await bench.write(engagement(LEAD, 4))
            await await_tally(bench, 4)
        assert held(assembly)[LANE] is None
        assert not assembly.running[0].worker.lanes[LANE].gaps
    assert (await bench.tallies("scoring")) == fold({}, await bench.events("leads"))[0]


async def test_a_gap_is_still_a_gap_after_a_restart(bench: Bench) -> None:
    hole = Hole(bench)
    await hole.open()
    async with bench.running("scoring") as assembly:
        await waits(assembly, 2)
    async with bench.running("scoring") as assembly:
        await waits(assembly, 2)
        await await_tally(bench, 1)
    await hole.heal()
    async with bench.running("ingest", "scoring"):
        await await_tally(bench, 3)


async def test_a_gap_in_one_lane_stops_no_other(bench: Bench) -> None:
    hole = Hole(bench)
    await hole.open()
    other = next(f"lead-{n}" for n in range(99) if partition(f"lead-{n}", LANES) != LANE)
    async with bench.running("scoring", "ingest") as assembly:
        await waits(assembly, 2)
        await bench.write(engagement(other, 1))
        await await_tally(bench, 1, other)
    await hole.heal()


async def test_a_repeat_is_dropped(bench: Bench) -> None:
    facts = [engagement(LEAD, n) for n in range(5)]
    async with bench.running("ingest", "scoring"):
        await bench.write(*facts)
        await await_tally(bench, 5)
        await bench.change("ingest", "UPDATE lane_output SET shipped_seq = 0")
        await bench.drain("scoring")
    await bench.change("scoring", "UPDATE lane_input SET next_offset = 0")
    async with bench.running("ingest", "scoring"):
        await bench.write(engagement(LEAD, 5))
        await await_tally(bench, 6)
    assert (await bench.tallies("scoring")) == fold({}, await bench.events("leads"))[0]
    assert len(await bench.events("scores")) == 6


async def test_takeover_ships_what_was_left(bench: Bench) -> None:
    """Committed by a worker that died before it could send."""
    await bench.write(*(engagement(LEAD, n) for n in range(3)))
    assert not bench.settings.kafka or await Wire(bench).unshipped(LANE)
    async with bench.running("ingest", "scoring", "routing"):
        await bench.drain()
    if bench.settings.kafka:
        assert await bench.read_kafka("leads") == await bench.stream("leads")
        assert await bench.read_kafka("scores") == await bench.stream("scores")


@pytest.mark.fault("F14")
async def test_poison_is_dead_lettered_with_those_that_follow_it_and_the_rest_goes_on(bench: Bench) -> None:
    await poison(bench, "boom")


@pytest.mark.fault("F14")
@pytest.mark.parametrize("kind", ["sql", "astray", "huge"])
async def test_whatever_the_poison_is(postgres_bench: Bench, kind: str) -> None:
    """A statement the database refuses, a fact about somebody else's lane, one that could never be shipped."""
    await poison(postgres_bench, kind)


async def poison(bench: Bench, kind: str) -> None:
    other = next(f"lead-{n}" for n in range(1, 99) if partition(f"lead-{n}", LANES) == LANE)
    facts = [engagement(LEAD, 1), engagement(LEAD, 2, kind), engagement(other, 1), engagement(LEAD, 3)]
    async with bench.running("ingest", "scoring"):
        await bench.write(*facts, engagement(other, 2))
        await bench.drain("scoring")
        await bench.write(engagement(LEAD, 4), engagement(other, 3))
        await bench.drain("scoring")
    sent = [e for e in await bench.events("leads") if e.subject == other or e.data.message_id == f"{LEAD}-1"]
    assert await bench.tallies("scoring") == fold({}, sent)[0]
    dead = await bench.rows("scoring", "SELECT seq, subject, follows, reason FROM dead_letter ORDER BY id")
    assert [(row.seq, row.subject, row.follows) for row in dead] == [
        (2, LEAD, False),
        (4, LEAD, True),
        (6, LEAD, True),
    ]
    assert "earlier event" in dead[1].reason


@pytest.mark.fault("F14")
async def test_unreadable_bytes_are_dead_lettered_and_what_came_before_them_is_worked(bench: Bench) -> None:
    """The same lead before and after a record of a known type that does not parse, with poison in the same batch."""
    await bench.write(*(engagement(LEAD, n) for n in (1, 2, 3)), engagement("x-17", 1, "boom"))
    await bench.garble(b'"message_id":"lead-0-2"', b'"message_id":[]')
    async with bench.running("ingest", "scoring"):
        await await_tally(bench, 1)
        await bench.drain("scoring")
    dead = await bench.rows(
        "scoring", "SELECT seq, follows, reason FROM dead_letter WHERE subject = :s ORDER BY id", s=LEAD
    )
    assert [(row.seq, row.follows) for row in dead] == [(2, False), (3, True)]
    assert dead[0].reason.startswith("Unreadable: engagement.recorded.v1 at data.message_id: ")


async def test_poison_without_end_stops_the_lane(bench: Bench) -> None:
    async with bench.running("ingest", "scoring", poison_limit=3) as assembly:
        await bench.write(*(engagement(LEAD, n, "boom") for n in range(3)))
        others = [f"lead-{n}" for n in range(1, 99) if partition(f"lead-{n}", LANES) == LANE][:5]
        await bench.write(*(engagement(other, 1, "boom") for other in others))

        async def stopped() -> bool:
            return "poison inputs in a row" in (held(assembly).get(LANE) or "")

        await eventually(stopped)
        assert not await bench.rows("scoring", "SELECT 1 FROM dead_letter WHERE seq > 5")
    await bench.change("scoring", "INSERT INTO mended VALUES ('boom')")
    async with bench.running("ingest", "scoring", poison_limit=3):
        await await_tally(bench, 1, others[-1])


async def test_unreadable_bytes_without_end_stop_the_lane(bench: Bench) -> None:
    await bench.write(*(engagement(f"{n}", n) for n in range(100) if partition(f"{n}", LANES) == LANE))
    await bench.garble(b'"message_id"', b'"message"')
    async with bench.running("ingest", "scoring", poison_limit=3) as assembly:

        async def stopped() -> bool:
            return "unreadable records in a row" in (held(assembly).get(LANE) or "")

        await eventually(stopped)
        assert not await bench.rows("scoring", "SELECT 1 FROM dead_letter")


async def test_timers_fire_once_in_their_lane(bench: Bench) -> None:
    async with bench.running():
        await bench.write(*(engagement(f"lead-{n % 5}", n, "wake") for n in range(20)))
        await bench.drain()
    rung = await bench.rows("scoring", "SELECT subject, key, times FROM rung")
    assert sorted((row.key, row.times) for row in rung) == sorted((f"lead-{n % 5}-{n}", 1) for n in range(20))
    rings = [e for e in await bench.events("scores") if e.data.total == -1]
    assert sorted(e.data.reason for e in rings) == sorted(row.key for row in rung)


async def test_two_workers_share_and_the_second_takes_over(bench: Bench) -> None:
    facts = [engagement(f"lead-{n % 9}", n) for n in range(90)]
    async with bench.running() as first:
        await bench.write(*facts[:30])
        async with bench.running() as second:

            async def shared() -> bool:
                return all(len(held(a, name)) == LANES // 2 for a in (first, second) for name in SERVICES)

            await eventually(shared, what="both have half the lanes")
            await bench.write(*facts[30:60])
            await bench.drain()

        async def all_back() -> bool:
            return len(held(first)) == LANES

        await eventually(all_back)
        await bench.write(*facts[60:])
        await bench.drain()
    sent = await bench.events("leads")
    assert len(sent) == 90
    expected, scored = fold({}, sent)
    assert await bench.tallies("scoring") == expected
    assert [e.data for e in await bench.events("scores")] == [f.data for f in scored]


def test_the_probe_is_what_it_says() -> None:
    assert replace(SCORING).reads == ("leads", "campaigns")


@pytest.mark.fault("F19")
async def test_a_lane_waits_for_code_that_knows_a_newer_version(postgres_bench: Bench) -> None:
    """What stands before it is worked; it is neither skipped nor dead-lettered, and what follows it comes after it."""
    for n in range(1, 4):
        await postgres_bench.write(engagement(LEAD, n))
    await postgres_bench.write(engagement(other_lane(), 1))
    rename = "UPDATE stream_batch SET body = replace(encode(body, 'escape'), :a, :b)::bytea WHERE first_seq = 2"
    old, newer = '"type":"engagement.recorded.v1"', '"type":"engagement.recorded.v2"'
    await postgres_bench.change("ingest", rename, a=old, b=newer)

    async def waiting() -> bool:
        stated = "SELECT 1 FROM lane WHERE p = :p AND stopped LIKE '%engagement.recorded.v2, newer than this code%'"
        return bool(await postgres_bench.rows("scoring", stated, p=LANE))

    async with postgres_bench.running("scoring") as assembly:
        await eventually(waiting, what="the lane says why it waits")
        await await_tally(postgres_bench, 1)
        await await_tally(postgres_bench, 1, other_lane())
        assert held(assembly)[LANE] is None
        assert (await postgres_bench.tallies("scoring"))[LEAD].n == 1
        assert not await postgres_bench.rows("scoring", "SELECT 1 FROM dead_letter")
    await postgres_bench.change("ingest", rename, a=newer, b=old)
    async with postgres_bench.running("scoring"):
        await await_tally(postgres_bench, 3)
        assert not await postgres_bench.rows("scoring", "SELECT 1 FROM lane WHERE stopped IS NOT NULL")


def other_lane() -> str:
    """A lead of another lane."""
    return next(lead for lead in map("lead-{}".format, range(1, 99)) if partition(lead, LANES) != LANE)
