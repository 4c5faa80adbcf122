"""The handler on a real PostgreSQL: what is stored, in how many statements, in whatever order."""

from typing import Any

from sqlalchemy import event as sql_event
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from reporting.decide import decide, forget
from reporting.decide.fold import Terms
from reporting.decide.model import Model
from reporting.service import SERVICE
from reporting.store.tables import TABLES
from runtime.database.connect import Database
from runtime.service import Context
from testing.service import batch


async def stored(tx: AsyncConnection) -> dict[str, list[Any]]:
    return {
        name: list((await tx.execute(text(f"SELECT * FROM {name} ORDER BY {', '.join(table.row.key)}"))).mappings())
        for name, table in TABLES.items()
    }


async def test_what_is_stored_is_what_was_decided(
    context: Context, tx: AsyncConnection, history: Any, terms: Terms
) -> None:
    handler = SERVICE.build(context).handler
    assert handler is not None
    assert await handler(batch(history.events), tx) == ()
    decided = decide(Model(), history.events, terms)
    found = await stored(tx)
    for name, rows in decided.tables().items():
        table = TABLES[name]
        wanted = sorted(rows.values(), key=lambda row: row.keyed)
        assert table.made_from(found[name]) == wanted, name


async def test_one_by_one_and_all_at_once_end_alike_and_erasure_reaches_everything(
    context: Context, database: Database, history: Any, erase: Any
) -> None:
    erase(history, "lead-4", history.now)
    by_topic = sorted(history.events, key=lambda event: event.topic)
    handler = SERVICE.build(context).handler
    assert handler is not None
    ends = []
    for batches in ([history.events], [by_topic[i : i + 7] for i in range(0, len(by_topic), 7)], [by_topic[::1]]):
        connection = await database.connect()
        transaction = await connection.begin()
        for some in batches:
            await handler(batch(some), connection)
        ends.append(await stored(connection))
        await transaction.rollback()
        await connection.close()
    assert ends[0] == ends[1] == ends[2]
    assert "call her at home" not in repr(ends[0])
    assert "Mei Tanaka" not in repr(ends[0])


async def test_the_number_of_statements_does_not_grow_with_the_batch(
    context: Context, tx: AsyncConnection, history: Any
) -> None:
    handler = SERVICE.build(context).handler
    assert handler is not None
    seen: list[str] = []
    sql_event.listen(tx.sync_connection, "before_cursor_execute", lambda *given: seen.append(given[2]))
    await handler(batch(history.events), tx)
    whole = len(seen)
    assert whole <= len(TABLES) + 6
    seen.clear()
    await handler(batch(history.events[:20]), tx)
    assert len(seen) <= whole


def test_forget_is_the_rule_that_the_store_follows(history: Any, erase: Any, terms: Terms) -> None:
    erase(history, "lead-4", history.now)
    state = forget(decide(Model(), history.events, terms))
    assert all(row.private is None for row in state.story.values() if row.lead == "lead-4")
