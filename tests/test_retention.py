"""Stored batches are forgotten after a week, and never before every reader has them."""

import pytest

from events.topics import TOPICS
from runtime.database.connect import Database, admin
from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.lanes.retention import prune
from runtime.schema_names import schema_of
from scoring.service import SERVICE

_WRITE = statement("""
    INSERT INTO stream_batch (topic, p, first_seq, n, body, at)
    VALUES ('scores', 0, :first, :n, '', clock_timestamp() - make_interval(days => :days))
""")


async def batches_left(tx: Connection) -> list[int]:
    return list((await tx.execute(statement("SELECT first_seq FROM stream_batch ORDER BY first_seq"))).scalars())


@pytest.mark.parametrize("ships", [False, True], ids=["postgres", "kafka"])
async def test_only_what_is_old_and_was_taken_goes(house_dsn: str, ships: bool) -> None:
    slow, *quick = [schema_of(name) for name in TOPICS["scores"].readers]
    async with admin(house_dsn) as tx, tx.begin():
        for schema, number in [(slow, 5), *((one, 9) for one in quick)]:
            await tx.execute(
                statement(f"UPDATE {schema}.lane_input SET last_seq = {number} WHERE topic = 'scores' AND p = 0")
            )
        await tx.execute(statement("UPDATE scoring.lane_output SET last_seq = 9, shipped_seq = 5 WHERE p = 0"))
    database = Database(house_dsn, SERVICE.schema)
    async with database.begin() as tx:
        for first, n, days in [(1, 3, 8), (4, 2, 6), (6, 4, 30)]:
            await tx.execute(_WRITE, {"first": first, "n": n, "days": days})
        assert await prune(tx, SERVICE, ships=ships) == 1
        assert await batches_left(tx) == [4, 6], "the young one stays, and the old one that somebody still needs"
    await database.close()
