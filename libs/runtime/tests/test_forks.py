"""A stream that does not continue what was read of it stops the lane, loudly, before anything of it is worked."""

import pytest

from events.topics import partition
from probe.bench import LANES, Bench, engagement, taken
from probe.fold import fold
from probe.wire import Wire
from runtime.chain import START, links
from runtime.emit.stored import Stored
from runtime.errors import Fork
from runtime.lanes.lane import Lane
from runtime.lanes.leases import Leases
from runtime.lanes.sequence import Progress
from runtime.process.assembly import Assembly
from testing.waiting import eventually

LEAD = "lead-0"
LANE = partition(LEAD, LANES)
BACK = "UPDATE lane_output SET last_seq = :n, shipped_seq = :n, last_hash = :h WHERE topic = 'leads' AND p = :p"


async def await_tally(bench: Bench, wanted: int) -> None:
    async def there() -> bool:
        tallies = await bench.tallies("scoring")
        return LEAD in tallies and tallies[LEAD].n == wanted

    await eventually(there, what=f"{wanted} of {LEAD}")


async def await_fork(bench: Bench, assembly: Assembly, words: str) -> None:
    """The lane stands still, says why, and says what leads out of it."""

    async def stopped() -> bool:
        lanes = [one.worker.lanes.get(LANE) for one in assembly.running if one.service.name == "scoring"]
        return any(lane is not None and words in (lane.fault or "") for lane in lanes)

    await eventually(stopped, what=words)
    stated = "SELECT 1 FROM lane WHERE p = :p AND stopped LIKE '%baton adopt%'"
    await eventually(lambda: bench.rows("scoring", stated, p=LANE))


async def put_back(bench: Bench, seq: int) -> None:
    """Ingest's database forgets what it wrote after this number."""
    lines = (await bench.stream("leads"))[LANE]
    await bench.change("ingest", "DELETE FROM stream_batch WHERE first_seq > :n AND p = :p", n=seq, p=LANE)
    await bench.change("ingest", BACK, p=LANE, n=seq, h=links(START, lines[:seq])[-1])


async def say(bench: Bench, *numbers: int) -> None:
    for number in numbers:
        await bench.write(engagement(LEAD, number))


async def test_a_reader_that_has_read_further_than_was_written_is_found_without_any_record(bench: Bench) -> None:
    async with bench.running("ingest", "scoring") as assembly:
        await say(bench, 1, 2, 3)
        await await_tally(bench, 3)
        await put_back(bench, 1)
        await await_fork(bench, assembly, f"leads/{LANE} was read to 3 and was written only to 1")


async def test_other_content_under_the_number_a_reader_stands_at_is_found(bench: Bench) -> None:
    async with bench.running("ingest", "scoring"):
        await say(bench, 1, 2, 3)
        await await_tally(bench, 3)
    await put_back(bench, 1)
    await say(bench, 12, 13)
    async with bench.running("scoring") as assembly:
        await await_fork(bench, assembly, f"leads/{LANE} was read to 3 and was written with other content")


async def test_repeats_of_another_content_come_to_light_by_the_chain(bench: Bench) -> None:
    """Where they lie in one batch with what follows, the writer's own positions tell nothing."""
    async with bench.running("ingest", "scoring"):
        await say(bench, 1, 2, 3)
        await await_tally(bench, 3)
    await put_back(bench, 1)
    await bench.write(*(engagement(LEAD, n) for n in (12, 13, 14)))
    async with bench.running("ingest", "scoring") as assembly:
        await await_fork(bench, assembly, "does not fit the chain")
    assert (await bench.tallies("scoring"))[LEAD].n == 3


async def test_records_that_the_writers_database_does_not_know_are_not_worked(bench: Bench) -> None:
    """They may lie on Kafka after the database went back, and fit whoever went back with it."""
    await say(bench, 1)
    lines = [*(await bench.stream("leads"))[LANE]]
    lost = Stored("leads", LANE, 2, links(START, lines)[-1], lines[0].replace(b"lead-0-1", b"lost-0-2"))
    if bench.settings.kafka:
        async with Wire(bench) as wire:
            await wire.ship()
            await wire.send(lost)
    else:
        insert = "INSERT INTO stream_batch (topic, p, first_seq, n, prev, body) VALUES ('leads', :p, 2, 1, :h, :b)"
        await bench.change("ingest", insert, p=LANE, h=lost.prev, b=lost.body)
    async with bench.running("ingest", "scoring") as assembly:
        await await_fork(bench, assembly, f"leads/{LANE} was read to 2 and was written only to 1")
    assert LEAD not in await bench.tallies("scoring") or (await bench.tallies("scoring"))[LEAD].n == 1


async def test_a_position_never_moves_past_its_writer(postgres_bench: Bench) -> None:
    """Whatever a transport brings: the statement that moves a reader looks at the writer's own row."""
    await say(postgres_bench, 1, 2)
    lines = (await postgres_bench.stream("leads"))[LANE]
    hashes = links(START, [*lines, b"lost"])
    home = postgres_bench.databases["scoring"]
    held = next(one for one in await taken(Leases(home, "me", 30)) if one.p == LANE)
    lane = Lane(LANE, held.token)
    async with home.begin() as tx:
        await lane.learn(tx)
        for ahead in (Progress(3, hashes[3]), Progress(2, b"other")):
            with pytest.raises(Fork):
                await lane.advance(tx, {"leads": 1}, {"leads": ahead})
        await lane.advance(tx, {"leads": 1}, {"leads": Progress(2, hashes[2])})


async def test_what_was_written_before_there_was_a_chain_is_read_on(bench: Bench) -> None:
    """As over the release that brings the chain: stopped, migrated, started."""
    async with bench.running("ingest", "scoring"):
        await say(bench, 1)
        await await_tally(bench, 1)
    await say(bench, 2)
    await bench.change("ingest", "UPDATE stream_batch SET prev = ''")
    await bench.change("ingest", "UPDATE lane_output SET last_hash = :h", h=START)
    await bench.change("scoring", "UPDATE lane_input SET last_hash = '' WHERE last_seq > 0")
    async with bench.running("ingest", "scoring"):
        await await_tally(bench, 2)
        await say(bench, 3, 4)
        await await_tally(bench, 4)
    (known,) = await bench.rows("scoring", "SELECT last_hash FROM lane_input WHERE topic = 'leads' AND p = :p", p=LANE)
    (head,) = await bench.rows("ingest", "SELECT last_hash FROM lane_output WHERE topic = 'leads' AND p = :p", p=LANE)
    assert known.last_hash == head.last_hash != b""
    assert await bench.tallies("scoring") == fold({}, await bench.events("leads"))[0]
