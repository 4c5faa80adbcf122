"""The clock of the database's machine jumps: no timer fires early, no lane is left, nothing is done twice."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest

from agreement import Agreement
from events.topics import partition
from probe.bench import LANES, Bench, bench_on, engagement, taken
from probe.service import SERVICES
from probe.traffic import Traffic
from runtime.clock import are_apart, wall
from runtime.database.embedded import EmbeddedPostgres
from runtime.emit.timers import Timers
from runtime.lanes import batch
from runtime.lanes.lane import Lane
from runtime.process.assembly import Assembly
from runtime.settings import Settings
from runtime.values import Timer
from testing.clock_shift import ClockShift, clock_shift
from testing.waiting import eventually

HOURS = 2
LEAD = "lead-0"
LANE = partition(LEAD, LANES)


@pytest.fixture
def clock() -> Iterator[ClockShift]:
    with clock_shift() as found:
        yield found


@pytest.fixture
async def shifted_bench(
    clock: ClockShift,
    agreement: Agreement,
    postgres_settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Bench]:
    server = EmbeddedPostgres(clock.folder / "data", settings={"fsync": "off"})
    with monkeypatch.context() as inherited:
        for name, value in clock.environment.items():
            inherited.setenv(name, value)
        server.start()
    try:
        async with bench_on(server, agreement, postgres_settings, lambda: pytest.fail("no processes here")) as found:
            yield found
    finally:
        server.stop()


async def plan(bench: Bench, key: str, minutes: float) -> None:
    """A timer of LEAD that is due so many minutes after the right time."""
    async with bench.databases["scoring"].begin() as tx:
        await Timers(LANES).plan(tx, [Timer(LEAD, "ring", key, wall() + timedelta(minutes=minutes))])


async def rung(bench: Bench) -> dict[str, int]:
    return {row.key: row.times for row in await bench.rows("scoring", "SELECT key, times FROM rung")}


@pytest.mark.slow
@pytest.mark.fault("F16")
async def test_two_hours_ahead_and_back_again(shifted_bench: Bench, clock: ClockShift) -> None:
    """While clocks disagree timers are held, and it is said; leases of another time have run out, so work goes on."""
    bench, traffic = shifted_bench, Traffic(shifted_bench)

    async def worked() -> bool:
        return sum(tally.n for tally in (await bench.tallies("scoring")).values()) == len(traffic.written)

    async with bench.running(standstill_seconds=0.3) as assembly:
        await traffic.some(9)
        await plan(bench, "early", minutes=60 * HOURS / 2)
        await eventually(worked)
        for seconds in (3600 * HOURS, -3600 * HOURS, 0):
            clock.jump(seconds)
            await traffic.some(9)
            await eventually(worked, what=f"work goes on at {seconds} s")
            assert "early" not in await rung(bench)
            if seconds > 0:

                async def held() -> bool:
                    return f"scoring/{LANE} stands still: timers wait since" in (await assembly._lanes_ready() or "")

                await eventually(held, what="it is said that timers are held")
        await plan(bench, "due", minutes=-1)

        async def fired() -> bool:
            return (await rung(bench)).get("due") == 1

        await eventually(fired, what="timers fire again")
        assert "early" not in await rung(bench)


@pytest.mark.slow
@pytest.mark.fault("F16")
async def test_a_child_fires_no_timer_early(shifted_bench: Bench, clock: ClockShift) -> None:
    """A jump makes leases run out, which looks like deaths: children work the lanes, and obey the same rule."""
    bench = shifted_bench
    await plan(bench, "early", minutes=60 * HOURS / 2)
    await bench.write(engagement(LEAD, 1))
    clock.jump(3600 * HOURS)
    await bench.change("scoring", "UPDATE lane SET crashes = 2")
    async with bench.running("scoring"):
        await eventually(lambda: bench.tallies("scoring"), within=60, what="a child works the record")
    assert not await rung(bench)


async def test_a_timer_known_to_be_due_waits_when_clocks_disagree(
    postgres_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look that found it due may be older than the jump."""
    bench = postgres_bench
    await plan(bench, "due", minutes=-1)
    worker = Assembly(bench.settings, bench.agreement, bench.dsn, [SERVICES["scoring"]]).running[0].worker
    lane = Lane(LANE, {one.p: one for one in await taken(worker._leases)}[LANE].token)
    connection = await bench.databases["scoring"].connect()
    try:
        async with connection.begin():
            await lane.learn(connection, alone=True)
        with monkeypatch.context() as wrong:
            wrong.setattr(batch, "wall", lambda: wall() - timedelta(hours=HOURS))
            lane.timers = True
            await worker._visits._processor.process(connection, lane)
        assert not await rung(bench)
        lane.timers = True
        await worker._visits._processor.process(connection, lane)
        assert await rung(bench) == {"due": 1}
    finally:
        await connection.close()
        await worker.context.database.close()


def test_a_minute_is_no_disagreement() -> None:
    now = wall()
    assert not are_apart(now, now - timedelta(seconds=60))
    assert are_apart(now, now + timedelta(seconds=61))
    assert are_apart(now + timedelta(hours=2), now)
