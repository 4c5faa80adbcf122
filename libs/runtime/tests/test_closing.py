"""The one statement that ends a batch: all of it is kept, or nothing."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import pytest

from events import Fact
from events.codec import decode
from events.scores import LeadCooled
from events.topics import partition
from probe.bench import LANES, NOON, Bench, engagement, taken
from probe.service import Tell
from runtime.chain import START, link
from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.emit.stream_writer import Composed
from runtime.errors import BatonError, Fenced, Stale
from runtime.lanes.closing import NotAsRemembered, close, close_at_once
from runtime.lanes.lane import Lane
from runtime.lanes.read_batch import ReadBatch
from runtime.process.assembly import Assembly
from runtime.service import Components, Context, Service
from runtime.transport.base import Record
from runtime.values import Batch, Parts
from testing.statements import statements_of

LEAD: Final = "lead-0"
LANE: Final = partition(LEAD, LANES)
TALLY: Final = Parts({"tallies": "INSERT INTO tally VALUES (:who, 1, 'c')"}, {"who": LEAD})
POSITION: Final = "SELECT next_offset, last_seq FROM lane_input WHERE p = :p AND topic = 'leads'"
SOMEBODY_ELSE: Final = {
    "took the lane": "UPDATE lane SET token = 'theirs' WHERE p = :p",
    "read on": "UPDATE lane_input SET next_offset = next_offset + 1 WHERE p = :p AND topic = 'leads'",
    "wrote on": "UPDATE lane_output SET last_seq = last_seq + 1 WHERE p = :p",
    "wrote other bytes": "UPDATE lane_output SET last_hash = '\\x0102030405060708' WHERE p = :p",
    "adopted": "UPDATE lane_output SET generation = generation + 1 WHERE p = :p",
}


async def prepared(bench: Bench, tx: Connection) -> tuple[Lane, ReadBatch, Composed]:
    """A lane that has read one event and is about to say one fact."""
    await bench.write(engagement(LEAD, 1))
    await bench.change("scoring", "UPDATE lane SET token = 'ours', poison_run = 3 WHERE p = :p", p=LANE)
    lane = Lane(LANE, "ours")
    await lane.learn(tx, alone=True)
    assert lane.outputs is not None
    (line,) = (await bench.stream("leads"))[LANE]
    seen = Record("leads", LANE, 0, 1, 1, START, link(START, line), line)
    event = decode(line)
    assert event is not None
    progress = lane.progress["leads"].copy()
    progress.take(1, seen.hash)
    read = ReadBatch(offsets={"leads": 1}, progress={"leads": progress}, records=[(seen, event)])
    cooled = LeadCooled.fact(LEAD, LeadCooled.Data(total=0, reason="r"), time=NOON)
    composed = bench.writer("scoring").compose(lane.outputs.heads(LANE), [("scores", LANE)], [cooled], NOON)
    return lane, read, composed


async def test_state_position_and_stream_go_on_together(postgres_bench: Bench) -> None:
    async with postgres_bench.databases["scoring"].begin() as tx:
        lane, read, composed = await prepared(postgres_bench, tx)
        shipped = await close_at_once(tx, lane, read, composed, saves=TALLY, lease=15)
    assert shipped == {"scores": 0}
    assert set(await postgres_bench.tallies("scoring")) == {LEAD}
    assert len(await postgres_bench.events("scores")) == 1
    (row,) = await postgres_bench.rows("scoring", "SELECT poison_run, crashes FROM lane WHERE p = :p", p=LANE)
    assert tuple(row) == (0, 0)
    (row,) = await postgres_bench.rows("scoring", POSITION, p=LANE)
    assert tuple(row) == (1, 1)


async def test_a_lane_that_works_again_is_stopped_no_more(postgres_bench: Bench) -> None:
    async with postgres_bench.databases["scoring"].begin() as tx:
        lane, read, composed = await prepared(postgres_bench, tx)
        await postgres_bench.change("scoring", "UPDATE lane SET stopped = 'a bug' WHERE p = :p", p=LANE)
        await close_at_once(tx, lane, read, composed, saves=TALLY, lease=15)
    (row,) = await postgres_bench.rows("scoring", "SELECT stopped FROM lane WHERE p = :p", p=LANE)
    assert row.stopped is None


@pytest.mark.parametrize("change", ["read on", "wrote on", "wrote other bytes", "adopted"])
async def test_a_batch_that_ends_in_its_transaction_is_taken_back_where_somebody_else_was(
    postgres_bench: Bench, change: str
) -> None:
    """Who took the lane is noticed before, by its fence."""

    async def closed() -> None:
        async with postgres_bench.databases["scoring"].begin() as tx:
            lane, read, composed = await prepared(postgres_bench, tx)
            await postgres_bench.change("scoring", SOMEBODY_ELSE[change], p=LANE)
            await close(tx, lane, read, composed)

    with pytest.raises(Stale):
        await closed()
    assert not await postgres_bench.rows("scoring", "SELECT 1 FROM stream_batch")
    (row,) = await postgres_bench.rows("scoring", POSITION, p=LANE)
    assert row.last_seq == 0


@pytest.mark.parametrize("change", SOMEBODY_ELSE.values(), ids=SOMEBODY_ELSE)
async def test_nothing_is_kept_where_somebody_else_was(postgres_bench: Bench, change: str) -> None:
    database = postgres_bench.databases["scoring"]
    connection = await database.connect()
    try:
        lane, read, composed = await prepared(postgres_bench, connection)
        await postgres_bench.change("scoring", change, p=LANE)
        with pytest.raises(NotAsRemembered):
            await close_at_once(connection, lane, read, composed, saves=TALLY, lease=15)
    finally:
        await connection.close()
    assert not await postgres_bench.tallies("scoring")
    assert not await postgres_bench.rows("scoring", "SELECT 1 FROM stream_batch")
    (row,) = await postgres_bench.rows("scoring", POSITION, p=LANE)
    assert row.last_seq == 0


async def test_who_was_overtaken_blames_no_input(postgres_bench: Bench) -> None:
    """The other worker has written the very same numbers already: the stored batch is there."""
    connection = await postgres_bench.databases["scoring"].connect()
    try:
        lane, read, composed = await prepared(postgres_bench, connection)
        await postgres_bench.change("scoring", "UPDATE lane SET token = 'theirs' WHERE p = :p", p=LANE)
        other = Lane(LANE, "theirs")
        await other.learn(connection, alone=True)
        await close_at_once(connection, other, read, composed, saves=TALLY, lease=15)
        with pytest.raises(NotAsRemembered):
            await close_at_once(connection, lane, read, composed, saves=Parts({}, {}), lease=15)
    finally:
        await connection.close()
    assert len(await postgres_bench.events("scores")) == 1


async def test_a_reship_asked_for_meanwhile_is_answered_and_kept(postgres_bench: Bench) -> None:
    async with postgres_bench.databases["scoring"].begin() as tx:
        lane, read, composed = await prepared(postgres_bench, tx)
        assert lane.outputs is not None
        back = "UPDATE lane_output SET shipped_seq = -1 WHERE p = :p AND topic = 'scores'"
        await postgres_bench.change("scoring", back, p=LANE)
        assert await close_at_once(tx, lane, read, composed, saves=TALLY, lease=15) == {"scores": -1}
    (row,) = await postgres_bench.rows(
        "scoring", "SELECT shipped_seq FROM lane_output WHERE p = :p AND topic = 'scores'", p=LANE
    )
    assert row.shipped_seq == -1


async def write_and_fail(connection: Connection) -> None:
    async with connection.begin_later():
        await connection.begin_now()
        await connection.begin_now()
        await connection.execute(statement("INSERT INTO tally VALUES ('x', 1, 'c')"))
        raise ValueError("taken back")


async def test_a_transaction_that_is_foreseen_begins_when_it_is_asked_for(postgres_bench: Bench) -> None:
    connection = await postgres_bench.databases["scoring"].connect()
    try:
        with pytest.raises(BatonError, match="begin_later"):
            await connection.begin_now()
        async with connection.begin_later():
            assert not connection.driver.is_in_transaction()
        with pytest.raises(ValueError, match="taken back"):
            await write_and_fail(connection)
        assert not connection.driver.is_in_transaction()
    finally:
        await connection.close()
    assert not await postgres_bench.tallies("scoring")


class Meddler(Tell):
    """While it decides, somebody else changes the lane."""

    def __init__(self, context: Context, change: str) -> None:
        super().__init__(context)
        self._change = change

    async def __call__(self, batch: Batch, tx: Connection) -> Sequence[Fact]:
        facts = await super().__call__(batch, tx)
        async with self._context.database.begin() as other:
            await other.execute(statement(self._change), {"p": LANE})
        return facts


@pytest.mark.parametrize("change", ["took the lane", "read on", "wrote on"])
async def test_a_batch_that_was_overtaken_says_so_and_memory_stays(postgres_bench: Bench, change: str) -> None:
    """Swallowed, it would be taken for worked: its offsets would go on, and its inputs would be lost."""

    def build(context: Context) -> Components:
        return Components(handler=Meddler(context, SOMEBODY_ELSE[change]), joins=True)

    await postgres_bench.write(engagement(LEAD, 1))
    service = Service("scoring", "probe", build)
    worker = (
        Assembly(postgres_bench.settings, postgres_bench.agreement, postgres_bench.dsn, [service]).running[0].worker
    )
    processor, database = worker._visits._processor, postgres_bench.databases["scoring"]
    token = {one.p: one for one in await taken(worker._leases)}[LANE].token
    lane = Lane(LANE, token)
    connection = await database.connect()
    try:
        async with connection.begin():
            await lane.learn(connection, alone=True)
        before = (dict(lane.offsets), lane.progress["leads"].last_seq)
        with pytest.raises(Fenced if change == "took the lane" else Stale):
            await processor.process(connection, lane)
    finally:
        await connection.close()
        await worker.context.database.close()
    assert (lane.offsets, lane.progress["leads"].last_seq) == before
    assert not await postgres_bench.tallies("scoring")


@pytest.mark.parametrize("change", ["", "took the lane", "read on"])
async def test_records_that_nobody_wants_are_passed_by_one_statement(postgres_bench: Bench, change: str) -> None:
    """Also where others write the lane's streams; and not by somebody who has lost the lane."""
    service = Service("scoring", "probe", lambda context: Components(handler=Tell(context)))
    worker = (
        Assembly(postgres_bench.settings, postgres_bench.agreement, postgres_bench.dsn, [service]).running[0].worker
    )
    processor, database = worker._visits._processor, postgres_bench.databases["scoring"]
    async with database.begin() as tx:
        _, read, _ = await prepared(postgres_bench, tx)
    lane = Lane(LANE, "ours")
    connection = await database.connect()
    try:
        async with connection.begin():
            await lane.learn(connection)
        if change:
            await postgres_bench.change("scoring", SOMEBODY_ELSE[change], p=LANE)
            with pytest.raises(Fenced if change == "took the lane" else Stale):
                await processor.process(connection, lane, read=replace(read, records=[]))
            return
        with statements_of(connection) as seen:
            assert await processor.process(connection, lane, read=replace(read, records=[]))
    finally:
        await connection.close()
        await worker.context.database.close()
    assert len(seen) == 1
    (row,) = await postgres_bench.rows("scoring", POSITION, p=LANE)
    assert tuple(row) == (1, 1)
    assert (lane.offsets["leads"], lane.progress["leads"].last_seq) == (1, 1)


async def test_a_batch_on_probation_forgives_no_death_and_one_without_records_no_poison(postgres_bench: Bench) -> None:
    """A child works the lane until its killer is known: to finish a batch before it is no proof."""
    deaths = "UPDATE lane SET crashes = 2 WHERE p = :p"
    async with postgres_bench.databases["scoring"].begin() as tx:
        lane, read, composed = await prepared(postgres_bench, tx)
        await postgres_bench.change("scoring", deaths, p=LANE)
        lane.crashes = 2
        assert lane.on_probation
        nothing_read = replace(read, records=[])
        await close_at_once(tx, lane, nothing_read, composed, saves=TALLY, lease=15)
    (row,) = await postgres_bench.rows("scoring", "SELECT poison_run, crashes FROM lane WHERE p = :p", p=LANE)
    assert tuple(row) == (3, 2)


@pytest.mark.parametrize("wakes", [True, False])
async def test_readers_are_woken_only_where_they_listen(postgres_bench: Bench, wakes: bool) -> None:
    """Where the broker tells them, a NOTIFY would only make commits wait for each other."""
    async with postgres_bench.databases["scoring"].begin() as tx:
        lane, read, composed = await prepared(postgres_bench, tx)
        with statements_of(tx) as seen:
            await close_at_once(tx, lane, read, composed, saves=TALLY, lease=15, wakes=wakes)
    assert [("pg_notify" in one) for one in seen] == [wakes]
    assert len(await postgres_bench.events("scores")) == 1
