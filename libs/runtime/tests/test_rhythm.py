"""How often a worker looks: seldom while nothing moves, and in time for whatever it may have to do."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise

import pytest

from events.campaigns import CompanyChanged
from events.topics import partition
from probe.bench import LANES, NOON, Bench, engagement, taken
from probe.service import SERVICES
from runtime.clock import wall
from runtime.database.connection import Connection
from runtime.emit.timers import Timers
from runtime.lanes.lane import Lane
from runtime.lanes.look import Look, LookAnswer
from runtime.process.assembly import Assembly
from runtime.transport.base import Records
from runtime.values import Timer
from testing.waiting import eventually

LEAD = "lead-0"
LANE = partition(LEAD, LANES)
NEVER = 3600.0


async def ready(assembly: Assembly) -> bool:
    return await assembly._lanes_ready() is None


async def test_while_nothing_moves_a_worker_looks_seldom(
    postgres_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, look = list[float](), Look.__call__
    clock = asyncio.get_running_loop().time

    async def noted(self: Look, tx: Connection) -> LookAnswer:
        looks.append(clock())
        return await look(self, tx)

    async def four_in_peace() -> bool:
        return len(looks) >= 4 and all(after - before >= 0.55 for before, after in pairwise(looks[-4:]))

    monkeypatch.setattr(Look, "__call__", noted)
    async with postgres_bench.running("scoring", lease_seconds=30, transport_poll_seconds=0.2) as assembly:
        await eventually(lambda: ready(assembly))
        await eventually(four_in_peace)  # the visits that made it ready moved something


async def test_a_timer_and_what_is_behind_end_the_quiet(postgres_bench: Bench) -> None:
    async with postgres_bench.running("scoring", lease_seconds=30, transport_poll_seconds=NEVER) as assembly:
        await eventually(lambda: ready(assembly))
        worker = assembly.running[0].worker

        async def quiet() -> float:
            await assembly.look()
            return worker._keeper.seconds_of_quiet(50, worker.lanes)

        assert await quiet() == 50
        async with postgres_bench.databases["scoring"].begin() as tx:
            await Timers(LANES).plan(tx, [Timer(LEAD, "ring", "soon", wall() + timedelta(seconds=40))])
        assert 0 < await quiet() <= 40
        await postgres_bench.change("ingest", "UPDATE lane_output SET last_seq = 1 WHERE p = :p", p=LANE)
        assert await quiet() == 0


async def test_a_timer_waits_for_what_came_before_it_on_a_topic_that_was_not_read(
    postgres_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The notice of one topic was lost; while the lane reads another topic, a look finds a timer due."""
    bench, database = postgres_bench, postgres_bench.databases["scoring"]
    worker = Assembly(bench.settings, bench.agreement, bench.dsn, [SERVICES["scoring"]]).running[0].worker
    lane = worker.lanes[LANE] = Lane(LANE, {one.p: one for one in await taken(worker._leases)}[LANE].token)
    read = worker.transport.read

    async def read_meanwhile_due(
        tx: Connection, p: int, offsets: Mapping[str, int], *, records: int, size: int
    ) -> Records:
        found = await read(tx, p, offsets, records=records, size=size)
        worker.call(LANE, timers=True, topics=())
        return found

    async with database.lane() as connection:
        await worker._tend(connection, lane)
        company = CompanyChanged.fact(LEAD, CompanyChanged.Data(domain="acme.example"), time=NOON)
        await bench.write(engagement(LEAD, 1), company)
        async with database.begin() as tx:
            await Timers(LANES).plan(tx, [Timer(LEAD, "ring", "due", wall() - timedelta(minutes=1))])
        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(worker.transport, "read", read_meanwhile_due)
            for heard in TOPICS_HEARD:
                lane.news = set(heard)
                await worker._tend(connection, lane)
                assert not await bench.rows("scoring", "SELECT FROM rung")
                assert lane.progress["campaigns"].last_seq == 0
                assert lane.timers
                lane.timers = lane.more = False
        worker.call(LANE, timers=True, topics=())
        await worker._tend(connection, lane)
    assert lane.progress["campaigns"].last_seq == 1
    assert await bench.rows("scoring", "SELECT FROM rung")
    await worker.context.database.close()


TOPICS_HEARD: tuple[tuple[str, ...], ...] = (("leads",), ())
"""With something to read, and without."""
