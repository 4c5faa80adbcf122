"""A network that swallows what is sent, and tells nobody: it is given up in time, and all goes on when it is back."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from events.topics import TOPICS
from probe.bench import LANES, Bench, engagement
from probe.oracle import verify
from probe.proxy import Proxy
from runtime.database.embedded import EmbeddedPostgres
from runtime.process.assembly import Assembly
from runtime.transport.kafka_topics import create_topics
from runtime.transport.postgres import Wakeups
from testing.broker_behind_link import broker_behind_link
from testing.link import BOTH, Direction, Link
from testing.waiting import eventually

pytestmark = pytest.mark.fault("F13")
ANSWER_SECONDS = 2.0


@pytest.fixture
async def proxy(postgres_server: EmbeddedPostgres, tmp_path: Path) -> AsyncIterator[Proxy]:
    async with Proxy(postgres_server.data / "socket", tmp_path / "s") as found:
        yield found


@pytest.fixture
async def link(postgres_bench: Bench, tmp_path: Path) -> AsyncIterator[Link]:
    """To a broker of its own, which `postgres_bench` uses from now on."""
    async with broker_behind_link(tmp_path / "kafka") as (_, found, bootstrap):
        postgres_bench.settings = postgres_bench.settings.model_copy(update={"kafka": bootstrap})
        await create_topics(bootstrap, list(TOPICS), partitions=LANES, replication=1)
        yield found


def wake_all(assembly: Assembly) -> None:
    for one in assembly.running:
        for p in one.worker.lanes:
            one.worker.ready.add(p)


@pytest.mark.slow
@pytest.mark.parametrize(
    "ways", [BOTH, *(pytest.param((way,), marks=pytest.mark.chaos) for way in BOTH)], ids="-and-".join
)
async def test_a_database_behind_a_black_hole_holds_no_lane(
    postgres_bench: Bench, proxy: Proxy, ways: tuple[Direction, ...]
) -> None:
    """No lane is visited for longer than an answer may take; the keeper says that the database is away."""
    bench = postgres_bench
    facts = [engagement(f"lead-{n % 9}", n) for n in range(60)]
    behind = replace(bench, dsn=proxy.dsn(bench.dsn))
    async with behind.running(answer_seconds=ANSWER_SECONDS, lease_seconds=30) as assembly:
        await bench.write(*facts[:20])
        await bench.drain()
        before = {(one.service.name, p): lane for one in assembly.running for p, lane in one.worker.lanes.items()}
        proxy.hole(*ways)
        wake_all(assembly)
        await bench.write(*facts[20:40])

        async def given_up() -> bool:
            return all(lane.failures for (name, _), lane in before.items() if name != "ingest") and all(
                one.worker._leases.doubted >= one.worker.lanes.keys() for one in assembly.running
            )

        await eventually(given_up, what="every visit and every look is given up")
        proxy.back()
        await bench.write(*facts[40:])
        await bench.drain(within=60)
    await verify(bench, facts)


@pytest.mark.slow
async def test_a_listener_that_hears_nothing_asks_and_listens_anew(
    postgres_bench: Bench, proxy: Proxy, postgres_server: EmbeddedPostgres
) -> None:
    """It only waits: where the end of its connection is swallowed, nobody would ever tell it."""
    heard: list[int] = []
    wakeups = Wakeups(proxy.dsn(postgres_bench.dsn), answer_seconds=0.2)
    wakeups.listen(["leads"], lambda p, _topic: heard.append(p))
    await wakeups.start()
    try:

        async def hears() -> bool:
            before = len(heard)
            await postgres_bench.write(engagement("lead-0", before))

            async def more() -> bool:
                return len(heard) > before

            try:
                return await eventually(more, within=1)
            except TimeoutError:
                return False

        await eventually(hears)
        first = wakeups._connection
        proxy.hole()

        async def dropped() -> bool:
            return first is not None and first.is_closed()

        await eventually(dropped)
        proxy.back()
        await eventually(hears)
    finally:
        await wakeups.stop()


@pytest.mark.kafka
@pytest.mark.slow
async def test_a_broker_behind_a_black_hole_holds_no_lane(postgres_bench: Bench, link: Link) -> None:
    """What cannot be shipped is given up and sent again; the leases are renewed all the time."""
    bench = postgres_bench
    facts = [engagement(f"lead-{n % 9}", n) for n in range(60)]
    async with bench.running(answer_seconds=ANSWER_SECONDS, heal_seconds=1.0) as assembly:
        await bench.write(*facts[:20])
        await bench.drain(within=60)
        link.hole()
        await bench.write(*facts[20:40])
        lanes = {p: lane for one in assembly.running[:1] for p, lane in one.worker.lanes.items()}

        async def given_up() -> bool:
            return any(lane.ship_failures for lane in lanes.values())

        await eventually(given_up, what="a sending is given up")
        tokens = {p: lane.token for p, lane in assembly.running[0].worker.lanes.items()}
        assert tokens == {p: lane.token for p, lane in lanes.items()}
        link.back()
        await bench.write(*facts[40:])
        await bench.drain(within=90)
    await verify(bench, facts)
