"""An input that kills its process is found by children, one by one; kills from outside dead-letter nothing."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from random import Random
from time import monotonic

import pytest

from events.topics import partition
from probe.bench import LANES, NOON, Bench, engagement
from probe.fold import fold
from probe.nursery import Worker
from runtime.database.connect import admin
from runtime.database.statement import statement
from runtime.emit.timers import Timers
from runtime.lanes import dead_letters
from runtime.values import Timer
from testing.waiting import PATIENCE, eventually

pytestmark = pytest.mark.slow

LEAD = "lead-0"
LANE = partition(LEAD, LANES)
NEIGHBOUR = next(f"x-{n}" for n in range(99) if partition(f"x-{n}", LANES) == LANE)


async def letters(bench: Bench) -> list[tuple[str, str, str, bool, str]]:
    rows = await bench.rows("scoring", "SELECT topic, subject, state, follows, reason FROM dead_letter ORDER BY id")
    return [(row.topic, row.subject, row.state, row.follows, row.reason) for row in rows]


async def on_probation(bench: Bench) -> None:
    """As after two workers that died on every lane."""
    await bench.change("scoring", "UPDATE lane SET crashes = 2, owner = 'dead', lease_until = '-infinity'")


async def plan(bench: Bench, key: str, subject: str) -> None:
    async with bench.databases["scoring"].begin() as tx:
        await Timers(LANES).plan(tx, [Timer(subject, "ring", key, NOON)])


@asynccontextmanager
async def locked(bench: Bench) -> AsyncIterator[None]:
    """As long as it lasts no input can be worked: each waits for a lock until it runs into a time-out."""
    async with admin(bench.dsn) as connection, connection.begin():
        await connection.execute(statement("SET idle_in_transaction_session_timeout = 0"))
        await connection.execute(statement("LOCK TABLE scoring.tally"))
        yield


def children(parent: int) -> list[int]:
    """Processes that work a lane for this one, and nurseries of such."""
    parents = {parent: 0}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if b"runtime.process.lane_child" in (folder / "cmdline").read_bytes():
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    return [pid for pid, above in parents.items() if above == parent or parents.get(above) == parent]


@pytest.mark.fault("F14")
@pytest.mark.parametrize(
    ("transport", "how"),
    [
        ("postgres", "exit"),
        pytest.param("kafka", "die", marks=[pytest.mark.kafka, pytest.mark.chaos]),
        pytest.param("postgres", "spin", marks=[pytest.mark.slow, pytest.mark.chaos]),
        pytest.param("postgres", "die", marks=[pytest.mark.slow, pytest.mark.chaos]),
        pytest.param("kafka", "exit", marks=[pytest.mark.kafka, pytest.mark.slow, pytest.mark.chaos]),
        pytest.param("kafka", "spin", marks=[pytest.mark.kafka, pytest.mark.slow, pytest.mark.chaos]),
    ],
    indirect=["transport"],
)
async def test_a_record_that_kills_its_worker_is_dead_lettered_by_the_third_and_the_rest_goes_on(
    bench: Bench, how: str
) -> None:
    """By SIGKILL, as where memory runs out; by an exit; by an expression that never ends."""
    if how == "spin":  # a slow machine is not stuck: the others keep the usual patience
        bench.settings = bench.settings.model_copy(update={"stuck_seconds": 3.0})
    await bench.write(
        engagement(NEIGHBOUR, 1), engagement(LEAD, 1), engagement(LEAD, 2, how), engagement(LEAD, 3), engagement("y", 1)
    )
    await plan(bench, "fine", NEIGHBOUR)
    deaths = 0
    worker = bench.spawn()

    async def dead_lettered() -> bool:
        nonlocal deaths, worker
        if worker.gone:
            deaths += 1
            worker = bench.spawn()
        return len(await letters(bench)) == 2 and await bench.caught_up("scoring")

    await eventually(dead_lettered, within=90)
    assert await letters(bench) == [
        ("leads", LEAD, "open", False, dead_letters.KILLED),
        ("leads", LEAD, "open", True, dead_letters.FOLLOWS),
    ]
    assert deaths == 2, "the third gave the lane to a child"
    tallies = await bench.tallies("scoring")
    assert {name: tallies[name].n for name in (LEAD, NEIGHBOUR, "y")} == {LEAD: 1, NEIGHBOUR: 1, "y": 1}

    async def trusted() -> bool:
        return not await bench.rows("scoring", "SELECT 1 FROM lane WHERE crashes > 0 AND p = :p", p=LANE)

    await eventually(trusted)
    await bench.stop(worker)


async def test_a_timer_that_kills_is_dead_lettered_and_its_house_lives_on(postgres_bench: Bench) -> None:
    """The house is this very process."""
    await plan(postgres_bench, "exit-1", LEAD)
    await plan(postgres_bench, "fine", NEIGHBOUR)
    await postgres_bench.write(engagement(NEIGHBOUR, 1))
    await on_probation(postgres_bench)
    async with postgres_bench.running("scoring"):
        await eventually(lambda: letters(postgres_bench), within=60)
        await postgres_bench.drain("scoring")
    assert await letters(postgres_bench) == [("timer", LEAD, "open", False, dead_letters.KILLED)]
    assert [row.key for row in await postgres_bench.rows("scoring", "SELECT key FROM rung")] == ["fine"]
    assert (await postgres_bench.tallies("scoring"))[NEIGHBOUR].n == 1


async def test_a_letter_that_kills_lies_down_again_and_its_house_lives_on(postgres_bench: Bench) -> None:
    await postgres_bench.write(engagement(LEAD, 1, "boom"))
    async with postgres_bench.running("scoring"):
        await postgres_bench.drain("scoring")
        deadly = "UPDATE dead_letter SET state = 'retry', body = replace(encode(body, 'escape'), 'boom', 'exit')::bytea"
        await postgres_bench.change("scoring", deadly)

        async def lies_down() -> bool:
            return await letters(postgres_bench) == [("leads", LEAD, "open", False, dead_letters.KILLED)]

        await eventually(lies_down, within=60)


async def test_a_killer_hurts_no_neighbour_whatever_lies_beside_it(postgres_bench: Bench) -> None:
    """Two killers, and healthy inputs of twenty leads between them, in every lane."""
    facts = [engagement(f"lead-{n % 20}", n, "exit" if n in (30, 47) else "page_view") for n in range(60)]
    await postgres_bench.write(*facts)
    await on_probation(postgres_bench)
    async with postgres_bench.running("scoring"):
        await postgres_bench.drain("scoring", within=90)
    found = await letters(postgres_bench)
    assert sorted(subject for _, subject, _, follows, _ in found if not follows) == ["lead-10", "lead-7"]
    assert {subject for _, subject, _, _, _ in found} == {"lead-10", "lead-7"}
    good = [event for event in await postgres_bench.events("leads") if event.subject not in ("lead-10", "lead-7")]
    expected = fold({}, good)[0]
    tallies = await postgres_bench.tallies("scoring")
    assert {name: tallies[name] for name in expected} == expected


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=[pytest.mark.slow, pytest.mark.chaos])])
async def test_children_killed_from_outside_bury_nothing(postgres_bench: Bench, seed: int) -> None:
    """Each at a random age, mostly while it holds the first input, which waits for a lock."""
    random, ages = Random(seed), dict[int, float]()
    facts = [engagement(LEAD, n) for n in range(3)]
    await postgres_bench.write(*facts)
    await on_probation(postgres_bench)
    killed = 0
    async with postgres_bench.running("scoring"):
        async with locked(postgres_bench):

            async def some_killed() -> bool:
                nonlocal killed
                for pid in children(os.getpid()):
                    due = ages.setdefault(pid, monotonic() + random.uniform(0, 5))
                    if monotonic() > due:
                        with suppress(ProcessLookupError):
                            os.kill(pid, signal.SIGKILL)
                            killed += 1
                        del ages[pid]
                return killed >= 7

            await eventually(some_killed, within=90)
        await postgres_bench.drain("scoring", within=60)
    assert not await letters(postgres_bench)
    assert (await postgres_bench.tallies("scoring"))[LEAD].n == 3


async def test_lock_timeouts_bury_nothing(postgres_bench: Bench) -> None:
    """Neither in a batch nor in a child: one lane is on probation, the others are not."""
    await postgres_bench.write(*(engagement(f"lead-{n}", n) for n in range(12)))
    await on_probation(postgres_bench)
    await postgres_bench.change("scoring", "UPDATE lane SET crashes = 0 WHERE p <> :p", p=LANE)
    async with postgres_bench.running("scoring", concurrency=LANES) as assembly:
        async with locked(postgres_bench):
            worker = assembly.running[0].worker

            async def all_failed_often() -> bool:
                return len(worker.lanes) == LANES and all(lane.failures >= 2 for lane in worker.lanes.values())

            await eventually(all_failed_often, within=90)
        await postgres_bench.drain("scoring", within=60)
    assert not await letters(postgres_bench)
    assert sum(tally.n for tally in (await postgres_bench.tallies("scoring")).values()) == 12


async def test_a_stop_while_a_child_works_blames_nobody_and_leaves_no_child(postgres_bench: Bench) -> None:
    await postgres_bench.write(engagement(LEAD, 1))
    await on_probation(postgres_bench)
    async with locked(postgres_bench):
        async with postgres_bench.running("scoring"):

            async def working() -> bool:
                return bool(children(os.getpid()))

            await eventually(working)
        assert not children(os.getpid())
    assert not await letters(postgres_bench)


async def test_a_child_ends_with_its_parent(postgres_bench: Bench) -> None:
    await postgres_bench.write(engagement(LEAD, 1))
    await on_probation(postgres_bench)
    async with locked(postgres_bench):
        worker: Worker = postgres_bench.spawn("scoring")

        async def working() -> list[int]:
            return children(worker.pid)

        orphans = await eventually(working, within=60)
        worker.signal(signal.SIGKILL)
    assert orphans

    async def gone() -> bool:
        return not any(_alive(pid) for pid in orphans)

    await eventually(gone)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_a_child_leaves_with_its_parent_whatever_it_waits_for() -> None:
    """The end of its input is seen once, not in a circle, and what never answers does not hold it."""
    code = (
        "import asyncio, resource, uvloop\n"
        "from runtime.process.lane_child import stop_with_parent\n"
        "async def main():\n"
        "    stop = asyncio.Event()\n"
        "    stop_with_parent(stop, 1.0)\n"
        "    await stop.wait()\n"
        "    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime\n"
        "    await asyncio.sleep(0.5)\n"
        "    print(resource.getrusage(resource.RUSAGE_SELF).ru_utime - before < 0.2, flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "uvloop.run(main())\n"
    )
    child = subprocess.run(
        [sys.executable, "-c", code], input="", capture_output=True, text=True, check=False, timeout=2 * PATIENCE
    )
    assert (child.returncode, child.stdout) == (1, "True\n")
