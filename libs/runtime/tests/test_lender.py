"""A database that served a test is as new for the next one, or is not lent again."""

from collections.abc import Iterator

import asyncpg
import pytest

from testing.containers import PostgresServer
from testing.lender import Lender
from testing.servers import execute


@pytest.fixture(scope="module")
def template(postgres_server: PostgresServer) -> str:
    """With a table that holds a row from the start and a column made of another, one that is empty, and a sequence."""
    execute(postgres_server.dsn, "CREATE DATABASE template_lend")
    execute(
        postgres_server.dsn_of("template_lend"),
        "CREATE TABLE known (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz, word json, raw bytea,"
        " size int GENERATED ALWAYS AS (length(raw)) STORED)",
        "INSERT INTO known (at, word, raw) VALUES ('2026-01-01 00:00:00.123456+00', '{\"a\": \"it''s\"}', '\\x00ff')",
        "CREATE TABLE kept (id bigint REFERENCES known ON DELETE RESTRICT, name text)",
    )
    return "template_lend"


@pytest.fixture
def lender(postgres_server: PostgresServer) -> Iterator[Lender]:
    one = Lender(postgres_server)
    yield one
    one.close()


async def seen(dsn: str) -> list[object]:
    """All rows, and the number that the next row would have."""
    connection = await asyncpg.connect(dsn.replace("+asyncpg", ""))
    rows: list[object] = [tuple(row) for row in await connection.fetch("SELECT * FROM known")]
    rows += [tuple(row) for row in await connection.fetch("SELECT * FROM kept")]
    rows.append(await connection.fetchval("SELECT last_value FROM pg_sequences"))
    await connection.close()
    return rows


async def test_what_a_test_wrote_is_gone_and_what_was_there_is_there(lender: Lender, template: str) -> None:
    with lender.lend(template) as first:
        new = await seen(first)
        execute(first, "INSERT INTO known DEFAULT VALUES", "INSERT INTO kept SELECT id FROM known")
        execute(first, "UPDATE known SET at = now(), raw = NULL WHERE id = 1")
        assert await seen(first) != new
    with lender.lend(template) as second:
        assert (second, await seen(second)) == (first, new)


async def test_whoever_is_still_connected_is_shown_out(lender: Lender, template: str) -> None:
    with lender.lend(template) as dsn:
        left = await asyncpg.connect(dsn.replace("+asyncpg", ""))
        await left.execute("BEGIN; LOCK TABLE kept")
    with lender.lend(template) as again:
        assert again == dsn
    with pytest.raises(asyncpg.PostgresError):
        await left.execute("SELECT 1")


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE more (id int)",
        "ALTER TABLE kept RENAME name TO title",
        "ALTER TABLE kept ALTER name SET NOT NULL",
        "ALTER TABLE kept DROP CONSTRAINT kept_id_fkey",
        "CREATE INDEX more ON kept (name)",
        "CREATE FUNCTION more() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = 64', current_database()); END $$",
        "ANALYZE known",
        "INSERT INTO kept SELECT 1, 'a name' FROM generate_series(1, 99999)",
    ],
)
async def test_a_database_that_was_changed_or_has_grown_is_not_lent_again(
    lender: Lender, template: str, change: str
) -> None:
    with lender.lend(template) as first:
        new = await seen(first)
        execute(first, change)
    with lender.lend(template) as second:
        assert second != first
        assert await seen(second) == new


async def test_two_that_are_lent_at_once_are_two(lender: Lender, template: str) -> None:
    with lender.lend(template) as one, lender.lend(template) as other:
        assert one != other
