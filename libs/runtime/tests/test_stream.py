"""The laws of a stream, on both transports: dense, ordered, at least once, and readable again from where one stood."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from events.campaigns import CompanyChanged
from events.codec import decode
from events.topics import partition
from probe.bench import LANES, NOON, Bench, engagement
from probe.service import SERVICES
from probe.wire import Wire
from runtime.lanes.look import Look
from runtime.lanes.sequence import Progress
from testing.waiting import eventually

LEAD = "lead-0"
LANE = partition(LEAD, LANES)


@pytest.fixture
async def wire(bench: Bench) -> AsyncIterator[Wire]:
    async with Wire(bench) as found:
        yield found


async def test_what_is_said_arrives_in_order_bytes_and_all(wire: Wire) -> None:
    for n in range(0, 30, 3):
        await wire.write(*(engagement(LEAD, n + more) for more in range(3)))
    taken = await wire.take_until(LANE, 30)
    assert [record.seq for record in taken] == list(range(1, 31))
    assert [record.value for record in taken] == (await wire.bench.stream("leads"))[LANE]
    assert [decode(record.value).data.message_id for record in taken] == [f"{LEAD}-{n}" for n in range(30)]  # type: ignore[union-attr]
    assert not await wire.take(LANE)


async def test_lanes_do_not_see_each_other(wire: Wire) -> None:
    facts = [engagement(f"lead-{n}", n) for n in range(40)]
    await wire.write(*facts)
    for p in range(LANES):
        own = [fact for fact in facts if partition(fact.subject, LANES) == p]
        taken = await wire.take_until(p, len(own))
        assert [decode(r.value).data.message_id for r in taken] == [f.data.message_id for f in own]  # type: ignore[union-attr,attr-defined]


async def test_looking_consumes_nothing(wire: Wire) -> None:
    await wire.write(engagement(LEAD, 1), engagement(LEAD, 2))
    first = await eventually(lambda: wire.read(LANE))
    assert await wire.read(LANE) == first


async def test_a_reader_may_go_back(wire: Wire) -> None:
    await wire.write(*(engagement(LEAD, n) for n in range(5)))
    await wire.write(engagement(LEAD, 5))
    whole = await wire.take_until(LANE, 6)
    wire.offsets[LANE] = {**wire.offsets[LANE], "leads": whole[0].offset}
    wire.progress[LANE]["leads"] = Progress()
    await wire.transport.hold(LANE, wire.offsets[LANE])
    assert [record.seq for record in await wire.take_until(LANE, 6)] == [1, 2, 3, 4, 5, 6]


async def test_another_reader_resumes_where_one_stopped(wire: Wire) -> None:
    await wire.write(*(engagement(LEAD, n) for n in range(5)))
    taken = await wire.take_until(LANE, 2, records=2)
    await wire.write(engagement(LEAD, 5))
    async with Wire(wire.bench) as other:
        other.offsets[LANE] = dict(wire.offsets[LANE])
        other.progress = wire.progress
        await other.transport.hold(LANE, other.offsets[LANE])
        taken += await other.take_until(LANE, 6 - len(taken))
    assert [record.seq for record in taken] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("records", [1, 7, 500])
async def test_small_bites_of_a_large_batch_are_the_same_meal(wire: Wire, records: int) -> None:
    await wire.write(*(engagement(LEAD, n) for n in range(20)))
    taken = await wire.take_until(LANE, 20, records=records)
    assert [record.seq for record in taken] == list(range(1, 21))


@pytest.mark.parametrize("events", [1, 20, 100, 120])
@pytest.mark.parametrize(("records", "size"), [(500, 2**20), (20, 2**20), (500, 2000)])
async def test_a_read_that_is_said_to_be_all_left_nothing(wire: Wire, events: int, records: int, size: int) -> None:
    for n in range(events):
        await wire.bench.write(engagement(LEAD, n))
    await wire.ship()
    await eventually(lambda: wire.transport_has(LANE, 1))
    found = await wire.read(LANE, records=records, size=size)
    if wire.transport.is_all(found, most=records, size=size):
        assert len(found) == events
    if events < 100 and (records, size) == (500, 2**20):
        assert wire.transport.is_all(found, most=records, size=size) is not wire.transport.ships


@pytest.mark.fault("F02")
async def test_more_than_a_record_batch_holds_is_cut(wire: Wire) -> None:
    wide = "x" * 1000
    await wire.write(*(engagement(LEAD, n, wide) for n in range(700)))
    rows = await wire.bench.rows("ingest", "SELECT n FROM stream_batch")
    assert len(rows) > 1
    taken = await wire.take_until(LANE, 700)
    assert [record.seq for record in taken] == list(range(1, 701))


async def test_a_late_committer_is_not_lost(wire: Wire) -> None:
    """Numbers are drawn under a lock: nobody commits 2 before 1."""
    ingest = wire.bench.databases["ingest"]
    writer = wire.bench.writer("ingest")
    async with ingest.begin() as early:
        await writer.append(early, [engagement(LEAD, 1)], NOON)
        late = asyncio.create_task(wire.bench.write(engagement(LEAD, 2)))
        done, _ = await asyncio.wait([late], timeout=0.3)
        assert not done
        assert not await wire.read(LANE)
    assert await late == [f"leads/{LANE}/2"]
    await wire.ship()
    taken = await wire.take_until(LANE, 2)
    assert [decode(record.value).data.message_id for record in taken] == [f"{LEAD}-1", f"{LEAD}-2"]  # type: ignore[union-attr]


async def test_many_speakers_at_once_leave_no_hole(wire: Wire) -> None:
    await asyncio.gather(*(wire.bench.write(*(engagement(f"lead-{n}", m) for n in range(6))) for m in range(20)))
    await wire.ship()
    lanes = await wire.bench.stream("leads")
    assert sum(map(len, lanes.values())) == 120
    for p, lines in lanes.items():
        assert [record.value for record in await wire.take_until(p, len(lines))] == lines


async def test_who_rolls_back_leaves_no_hole(wire: Wire) -> None:
    tx = await wire.bench.databases["ingest"].connect()
    async with tx.begin() as transaction:
        assert await wire.bench.writer("ingest").append(tx, [engagement(LEAD, 1)], NOON) == [f"leads/{LANE}/1"]
        await transaction.rollback()
    await tx.close()
    assert await wire.write(engagement(LEAD, 2)) == [f"leads/{LANE}/1"]
    assert len(await wire.take_until(LANE, 1)) == 1


async def test_what_was_shipped_twice_is_recognised(wire: Wire) -> None:
    await wire.bench.write(engagement(LEAD, 1))
    await wire.bench.write(engagement(LEAD, 2))
    stored = await wire.unshipped(LANE)
    for one in (stored[0], stored[0], stored[1], stored[0], stored[1]):
        await wire.send(one)
    taken = await wire.take_until(LANE, 2)
    assert [record.seq for record in taken] == [1, 2]
    assert not await wire.take(LANE)


async def test_a_backlog_of_one_topic_does_not_keep_the_others_waiting(wire: Wire) -> None:
    news = CompanyChanged.fact(LEAD, CompanyChanged.Data(domain="acme.example"), time=NOON)
    await wire.bench.write(news, *(engagement(LEAD, n) for n in range(100)))
    await wire.bench.write(*(news for _ in range(100)))
    await wire.ship()
    await eventually(lambda: wire.transport_has(LANE, 201))
    seen = {record.topic for _ in range(2) for record in await wire.take(LANE, records=10)}
    assert seen == {"leads", "campaigns"}


async def test_looks_that_find_nothing_change_no_order(wire: Wire) -> None:
    news = CompanyChanged.fact(LEAD, CompanyChanged.Data(domain="acme.example"), time=NOON)
    await wire.write(news, engagement(LEAD, 1))
    await eventually(lambda: wire.transport_has(LANE, 2))

    async def order_after(looks: int) -> list[str]:
        async with Wire(wire.bench) as reader:
            for _ in range(looks):
                assert not await reader.read((LANE + 1) % LANES)
            await eventually(lambda: reader.transport_has(LANE, 2))
            return [record.topic for record in await reader.read(LANE)]

    assert await order_after(0) == await order_after(1)
    assert set(await order_after(0)) == {"leads", "campaigns"}


async def test_a_reader_learns_that_it_is_behind(wire: Wire) -> None:
    look = Look(SERVICES["scoring"], 30, ships=wire.transport.ships)

    async def behind() -> set[tuple[int, str]]:
        async with wire.database.begin() as tx:
            return set((await look(tx)).behind)

    async def fetched() -> bool:
        return not wire.transport.ships or set(wire.transport.fetched()) == {(LANE, "leads")}

    assert not await behind()
    assert not wire.transport.fetched()
    await wire.write(engagement(LEAD, 1))
    assert await behind() == {(LANE, "leads")}
    await eventually(fetched)
    await wire.take_until(LANE, 1)
    await wire.take(LANE)
    assert not wire.transport.fetched()
    await wire.bench.change("scoring", "UPDATE lane_input SET last_seq = 1 WHERE topic = 'leads' AND p = :p", p=LANE)
    assert not await behind()
