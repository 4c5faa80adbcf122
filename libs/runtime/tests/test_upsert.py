"""Rows go in by one statement, whatever their number, and again over what is there."""

from datetime import UTC, date, datetime, timedelta, timezone

import msgspec

from events.body import Body, plain
from runtime.database.connect import admin
from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.database.upsert import Upsert, UpsertTables
from testing.statements import statements_of

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


async def test_a_table_that_is_all_key_takes_repeats_in_silence(database_dsn: str) -> None:
    seen = Upsert("seen", ("id",), {"id": "text"})
    async with admin(database_dsn) as tx:
        await tx.execute(statement("CREATE TABLE seen (id text PRIMARY KEY)"))
        await seen(tx, [("x",), ("y",)])
        await seen(tx, [("y",), ("z",)])
        assert (await tx.execute(statement("SELECT string_agg(id, '' ORDER BY id) FROM seen"))).scalar_one() == "xyz"


class Part(Body):
    at: datetime
    day: date
    text: str | None = None


class Shelf(msgspec.Struct):
    room: str
    place: int
    holds: object = None
    filled: bool = True
    weight: float | None = None
    at: datetime | None = None


class SeenRow(msgspec.Struct):
    id: str


async def test_rows_of_several_tables_go_in_by_one_statement_with_the_nulls_of_the_wire(database_dsn: str) -> None:
    kinds = {
        "room": "text",
        "place": "int",
        "holds": "jsonb",
        "filled": "bool",
        "weight": "float8",
        "at": "timestamptz",
    }
    both = UpsertTables({"shelf": (("room", "place"), kinds), "seen": (("id",), {"id": "text"})})
    at = datetime(2026, 8, 5, 14, 0, 0, 120_000, tzinfo=timezone(timedelta(hours=2)))
    parts = (Part(at=at, day=at.date()), Part(at=datetime(2026, 8, 5, tzinfo=UTC), day=at.date(), text="“\n\\"))
    async with admin(database_dsn) as tx:
        columns = ", ".join(f"{name} {kind}" for name, kind in kinds.items())
        await tx.execute(statement(f"CREATE TABLE shelf ({columns}, PRIMARY KEY (room, place))"))
        await tx.execute(statement("CREATE TABLE seen (id text PRIMARY KEY)"))
        with statements_of(tx) as none:
            await both(tx, {"shelf": []})
        with statements_of(tx) as one:
            await both(
                tx, {"shelf": [Shelf("b", 1, parts, weight=0.1, at=at), Shelf("a", 2, {"x": None}), Shelf("a", 1)]}
            )
        await both(tx, {"shelf": [Shelf("a", 2, parts[0], filled=False)], "seen": [SeenRow("x"), SeenRow("y")]})
        await both(tx, {"seen": [SeenRow("y"), SeenRow("z")]})
        rows = await shelves(tx)
        assert (await tx.execute(statement("SELECT string_agg(id, '' ORDER BY id) FROM seen"))).scalar_one() == "xyz"
        assert tuple((await tx.execute(statement("SELECT weight, at FROM shelf WHERE room = 'b'"))).one()) == (0.1, at)
    assert (len(none), len(one)) == (0, 1)
    assert rows == [
        ("a", 1, None, True),
        ("a", 2, plain(parts[0]), False),
        ("b", 1, plain(parts), True),
    ]
    assert "text" in plain(parts[0])


def test_a_batch_is_saved_by_a_statement_about_its_own_tables() -> None:
    tables = UpsertTables({f"t{n}": (("id",), {"id": "text"}) for n in range(9)})
    few = tables.statement_of({"t3": 0, "t1": 0})
    assert [name for name in tables.tables if f"INTO {name} " in few.sql] == ["t1", "t3"]
    assert tables.statement_of(["t1", "t3"]) is few
    ways = {tables.statement_of([f"t{n}" for n in range(9) if way >> n & 1]).sql for way in range(1, 512)}
    assert len(ways) <= 101
    assert all(f"INTO {name} " in tables.statement_of(["t8", "t7", "t2"]).sql for name in ("t8", "t7", "t2"))


def test_what_goes_beside_a_table_goes_only_with_its_rows() -> None:
    tables = UpsertTables({f"t{n}": (("id",), {"id": "text"}) for n in range(3)}, beside={"t1": "more AS (SELECT 1)"})
    assert "more AS" in tables.statement_of(["t1", "t2"]).sql
    assert "more AS" not in tables.statement_of(["t0", "t2"]).sql
