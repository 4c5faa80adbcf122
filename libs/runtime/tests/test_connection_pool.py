"""The pool of one service: dead connections are replaced, doubtful ones are never used again."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from runtime.database.connect import Database, admin
from runtime.database.connection import Connection, open_connection
from runtime.database.connection_pool import ConnectionPool
from runtime.database.fates import is_transient
from runtime.database.statement import statement
from runtime.errors import BatonError
from testing.waiting import PATIENCE, eventually


@pytest.fixture
async def database(bench_dsn: str) -> AsyncIterator[Database]:
    database = Database(bench_dsn, "scoring", pool=2)
    yield database
    await database.close()


async def session(database: Database) -> int:
    async with database.begin() as tx:
        number: int = (await tx.execute(statement("SELECT pg_backend_pid()"))).scalar_one()
        return number


async def run(database: Database, sql: str, **given: object) -> None:
    async with database.begin() as tx:
        await tx.execute(statement(sql), given)


async def test_a_connection_is_used_again_after_success_and_after_an_error_of_ours(database: Database) -> None:
    first = await session(database)
    with pytest.raises(asyncpg.DataError):
        await run(database, "SELECT CAST(:x AS int)", x="x")
    with pytest.raises(BatonError):
        await run(database, "SELECT :x")
    assert await session(database) == first


async def test_settings_role_and_schema_are_in_force(database: Database) -> None:
    shown = ("search_path", "role", "statement_timeout", "lock_timeout", "timezone", "jit", "application_name")
    query = statement("SELECT " + ", ".join(f"current_setting('{name}')" for name in shown))
    async with database.begin() as tx:
        pooled = tuple((await tx.execute(query)).one())
    assert pooled == ("scoring", "baton_scoring", "30s", "5s", "UTC", "off", "baton/scoring")
    own = await database.connect()
    assert (await own.execute(query)).one()[6] == "baton/scoring/lane"
    await own.close()


async def test_what_finds_rows_by_keys_is_planned_once(database: Database) -> None:
    mode = statement("SELECT current_setting('plan_cache_mode')")
    async with database.begin() as anew, database.begin_by_keys() as once:
        assert (await anew.execute(mode)).scalar_one() == "auto"
        assert (await once.execute(mode)).scalar_one() == "force_generic_plan"
        assert once.driver.is_in_transaction()


async def test_a_dead_connection_is_replaced_and_not_handed_out(database: Database) -> None:
    first = await session(database)
    async with admin(database.dsn) as other:
        await other.execute(statement("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": first})
    assert await session(database) != first


async def test_who_is_cancelled_leaves_no_open_transaction_to_the_next(database: Database) -> None:
    first = await session(database)
    inside = asyncio.Event()

    async def work() -> None:
        async with database.begin() as tx:
            await tx.execute(statement("UPDATE lane SET poison_run = 7"))
            inside.set()
            await tx.execute(statement("SELECT pg_sleep(60)"))

    task = asyncio.create_task(work())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await session(database) != first
    async with database.begin() as tx:
        assert (await tx.execute(statement("SELECT max(poison_run) FROM lane"))).scalar_one() == 0


async def test_more_callers_than_connections_wait_for_their_turn(database: Database) -> None:
    """Two connections are kept, and four more may be opened."""
    inside, most, leave = 0, 0, asyncio.Event()

    async def work() -> None:
        nonlocal inside, most
        async with database.begin():
            inside += 1
            most = max(most, inside)
            await leave.wait()
            inside -= 1

    async def full() -> bool:
        return inside == 6

    callers = [asyncio.create_task(work()) for _ in range(20)]
    await eventually(full, what="six are at work")
    leave.set()
    await asyncio.gather(*callers)
    assert most == 6


async def test_a_table_that_a_migration_changed_costs_one_retry(database: Database) -> None:
    """Every idle connection has prepared the statement; after the first failure none of them is used again."""
    everything = statement("SELECT * FROM tally")
    async with database.begin() as one, database.begin() as two:
        await one.execute(everything)
        await two.execute(everything)
    async with database.begin() as tx:
        await tx.execute(statement("ALTER TABLE tally ADD COLUMN more int"))
    with pytest.raises(asyncpg.InvalidCachedStatementError) as caught:
        await run(database, everything.text)
    assert is_transient(caught.value)
    async with database.begin() as one, database.begin() as two:
        await one.execute(everything)
        await two.execute(everything)


async def test_a_lanes_own_connection_heals_by_itself(database: Database) -> None:
    own = await database.connect()
    everything = statement("SELECT * FROM tally")
    await own.execute(everything)
    async with database.begin() as tx:
        await tx.execute(statement("ALTER TABLE tally ADD COLUMN more int"))
    with pytest.raises(asyncpg.InvalidCachedStatementError):
        await own.execute(everything)
    await own.execute(everything)
    await own.close()


async def test_an_idle_connection_is_closed_and_the_one_in_use_stays(bench_dsn: str) -> None:
    async def connect() -> Connection:
        return await open_connection(bench_dsn, {})

    pool = ConnectionPool(connect, size=8, keep=8, idle_seconds=0.2)
    number = statement("SELECT pg_backend_pid()")
    others = statement("SELECT pid FROM pg_stat_activity WHERE pid = ANY (CAST(:pids AS int[]))")
    async with pool.borrow() as used:
        mine = (await used.execute(number)).scalar_one()
        async with pool.borrow() as one, pool.begin() as two:
            open_now = {mine, *[(await each.execute(number)).scalar_one() for each in (one, two)]}

        async def used_alone() -> bool:
            return set((await used.execute(others, {"pids": [*open_now]})).scalars()) == {mine}

        await eventually(used_alone, what="two of three are closed")
    await pool.close()


async def test_the_connection_that_was_used_last_is_used_first(bench_dsn: str) -> None:
    """So the others age while there is little to do."""

    async def connect() -> Connection:
        return await open_connection(bench_dsn, {})

    pool = ConnectionPool(connect, size=8, keep=8, idle_seconds=PATIENCE)
    number, seen = statement("SELECT pg_backend_pid()"), set[int]()
    async with pool.borrow(), pool.borrow():
        pass
    for _ in range(4):
        async with pool.borrow() as used:
            seen.add((await used.execute(number)).scalar_one())
    assert len(seen) == 1
    await pool.close()


async def test_what_fails_in_a_borrowed_connection_ends_it(database: Database) -> None:
    """Also an error of ours: whether a statement was cut off in the middle is not asked."""
    number = statement("SELECT pg_backend_pid()")
    async with database.lane() as connection:
        first = (await connection.execute(number)).scalar_one()
    with pytest.raises(BatonError):
        async with database.lane() as connection:
            await connection.execute(statement("SELECT :x"))
    async with database.lane() as connection:
        assert (await connection.execute(number)).scalar_one() != first
