"""Rows go in by one statement, whatever their number, and again over what is there."""

from datetime import UTC, date, datetime, timedelta, timezone

from events.body import Body, plain
from runtime.database.connect import admin
from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.database.upsert import Upsert

SHELF = Upsert("shelf", ("room", "place"), {"room": "text", "place": "int", "holds": "jsonb", "filled": "bool"})


async def shelves(tx: Connection) -> list[tuple[object, ...]]:
    return [
        tuple(row) for row in await tx.execute(statement("SELECT room, place, holds, filled FROM shelf ORDER BY 1, 2"))
    ]


async def test_what_is_there_is_overwritten_and_what_is_new_is_added(database_dsn: str) -> None:
    async with admin(database_dsn) as tx:
        table = "CREATE TABLE shelf (room text, place int, holds jsonb, filled bool, PRIMARY KEY (room, place))"
        await tx.execute(statement(table))
        await SHELF(tx, [])
        assert await shelves(tx) == []
        await SHELF(tx, [("b", 1, {"books": 3}, True), ("a", 2, ["map"], False), ("a", 1, None, None)])
        await SHELF(tx, [("a", 2, {"maps": 2}, True), ("c", 1, 7, False)])
        assert await shelves(tx) == [
            ("a", 1, None, None),
            ("a", 2, {"maps": 2}, True),
            ("b", 1, {"books": 3}, True),
            ("c", 1, 7, False),
        ]


async def test_what_the_wire_is_made_of_is_stored_with_its_nulls(database_dsn: str) -> None:
    class Part(Body):
        at: datetime
        day: date
        said: str | None = None

    class Whole(Body):
        parts: tuple[Part, ...]
        empty: tuple[Part, ...] = ()

    at = datetime(2026, 8, 5, 14, 0, 0, 120_000, tzinfo=timezone(timedelta(hours=2)))
    whole = Whole(
        parts=(Part(at=at, day=at.date()), Part(at=datetime(2026, 8, 5, tzinfo=UTC), day=at.date(), said="x"))
    )
    async with admin(database_dsn) as tx:
        await tx.execute(
            statement("CREATE TABLE shelf (room text, place int, holds jsonb, filled bool, UNIQUE (room, place))")
        )
        await SHELF(tx, [("a", 1, whole, True), ("a", 2, whole.parts, True)])
        (_, _, stored, _), (_, _, parts, _) = await shelves(tx)
    assert stored == plain(whole)
    assert parts == [
        {"at": "2026-08-05T14:00:00.120000+02:00", "day": "2026-08-05", "said": None},
        {"at": "2026-08-05T00:00:00Z", "day": "2026-08-05", "said": "x"},
    ]


async def test_a_table_that_is_all_key_takes_repeats_in_silence(database_dsn: str) -> None:
    seen = Upsert("seen", ("id",), {"id": "text"})
    async with admin(database_dsn) as tx:
        await tx.execute(statement("CREATE TABLE seen (id text PRIMARY KEY)"))
        await seen(tx, [("x",), ("y",)])
        await seen(tx, [("y",), ("z",)])
        assert (await tx.execute(statement("SELECT string_agg(id, '' ORDER BY id) FROM seen"))).scalar_one() == "xyz"
