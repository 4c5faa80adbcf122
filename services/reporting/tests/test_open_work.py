"""How much each rep has in work, counted from an index without leads, is what a count of the leads comes to."""

from reporting.store.conditions import OPEN_WORK_BY_REP, select
from runtime.database.connect import Database
from runtime.database.statement import statement

_PLACES = """
    INSERT INTO place (lead, stage, status, cycle, owner, accepted, closed)
    SELECT 'w' || n, (ARRAY['mql', 'sal', 'lead'])[1 + n % 3], 'new', 1, CASE WHEN n % 4 <> 0 THEN 'rep-' || n % 2 END,
           true, n % 5 = 0
    FROM generate_series(1, 60) AS n
"""
_STRAYS = "INSERT INTO stray SELECT 'w' || n FROM generate_series(1, 60, 7) AS n"
_PLAIN = statement("""
    SELECT owner AS rep, stage, count(*) AS n FROM place
    WHERE owner IS NOT NULL AND NOT closed AND lead NOT IN (SELECT lead FROM stray) GROUP BY 1, 2 ORDER BY 1, 2
""")
_QUICK = statement(f"SELECT rep, stage, sum(n)::bigint AS n FROM ({OPEN_WORK_BY_REP}) w GROUP BY 1, 2 ORDER BY 1, 2")


async def test_open_work_is_that_of_leads_that_count(database: Database) -> None:
    async with database.begin() as tx:
        for one in (_PLACES, _STRAYS):
            await tx.execute(statement(one))
        plain = await select(tx, _PLAIN)
        assert len(plain) > 3
        assert await select(tx, _QUICK) == plain
