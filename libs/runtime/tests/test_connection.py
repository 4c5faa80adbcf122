"""One connection: what goes in and comes out, and transactions that end for certain."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import asyncpg
import pytest

from runtime.database.array_types import ARRAYS
from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.errors import BatonError
from testing.waiting import eventually

COUNT = statement("SELECT count(*) FROM person")
ADD = statement("INSERT INTO person (email) VALUES (:email)")


async def people(connection: Connection) -> int:
    count: int = (await connection.execute(COUNT)).scalar_one()
    return count


async def test_a_row_is_read_by_attribute_by_name_by_number_and_as_a_whole(connection: Connection) -> None:
    row = (await connection.execute(statement("SELECT 1 AS a, 'x' AS b, 2 AS items"))).one()
    assert (row.a, row["b"], row[1], row["items"]) == (1, "x", "x", 2)
    assert tuple(row) == (1, "x", 2)
    assert dict(row) == {"a": 1, "b": "x", "items": 2}
    a, *others = row
    assert (a, others) == (1, ["x", 2])
    with pytest.raises(AttributeError, match="c"):
        _ = row.c


async def test_a_result_gives_what_is_asked_of_it_and_refuses_what_it_is_not(connection: Connection) -> None:
    numbers = await connection.execute(statement("SELECT n, -n AS m FROM generate_series(1, :last) AS n"), {"last": 3})
    assert numbers.scalars() == [1, 2, 3]
    assert [dict(row) for row in numbers.mappings()][2] == {"n": 3, "m": -3}
    assert [row.m for row in numbers] == [row.m for row in numbers.all()] == [-1, -2, -3]
    for refused in (numbers.one, numbers.one_or_none, numbers.scalar_one, numbers.scalar_one_or_none):
        with pytest.raises(BatonError, match="3 rows"):
            refused()
    none = await connection.execute(statement("SELECT 1 WHERE false"))
    assert none.one_or_none() is none.scalar_one_or_none() is None
    with pytest.raises(BatonError, match="0 rows"):
        none.scalar_one()


async def test_rowcount_is_what_a_statement_touched(connection: Connection) -> None:
    added = statement("INSERT INTO person SELECT n::text, n FROM generate_series(1, 5) AS n")
    assert (await connection.execute(added)).rowcount == 5
    assert (await connection.execute(statement("UPDATE person SET age = 9 WHERE age > 3"))).rowcount == 2
    assert (await connection.execute(statement("DELETE FROM person WHERE age = 7"))).rowcount == 0
    assert (await connection.execute(statement("SET search_path TO public"))).rowcount == 0


async def test_values_go_in_and_come_out_as_python_has_them(connection: Connection) -> None:
    noon = datetime(2026, 8, 5, 12, tzinfo=UTC)
    row = (
        await connection.execute(
            statement("""
                SELECT CAST(:at AS timestamptz) + :later AS at, CAST(:names AS text[]) AS names,
                       CAST(:raws AS bytea[]) AS raws, CAST(:whole AS jsonb) AS whole, CAST(:texts AS jsonb[]) AS texts,
                       CAST(:whole AS jsonb) -> 'a' AS part, CAST(NULL AS jsonb) AS nothing,
                       CAST('{"b": 1}' AS json) AS plain, CAST(1.5 AS numeric) AS number
            """),
            {
                "at": noon,
                "later": timedelta(hours=1),
                "names": ["x", None],
                "raws": [b"\x00\xff", None],
                "whole": {"a": [1, "é"]},
                "texts": ['{"b": 1}', b"[2]", None, "null"],
            },
        )
    ).one()
    assert row.at == noon + timedelta(hours=1)
    assert (row.names, row.raws) == (["x", None], [b"\x00\xff", None])
    assert (row.whole, row.part, row.nothing, row.plain) == ({"a": [1, "é"]}, [1, "é"], None, {"b": 1})
    assert row.texts == [{"b": 1}, [2], None, None]
    assert row.number == Decimal("1.5")


async def test_a_statement_is_prepared_once(connection: Connection) -> None:
    named = statement("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%:no' OR name LIKE '\\_\\_a%'")
    before = (await connection.execute(named)).scalar_one()
    one = statement("SELECT CAST(:n AS int) " + "-- long enough for no cache of asyncpg's own\n" * 1000)
    for n in range(3):
        assert (await connection.execute(one, {"n": n})).scalar_one() == n
        assert (await connection.execute(statement(one.text), {"n": n})).scalar_one() == n
    assert (await connection.execute(named)).scalar_one() == before + 1


async def test_an_error_takes_a_transaction_back_and_leaves_the_connection_of_use(connection: Connection) -> None:
    async def fail() -> None:
        async with connection.begin():
            await connection.execute(ADD, {"email": "a"})
            raise KeyError

    with pytest.raises(KeyError):
        await fail()
    async with connection.begin():
        await connection.execute(ADD, {"email": "b"})
        with pytest.raises(BatonError, match="already"):
            connection.begin()
    async with connection.begin() as transaction:
        await connection.execute(ADD, {"email": "c"})
        await transaction.rollback()
    assert await people(connection) == 1


async def test_a_savepoint_takes_back_its_own_part_only(connection: Connection) -> None:
    async with connection.begin():
        await connection.execute(ADD, {"email": "a"})
        for email in ("a", "b", "a", "c"):
            try:
                async with connection.begin_nested():
                    await connection.execute(ADD, {"email": email})
            except asyncpg.UniqueViolationError:
                continue
    assert await people(connection) == 3


async def test_what_failed_is_not_taken_for_committed(connection: Connection) -> None:
    """PostgreSQL answers a COMMIT after a swallowed error with a friendly ROLLBACK."""

    async def swallow() -> None:
        async with connection.begin():
            await connection.execute(ADD, {"email": "a"})
            with pytest.raises(asyncpg.UniqueViolationError):
                await connection.execute(ADD, {"email": "a"})

    with pytest.raises(asyncpg.InFailedSQLTransactionError):
        await swallow()
    assert await people(connection) == 0


async def test_who_is_cancelled_inside_a_transaction_leaves_no_connection_behind(connection: Connection) -> None:
    async def sleep() -> None:
        async with connection.begin():
            await connection.execute(statement("SELECT pg_sleep(60)"))

    async def inside() -> bool:
        return bool(connection.driver.is_in_transaction())

    task = asyncio.create_task(sleep())
    await eventually(inside, what="it is in the transaction")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert connection.closed


async def test_arrays_are_known_by_the_numbers_that_the_server_gives_them(connection: Connection) -> None:
    rows = await connection.execute(
        statement(
            "SELECT oid::int8, typelem::int8, typname::text FROM pg_type WHERE oid = ANY (CAST(:oids AS int8[]))"
        ),
        {"oids": [*ARRAYS]},
    )
    assert {row.oid: (row.typname, row.typelem) for row in rows} == {
        array: (f"_{name}", element) for array, (name, element) in ARRAYS.items()
    }


async def test_no_type_of_ours_is_asked_for_when_a_statement_is_prepared(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asyncpg.Connection, "_introspect_types", None)
    given = {
        "numbers": [1, None],
        "times": [datetime(2026, 11, 26, tzinfo=UTC)],
        "spans": [timedelta(seconds=2)],
        "bytes": [b"x"],
        "documents": [{"a": [1]}],
    }
    row = (
        await connection.execute(
            statement("""SELECT CAST(:numbers AS bigint[]), CAST(:times AS timestamptz[]), CAST(:spans AS interval[]),
                                CAST(:bytes AS bytea[]), CAST(:documents AS jsonb[])"""),
            given,
        )
    ).one()
    assert tuple(row) == tuple(given.values())
