"""Nothing stands still: not when a wake-up was lost, not after a death, and not without saying so."""

from functools import partial

import asyncpg
import pytest

from events.topics import partition
from probe.bench import LANES, NOON, Bench, engagement, taken
from probe.proxy import Proxy
from runtime.database.connection import Connection
from runtime.database.embedded import EmbeddedPostgres
from runtime.database.statement import statement
from runtime.lanes.leases import Leases, void_all
from runtime.lanes.look import Look, LookAnswer
from runtime.lanes.worker import Worker
from runtime.process.assembly import Assembly
from testing.waiting import eventually

LEAD = "lead-0"
LANE = partition(LEAD, LANES)
NEVER = 3600.0
"""Seconds between two looks: within a test there is no second one."""

TAKE = (
    "UPDATE lane SET token = 'theirs', owner = 'them', lease_until = clock_timestamp() + interval '25 s' WHERE p = :p"
)


async def ready(assembly: Assembly) -> bool:
    return await assembly._lanes_ready() is None


@pytest.mark.slow
async def test_a_backlog_said_one_by_one_needs_one_look(postgres_bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """No notification helps: all was committed before anybody listened."""
    looks = 0
    look = Worker.look

    async def counted(worker: Worker) -> None:
        nonlocal looks
        looks += 1
        await look(worker)

    monkeypatch.setattr(Worker, "look", counted)
    async with postgres_bench.databases["ingest"].begin() as tx:
        for n in range(2000):
            await postgres_bench.writer("ingest").append(tx, [engagement(f"lead-{n % 9}", n)], NOON)
    async with postgres_bench.running("scoring", transport_poll_seconds=NEVER):
        await postgres_bench.drain("scoring", within=60)
    assert looks == 1
    assert sum(tally.n for tally in (await postgres_bench.tallies("scoring")).values()) == 2000


async def listening(bench: Bench) -> None:
    found = """SELECT 1 FROM pg_stat_activity
        WHERE application_name = 'baton/wake' AND query LIKE 'LISTEN%' AND datname = current_database()"""

    async def heard() -> bool:
        return bool(await bench.as_admin(lambda tx: rows(tx, found)))

    await eventually(heard, what="a connection listens")


async def rows(tx: Connection, query: str) -> list[object]:
    return list((await tx.execute(statement(query))).all())


async def test_what_is_said_is_worked_because_it_was_notified(bench: Bench) -> None:
    """Readers on the embedded transport, shippers on Kafka: the next look is an hour away."""
    async with bench.running("ingest", "scoring", transport_poll_seconds=NEVER) as assembly:
        await listening(bench)
        await eventually(lambda: ready(assembly))
        for n in range(3):
            await bench.write(engagement(LEAD, n))

            async def worked(wanted: int = n + 1) -> bool:
                tallies = await bench.tallies("scoring")
                return LEAD in tallies and tallies[LEAD].n == wanted

            await eventually(worked, what="worked because it was notified")


async def test_a_lane_that_lingers_is_woken_later_by_another_topic_at_once_and_by_a_look(postgres_bench: Bench) -> None:
    async with postgres_bench.running("ingest", "scoring", transport_poll_seconds=NEVER) as assembly:
        await listening(postgres_bench)
        await eventually(lambda: ready(assembly))
        worker = next(one.worker for one in assembly.running if one.service.name == "scoring")
        worker._linger.seconds = {"leads": NEVER}

        async def lingers() -> bool:
            return set(worker._linger.lanes) == {LANE}

        async def worked(wanted: int) -> bool:
            tallies = await postgres_bench.tallies("scoring")
            return LEAD in tallies and tallies[LEAD].n == wanted

        for n in range(2):
            await postgres_bench.write(engagement(LEAD, n))
        await eventually(lingers)
        assert await postgres_bench.tallies("scoring") == {}
        worker._news(LANE, "campaigns")
        assert worker._linger.lanes == {}
        await eventually(partial(worked, 2))
        await postgres_bench.write(engagement(LEAD, 2))
        await eventually(lingers)
        await worker.look()
        await eventually(partial(worked, 3))


async def test_a_house_that_was_killed_has_all_its_lanes_at_the_first_beat(postgres_bench: Bench) -> None:
    """The dead worker still counts as live, and its leases are in force, until it is known that it is alone."""
    home = postgres_bench.databases["scoring"]
    dead = Leases(home, "dead", 30)
    assert len(await taken(dead)) == LANES
    await postgres_bench.as_admin(lambda tx: void_all(tx, ["scoring"]))
    assert len(await taken(Leases(home, "risen", 30))) == LANES


async def test_ready_means_that_every_lane_is_held(postgres_bench: Bench) -> None:
    """Half of the lanes are left to a worker that is counted and does not take them."""
    await postgres_bench.change("scoring", "INSERT INTO worker VALUES ('asleep', clock_timestamp() + interval '20 s')")
    async with postgres_bench.running("scoring", lease_seconds=30, standstill_seconds=NEVER) as assembly:
        assert "scoring has not asked for lanes yet" in (await assembly._lanes_ready() or "")

        async def half() -> bool:
            return await assembly._lanes_ready() == "nobody has scoring/2, scoring/3"

        await eventually(half)
        await postgres_bench.change("scoring", "DELETE FROM worker WHERE id = 'asleep'")
        await eventually(lambda: ready(assembly))


async def test_a_lane_that_stands_still_is_not_ready_and_says_which(postgres_bench: Bench) -> None:
    for n in range(1, 4):
        await postgres_bench.write(engagement(LEAD, n))
    keep = "CREATE TABLE kept AS SELECT * FROM stream_batch WHERE first_seq = 2"
    await postgres_bench.change("ingest", keep)
    await postgres_bench.change("ingest", "DELETE FROM stream_batch WHERE first_seq = 2")
    async with postgres_bench.running("scoring", standstill_seconds=0.3) as assembly:

        async def stands() -> bool:
            expected = f"scoring/{LANE} stands still: 2 of leads wait after number 1"
            return await assembly._lanes_ready() == expected

        await eventually(stands)
        await postgres_bench.change("ingest", "INSERT INTO stream_batch SELECT * FROM kept")
        await eventually(lambda: ready(assembly))


async def test_a_lost_connection_gives_every_lane_a_fresh_token(
    postgres_bench: Bench, postgres_server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The server that answers next may be one that has lost the last commits."""

    async def tokens() -> set[str]:
        rows = await postgres_bench.rows("scoring", "SELECT token FROM lane WHERE owner IS NOT NULL")
        return {str(row.token) for row in rows}

    async with Proxy(postgres_server.data / "socket", tmp_path_factory.mktemp("s")) as proxy:
        through = Bench(
            proxy.dsn(postgres_bench.dsn), postgres_bench.agreement, postgres_bench.settings, postgres_bench.nursery
        )
        async with through.running("scoring", lease_seconds=30) as assembly:
            await eventually(lambda: ready(assembly))
            before = await tokens()
            assert len(before) == LANES
            proxy.cut()

            async def fresh() -> bool:
                now = await tokens()
                return len(now) == LANES and not now & before and await ready(assembly)

            await eventually(fresh)

            async def agreed() -> bool:
                return {held.token for held in assembly.running[0].worker.lanes.values()} == await tokens()

            await eventually(agreed)


async def test_after_an_error_a_connection_is_dropped_without_a_word(
    postgres_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A polite end waits for a server that may be gone, in a transaction that holds the lane."""
    farewells: list[object] = []
    close = asyncpg.Connection.close

    async def counted(connection: asyncpg.Connection, **given: object) -> None:
        farewells.append(connection)
        await close(connection, **given)

    async with postgres_bench.running("scoring", lease_seconds=30) as assembly:
        await eventually(lambda: ready(assembly))
        await postgres_bench.change("scoring", "ALTER TABLE tally RENAME TO gone")
        monkeypatch.setattr(asyncpg.Connection, "close", counted)
        await postgres_bench.write(engagement(LEAD, 1))

        async def stopped() -> bool:
            return f"scoring/{LANE} is stopped: UndefinedTableError" in (await assembly._lanes_ready() or "")

        await eventually(stopped)
        assert not farewells


async def test_lanes_taken_by_a_beat_whose_look_failed_are_worked(
    postgres_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection broke after the leases were committed: they are renewed, so they must be worked."""
    looks = 0
    look_once = Look.__call__

    async def broken_after_the_first_beat(self: Look, tx: Connection) -> LookAnswer:
        nonlocal looks
        looks += 1
        if looks == 2:
            raise ConnectionResetError
        return await look_once(self, tx)

    monkeypatch.setattr(Look, "__call__", broken_after_the_first_beat)
    await postgres_bench.write(engagement(LEAD, 1))
    async with postgres_bench.running("scoring", lease_seconds=30, transport_poll_seconds=0.1):
        await postgres_bench.drain("scoring")
    assert looks > 2


async def test_a_doubted_lane_that_is_being_worked_is_taken_anew_later(postgres_bench: Bench) -> None:
    home = postgres_bench.databases["scoring"]
    leases = Leases(home, "me", 30)
    await leases.beat()
    before = dict(leases.held)
    leases.doubted = set(before)

    async def beat_while_lane_0_is_locked(tx: Connection) -> None:
        await tx.execute(statement("SELECT 1 FROM scoring.lane WHERE p = 0 FOR UPDATE"))
        assert {held.p for held in await taken(leases)} == set(before) - {0}
        assert leases.held.keys() == before.keys()

    await postgres_bench.as_admin(beat_while_lane_0_is_locked)
    assert leases.held[0] == before[0]
    assert [held.p for held in await taken(leases)] == [0]
    assert not leases.held.items() & before.items()
    assert not leases.doubted


async def test_the_rhythm_of_beats_is_a_fifth_of_the_lease(
    postgres_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look costs one statement and writes nothing; between two beats nothing else is asked."""
    beats = 0
    beat = Leases.beat

    async def counted(leases: Leases, connection: Connection | None = None) -> None:
        nonlocal beats
        beats += 1
        await beat(leases, connection)

    monkeypatch.setattr(Leases, "beat", counted)
    async with postgres_bench.running("scoring", lease_seconds=10_000) as assembly:
        await eventually(lambda: ready(assembly))
        for _ in range(20):
            await assembly.look()
        assert beats == 1


async def test_a_lane_that_somebody_else_took_is_worked_no_more(postgres_bench: Bench) -> None:
    async with postgres_bench.running("scoring", lease_seconds=30, transport_poll_seconds=NEVER) as assembly:
        await eventually(lambda: ready(assembly))
        worker = assembly.running[0].worker
        await postgres_bench.change("scoring", TAKE, p=LANE)
        await assembly.look()
        assert worker.lanes.keys() == worker._leases.held.keys() == set(range(LANES)) - {LANE}


async def test_who_is_fenced_forgets_the_lane_before_the_next_look(postgres_bench: Bench) -> None:
    async with postgres_bench.running("scoring", lease_seconds=30, transport_poll_seconds=NEVER) as assembly:
        await listening(postgres_bench)
        await eventually(lambda: ready(assembly))
        worker = assembly.running[0].worker
        await postgres_bench.change("scoring", TAKE, p=LANE)
        await postgres_bench.write(engagement(LEAD, 1))

        async def forgotten() -> bool:
            return LANE not in worker.lanes and LANE not in worker._leases.held

        await eventually(forgotten)
    assert await postgres_bench.tallies("scoring") == {}


async def test_only_the_token_that_was_lost_is_forgotten(postgres_bench: Bench) -> None:
    """The lane may be mine again by another one."""
    leases = Leases(postgres_bench.databases["scoring"], "me", 30)
    await leases.beat()
    leases.forget(LANE, "an older one")
    assert LANE in leases.held
    leases.forget(LANE, leases.held[LANE].token)
    assert LANE not in leases.held


async def test_a_look_that_failed_is_repeated_whatever_the_rhythm(
    postgres_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, look_once = list[int](), Look.__call__

    async def broken_at_first(self: Look, tx: Connection) -> LookAnswer:
        looks.append(len(looks))
        if len(looks) == 1:
            raise ConnectionResetError
        return await look_once(self, tx)

    monkeypatch.setattr(Look, "__call__", broken_at_first)
    async with postgres_bench.running("scoring", lease_seconds=30, transport_poll_seconds=NEVER) as assembly:
        await eventually(lambda: ready(assembly))
