"""All faults at random for a few minutes: workers, PostgreSQL, Kafka, and both networks. The soak lasts an hour."""

import asyncio
import signal
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import pytest
import structlog

from events.topics import TOPICS
from probe.bench import LANES, Bench
from probe.nursery import Worker
from probe.oracle import verify
from probe.proxy import Proxy
from probe.traffic import Traffic
from runtime.database.embedded import EmbeddedPostgres
from runtime.transport.kafka_topics import create_topics
from testing.broker import Broker
from testing.broker_behind_link import broker_behind_link
from testing.link import Link

log = structlog.get_logger()
STEPS = 25
WORKERS = 3
POINTS = ("", "inside_transaction", "before_commit", "after_commit", "before_ack", "after_ack")


@dataclass
class Storm:
    """What can go wrong; each fault is over when its method returns, but for what workers make of it."""

    bench: Bench
    """Its workers reach the database through `database` and Kafka through `kafka`."""
    server: EmbeddedPostgres
    broker: Broker
    database: Proxy
    kafka: Link
    traffic: Traffic
    random: Random
    alive: list[Worker] = field(default_factory=list)
    frozen: list[Worker] = field(default_factory=list)

    def spawn(self) -> None:
        """Another worker, which perhaps dies at a named point."""
        place = self.random.choice(POINTS)
        self.alive.append(self.bench.spawn(fail_at=place and f"{place}:{self.random.randrange(4, 40)}"))

    async def kill(self) -> None:
        victim = self.alive.pop(self.random.randrange(len(self.alive)))
        victim.signal(signal.SIGKILL)

    async def freeze(self) -> None:
        victim = self.alive.pop(self.random.randrange(len(self.alive)))
        victim.signal(signal.SIGSTOP)
        self.frozen.append(victim)

    async def wake(self) -> None:
        if self.frozen:
            self.alive.append(self.frozen.pop(0))
            self.alive[-1].signal(signal.SIGCONT)

    async def cut(self) -> None:
        self.random.choice((self.database, self.kafka)).cut()

    async def hole(self) -> None:
        link = self.random.choice((self.database, self.kafka))
        link.hole(*self.random.choice(((), ("out",), ("back",))))
        await self.while_it_lasts()
        link.back()

    async def slow(self) -> None:
        link = self.random.choice((self.database, self.kafka))
        link.delay = self.random.uniform(0.01, 0.1)
        await self.while_it_lasts()
        link.delay = 0.0

    async def lose_a_commit(self) -> None:
        self.database.lose_commits = 1

    async def restart_database(self) -> None:
        await asyncio.to_thread(self.server.kill)
        await asyncio.to_thread(self.server.start)

    async def restart_broker(self) -> None:
        await asyncio.to_thread(self.broker.kill9)
        await self.while_it_lasts()
        await asyncio.to_thread(self.broker.start)

    async def freeze_broker(self) -> None:
        self.broker.pause()
        await self.while_it_lasts()
        self.broker.resume()

    async def while_it_lasts(self) -> None:
        """Some facts more, and a while that is no condition of anything: how long a fault lasts is chance."""
        await self.traffic.some(self.random.randrange(1, 20))
        await asyncio.sleep(self.random.uniform(0.1, 4))

    async def step(self) -> None:
        faults: list[Callable[[], Awaitable[None]]] = [
            self.kill, self.kill, self.freeze, self.wake, self.cut, self.hole, self.hole, self.slow, self.lose_a_commit,
            self.restart_database, self.restart_broker, self.freeze_broker,
        ]  # fmt: skip
        fault = self.random.choice(faults)
        log.info("fault", kind=fault.__name__)
        await fault()
        self.alive = [worker for worker in self.alive if not worker.gone]
        while len(self.alive) < WORKERS:
            self.spawn()
        await self.traffic.some(self.random.randrange(1, 40))


@pytest.fixture
async def server() -> AsyncIterator[EmbeddedPostgres]:
    """What it has answered survives its death (not that of the machine)."""
    with tempfile.TemporaryDirectory(prefix="baton-") as data:
        async with EmbeddedPostgres(Path(data), settings={"fsync": "off"}) as found:
            yield found


@pytest.fixture
async def storm(mortal_bench: Bench, server: EmbeddedPostgres, tmp_path: Path, seed: int) -> AsyncIterator[Storm]:
    async with (
        broker_behind_link(tmp_path / "kafka") as (broker, kafka, bootstrap),
        Proxy(server.data / "socket", tmp_path / "s") as database,
    ):
        changes = {"kafka": bootstrap, "answer_seconds": 2.0, "heal_seconds": 1.0}
        mortal_bench.settings = mortal_bench.settings.model_copy(update=changes)
        await create_topics(bootstrap, list(TOPICS), partitions=LANES, replication=1)
        workers = replace(mortal_bench, dsn=database.dsn(mortal_bench.dsn))
        yield Storm(workers, server, broker, database, kafka, Traffic(mortal_bench), Random(seed))


@pytest.mark.kafka
@pytest.mark.chaos
@pytest.mark.fault("F25")
async def test_all_faults_at_random(storm: Storm, mortal_bench: Bench) -> None:
    """Within a minute after the last fault nothing is behind, and every record is what the facts make of it."""
    for _ in range(WORKERS):
        storm.spawn()
    for _ in range(STEPS):
        await storm.step()
    for worker in storm.frozen:
        worker.signal(signal.SIGCONT)
    for worker in [*storm.alive, *storm.frozen]:
        worker.signal(signal.SIGTERM)
    last = mortal_bench.spawn()
    await mortal_bench.up(last)
    await storm.traffic.some()
    await mortal_bench.drain(within=60)
    assert await mortal_bench.stop(last) == 0
    await verify(mortal_bench, storm.traffic.written)
