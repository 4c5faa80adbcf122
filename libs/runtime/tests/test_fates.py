"""What follows an error: tried again, dead-lettered, or the lane stops."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import msgspec
import pytest
from pydantic import BaseModel, ValidationError

from events.codec import NewerVersion, Unreadable
from events.topics import partition
from probe.bench import LANES, Bench, engagement
from runtime.database.connect import Database
from runtime.database.driver_errors import DRIVER_ERRORS, SchemaError
from runtime.database.fates import is_poison, is_transient
from runtime.database.statement import statement
from runtime.errors import BatonError, Fenced, OutputTooLarge, PoisonLimit, Stale
from testing.waiting import eventually


class Number(BaseModel):
    value: int


def validation_error() -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        Number.model_validate({"value": "x"})
    return caught.value


TRANSIENT = [
    asyncpg.InterfaceError("connection is closed"),
    asyncpg.InternalClientError("unexpected data"),
    asyncpg.exceptions.TargetServerAttributeNotMatched("not writable"),
    asyncpg.exceptions.ReadOnlySQLTransactionError("cannot execute UPDATE in a read-only transaction"),
    asyncpg.exceptions.QueryCanceledError("statement timeout"),
    asyncpg.exceptions.LockNotAvailableError("lock timeout"),
    asyncpg.exceptions.DiskFullError("no space"),
    asyncpg.exceptions.SerializationError("again"),
    asyncpg.exceptions.TransactionTimeoutError("too long"),
    ConnectionResetError(),
    TimeoutError(),
    Fenced(),
    Stale(),
    NewerVersion("lead.cooled.v2 is newer than this code"),
]
POISON = [
    validation_error(),
    Unreadable("x"),
    msgspec.ValidationError("x"),
    ValueError("x"),
    KeyError("x"),
    ZeroDivisionError(),
    TypeError("x"),
    AttributeError("x"),
    OutputTooLarge("x"),
    asyncpg.exceptions.DataError("invalid input for query argument $1"),
    asyncpg.exceptions.ProgramLimitExceededError("index row size 4016 exceeds maximum 2704"),
    asyncpg.exceptions.UntranslatableCharacterError("\\u0000"),
    asyncpg.exceptions.NotNullViolationError("null"),
]
BUG = [
    asyncpg.exceptions.UndefinedColumnError("renamed"),
    asyncpg.exceptions.UndefinedTableError("gone"),
    asyncpg.exceptions.InsufficientPrivilegeError("no"),
    asyncpg.exceptions.InternalServerError("XX000"),
    AssertionError(),
    RuntimeError("x"),
    NotImplementedError(),
    PoisonLimit("x"),
    BatonError("x"),
    MemoryError(),
]


@pytest.mark.parametrize("error", TRANSIENT, ids=repr)
def test_what_passes_by_itself_is_never_blamed_on_an_input(error: Exception) -> None:
    assert is_transient(error)
    assert not is_poison(error)


@pytest.mark.parametrize("error", POISON, ids=repr)
def test_only_what_an_input_can_be_blamed_for_is_poison(error: Exception) -> None:
    assert is_poison(error)
    assert not is_transient(error)


@pytest.mark.parametrize("error", BUG, ids=repr)
def test_everything_else_stops_the_lane(error: BaseException) -> None:
    assert not is_poison(error)
    assert not is_transient(error)


@dataclass
class FailingStatement:
    sql: str
    parameter: object
    poison: bool


@pytest.mark.parametrize(
    "one",
    [
        FailingStatement("SELECT CAST(:x AS int)", "no number", poison=True),
        FailingStatement("SELECT CAST(:x AS text)", 5, poison=True),
        FailingStatement("SELECT CAST(CAST(:x AS text) AS jsonb)", '"\\u0000"', poison=True),
        FailingStatement("INSERT INTO lane (p) VALUES (CAST(:x AS int))", 0, poison=True),
        FailingStatement("SELECT renamed FROM lane WHERE p = CAST(:x AS int)", 0, poison=False),
    ],
    ids=lambda one: one.sql,
)
async def test_errors_as_the_database_raises_them(bench_dsn: str, one: FailingStatement) -> None:
    database = Database(bench_dsn, "scoring")
    try:
        with pytest.raises(DRIVER_ERRORS) as caught:
            async with database.begin() as tx:
                await tx.execute(statement(one.sql), {"x": one.parameter})
    finally:
        await database.close()
    assert is_poison(caught.value) is one.poison
    assert not is_transient(caught.value)


async def test_a_connection_that_breaks_while_it_opens_is_tried_again(tmp_path: Path) -> None:
    async def refuse(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    server = await asyncio.start_unix_server(refuse, tmp_path / ".s.PGSQL.5432")
    database = Database(f"postgresql://postgres@/none?host={tmp_path}&port=5432", "scoring")
    async with server:
        with pytest.raises(Exception, match=r".") as caught:
            await database.connect()
    assert is_transient(caught.value)


async def test_a_worker_that_ends_by_a_bug_stops_its_process_with_the_reason(postgres_bench: Bench) -> None:
    async def run() -> None:
        async with postgres_bench.running("scoring") as assembly:
            await postgres_bench.change("scoring", "ALTER TABLE worker RENAME TO gone")
            await assembly.stopping.wait()

    with pytest.raises(SchemaError, match=r'relation "worker" does not exist'):
        await run()


async def test_a_column_renamed_under_running_code_buries_nothing(postgres_bench: Bench) -> None:
    """The lanes stop loudly, and go on after a restart once the column is back."""
    async with postgres_bench.running("scoring") as assembly:
        await postgres_bench.write(engagement("first", 1))
        await postgres_bench.drain("scoring")
        await postgres_bench.change("scoring", "ALTER TABLE tally RENAME COLUMN chain TO links")
        await postgres_bench.write(*(engagement(f"lead-{n}", n) for n in range(20)))
        busy = {partition(f"lead-{n}", LANES) for n in range(20)}

        async def stopped() -> bool:
            lanes = assembly.running[0].worker.lanes
            return all(p in lanes and "UndefinedColumnError (42703)" in (lanes[p].fault or "") for p in busy)

        await eventually(stopped)

        async def stated() -> bool:
            rows = await postgres_bench.rows("scoring", "SELECT stopped FROM lane WHERE stopped IS NOT NULL")
            return ['column "chain" does not exist' in row.stopped for row in rows] == [True] * len(busy)

        await eventually(stated)
    assert not await postgres_bench.rows("scoring", "SELECT 1 FROM dead_letter")
    await postgres_bench.change("scoring", "ALTER TABLE tally RENAME COLUMN links TO chain")
    async with postgres_bench.running("scoring"):
        await postgres_bench.drain("scoring")
    assert len(await postgres_bench.tallies("scoring")) == 21
