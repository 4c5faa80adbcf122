"""Real worker processes die and freeze at named points and at random; every record of every stream is compared.

Each kind runs on one transport at every edit, and on both behind `make ci`.
"""

import asyncio
import signal
from collections.abc import AsyncIterator
from random import Random

import pytest

from probe.bench import Bench
from probe.carriers import KAFKA_FIRST, POSTGRES_FIRST
from probe.nursery import Worker
from probe.oracle import verify
from probe.traffic import Traffic

IN_TRANSACTION = ("inside_transaction", "before_commit", "after_commit")
WHILE_SHIPPING = ("before_ack", "after_ack")


def points(bench: Bench) -> list[str]:
    places = (*IN_TRANSACTION, *WHILE_SHIPPING) if bench.settings.kafka else IN_TRANSACTION
    return [f"{place}:{times}" for times, place in enumerate(places, start=1)]


@pytest.fixture
async def traffic(bench: Bench) -> AsyncIterator[Traffic]:
    traffic = Traffic(bench)
    await traffic.some()
    yield traffic
    last = bench.spawn()
    await bench.up(last)
    await traffic.some()
    await bench.drain(within=60)
    assert await bench.stop(last) == 0
    await verify(bench, traffic.written)


@pytest.mark.fault("F01")
@pytest.mark.fault("F02")
@pytest.mark.parametrize("transport", KAFKA_FIRST, indirect=True)
async def test_killed_at_each_named_point(bench: Bench, traffic: Traffic) -> None:
    """The fixture compares at the end."""
    for place in points(bench):
        await traffic.until(bench.spawn(fail_at=place), "X")


@pytest.mark.fault("F01")
@pytest.mark.parametrize("transport", POSTGRES_FIRST, indirect=True)
async def test_killed_at_random(bench: Bench, traffic: Traffic) -> None:
    await storm(bench, traffic, Random(1), kills=3)


@pytest.mark.fault("F03")
@pytest.mark.parametrize(
    ("transport", "place"),
    [
        pytest.param("postgres", "inside_transaction:3:stop"),
        pytest.param("kafka", "after_commit:3:stop", marks=pytest.mark.kafka),
        pytest.param("postgres", "after_commit:3:stop", marks=pytest.mark.slow),
        pytest.param("kafka", "inside_transaction:3:stop", marks=[pytest.mark.kafka, pytest.mark.slow]),
    ],
    indirect=["transport"],
)
async def test_a_worker_that_froze_beyond_its_lease_cannot_commit(bench: Bench, traffic: Traffic, place: str) -> None:
    """Inside a transaction, and between two; it wakes when another has long gone on."""
    zombie = bench.spawn(fail_at=place)
    await traffic.until(zombie, "T")
    other = bench.spawn()
    await bench.up(other)
    await traffic.some()
    await bench.drain()
    zombie.signal(signal.SIGCONT)
    await traffic.some()
    await bench.drain()
    assert await bench.stop(zombie) == 0
    assert await bench.stop(other) == 0


@pytest.mark.chaos
@pytest.mark.fault("F01")
@pytest.mark.fault("F03")
async def test_a_long_storm(bench: Bench, traffic: Traffic, seed: int) -> None:
    await storm(bench, traffic, Random(seed), kills=50, workers=3)


@pytest.mark.slow
@pytest.mark.fault("F04")
async def test_workers_come_and_go(bench: Bench, traffic: Traffic) -> None:
    """Two, six, one, four: each time the lanes are shared anew, and nobody waits until they are."""
    alive: list[Worker] = []
    for wanted in (2, 6, 1, 4):
        while len(alive) > wanted:
            assert await bench.stop(alive.pop(0)) == 0
        alive += [bench.spawn() for _ in range(wanted - len(alive))]
        for worker in alive:
            await bench.up(worker)
            await traffic.some()
    await bench.drain(within=60)
    for worker in alive:
        assert await bench.stop(worker) == 0


async def storm(bench: Bench, traffic: Traffic, random: Random, *, kills: int, workers: int = 2) -> None:
    """Always some workers alive; one of them at a time dies, at a named point or anywhere, or freezes for a while."""
    alive = [bench.spawn() for _ in range(workers)]
    frozen: list[Worker] = []
    for _ in range(kills):
        victim = alive.pop(random.randrange(len(alive)))
        await bench.up(victim)
        for _ in range(random.randrange(1, 6)):
            await traffic.some(random.randrange(1, 20))
            await asyncio.to_thread(victim.wait, random.uniform(0.02, 0.3))
        if random.random() < 0.25 and not victim.gone:
            victim.signal(signal.SIGSTOP)
            frozen.append(victim)
        else:
            victim.signal(signal.SIGKILL)
        place = random.choice(["", *points(bench)]).partition(":")[0]
        alive.append(bench.spawn(fail_at=f"{place}:{random.randrange(4, 20)}"))
        if frozen and random.random() < 0.5:
            frozen.pop(0).signal(signal.SIGCONT)
    for process in frozen:
        process.signal(signal.SIGCONT)
        process.signal(signal.SIGTERM)
    for process in alive:
        process.signal(signal.SIGKILL)
