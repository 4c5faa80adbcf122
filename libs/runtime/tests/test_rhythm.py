"""How often a worker looks: seldom while nothing moves, and in time for whatever it may have to do."""

import asyncio
from datetime import timedelta
from itertools import pairwise

import pytest

from events.topics import partition
from probe.bench import LANES, Bench
from runtime.clock import wall
from runtime.database.connection import Connection
from runtime.emit.timers import Timers
from runtime.lanes.look import Look, LookAnswer
from runtime.process.assembly import Assembly
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
