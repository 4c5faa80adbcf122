"""Houses in which something has happened before a test begins: events that were folded in, and many leads of rows."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from agreement import Agreement
from events import Event
from events.topics import partition
from reporting.service import SERVICE
from runtime.database.connect import Database
from runtime.database.statement import statement
from runtime.service import Context
from testing.service import Prehistory, batch, context_of
from testing.waiting import eventually

MANY: Final = 3000
_BODY: Final = """
    '{"facts": {"padding": "' || (SELECT string_agg(md5(n || ' ' || i), '') FROM generate_series(1, 30) i) || '"}}'
"""
"""Wide, as rows are about people, and nothing that PostgreSQL could make smaller."""
LONG_AGO: Final = "TIMESTAMPTZ '2001-01-01 00:00Z'"
SEED: Final = (
    f"""
    INSERT INTO person (lead, email, facts, captured_at, first_seen, historical)
    SELECT 'many-' || n, n || '@many.example', CAST({_BODY} AS jsonb), now() - n * interval '10 minutes', now(), false
    FROM generate_series(1, {MANY}) n
    """,
    f"""
    INSERT INTO standing (lead, fit, engagement, total, band, completeness, passed, at, body, partner)
    SELECT 'many-' || n, 0, 0, n % 200, 'cool', 50, false, now(), CAST({_BODY} AS jsonb),
           CASE WHEN n % 20 = 0 THEN 'adventure-works' END
    FROM generate_series(1, {MANY}) n
    """,
    f"""
    INSERT INTO place (lead, stage, status, cycle, accepted, closed, segment, why, choices)
    SELECT 'many-' || n, 'lead', 'nurture', 1, false, true, 'low', 'not yet', CAST({_BODY} AS jsonb)
    FROM generate_series(1, {MANY}) n
    """,
    f"""
    INSERT INTO assignment (lead, assignment, event, version, cycle, rep, team, pool, step, rule, kind, touch, at,
                            historical, passed, candidates, snapshot)
    SELECT 'many-' || n, n || '.1', 'handoffs/0/' || n, 1, 1, 'rep-' || n % 7, 'new-york', 'mid-na', 7, 'pool', 'new',
           '4bh', now() - n * interval '10 minutes', false, '[]', '[{{"rep": "rep-dan", "pool": "mid-na"}}]',
           CAST({_BODY} AS jsonb)
    FROM generate_series(1, {MANY}) n
    """,
    f"""
    INSERT INTO answer (lead, assignment, cycle, rep, at, answer, accepted, implied, credited, lead_guarantee)
    SELECT 'many-' || n, n || '.1', 1, 'rep-' || n % 7, now(), 'other', false, false, n % 100 = 0, false
    FROM generate_series(1, {MANY}) n
    """,
    f"""
    INSERT INTO touch (lead, event, at, side, kind, asset, machine)
    SELECT 'many-' || n, 'leads/0/' || n || '/' || k, now(), 'marketing', repeat('guide', 20),
           CASE WHEN k <= 2 THEN 'asset-' || k END, false
    FROM generate_series(1, {MANY}) n, generate_series(1, 6) k
    """,
    f"""
    INSERT INTO status_update (lead, fact, promise, side, kind, target, occurred, recorded, due, late)
    SELECT 'many-' || n, 'f-' || n, 'status_updated', 'sales', 'call', '1bd', now() - n * interval '10 minutes',
           now(), now(), false
    FROM generate_series(1, {MANY}) n
    """,
    f"""
    INSERT INTO touch (lead, event, at, side, kind, machine)
    SELECT 'many-' || n, 'leads/0/' || n || '/hand', {LONG_AGO}, 'marketing', 'demo_request', false
    FROM generate_series(1, {MANY}, 100) n
    """,
    """
    INSERT INTO story (lead, event, at, recorded_at, type, text, historical)
    SELECT 'many-1', CASE WHEN n % 50 = 0 THEN 'handoffs/0/' WHEN n % 50 = 1 THEN 'sales/0/' ELSE 'leads/0/' END || n,
           now(), now(), 'test', repeat('text ', 50), false FROM generate_series(1, 500) n
    """,
    f"""
    INSERT INTO entry (lead, cycle, stage, entered_at, event, implied, withdrawn, re_engaged, hand_raise, historical)
    SELECT 'many-' || n, 1, stage, {LONG_AGO} + n * interval '1 minute', 'handoffs/0/' || n, false, false, false, false,
           false FROM generate_series(1, {MANY}) n, unnest(ARRAY['mql', 'sql']) AS stage
    """,
    "INSERT INTO journey SELECT * FROM journey_now ON CONFLICT DO NOTHING",
    f"""
    INSERT INTO met (lead, asset, times, first_at, last_at)
    SELECT 'many-' || n, 'asset-' || k, 1, now(), now() FROM generate_series(1, {MANY}) n, generate_series(1, 2) k
    """,
    f"INSERT INTO audience SELECT 0, 'asset-' || k, NULL, {MANY}, {MANY} FROM generate_series(1, 2) k",
)
TABLES: Final = (
    "person",
    "standing",
    "place",
    "assignment",
    "answer",
    "touch",
    "status_update",
    "journey",
    "met",
    "story",
    "entry",
)
_HIDDEN: Final = statement("""
    SELECT count(*) FROM pg_class
    WHERE oid = ANY (CAST(CAST(:tables AS text[]) AS regclass[])) AND relallvisible < relpages
""")


def happened(name: str, agreement: Agreement, events: Sequence[Event]) -> Prehistory:
    """These events, folded in lane by lane."""

    async def write(dsn: str) -> None:
        database = Database(dsn, SERVICE.schema)
        await fold_in(context_of(SERVICE, database, agreement, Path()), database, events)
        await database.close()

    return Prehistory(name, write)


async def fold_in(context: Context, database: Database, events: Sequence[Event]) -> None:
    handler = SERVICE.build(context).handler
    assert handler is not None
    for lane in sorted({partition(one.subject) for one in events}):
        mine = [one for one in events if partition(one.subject) == lane]
        async with database.begin() as tx:
            await handler(batch(mine, lane=lane), tx)


def with_many_leads(before: Prehistory) -> Prehistory:
    """The same, and then many leads, as rows."""

    async def write(dsn: str) -> None:
        await before.write(dsn)
        database = Database(dsn, SERVICE.schema)
        await _seed(database)
        await database.close()

    return Prehistory(before.name, write)


async def _seed(database: Database) -> None:
    for command in SEED:
        async with database.begin() as tx:
            await tx.execute(statement(command))
    connection = await database.connect()  # a vacuum stands in no transaction

    async def known_to_all() -> bool:
        """Else an index alone does not do: whoever looked while the rows were written hides them from a vacuum.

        By itself a vacuum leaves a page for later on which few rows are dead.
        """
        for table in TABLES:
            await connection.execute(statement(f"VACUUM (ANALYZE, INDEX_CLEANUP ON) {table}"))
        return not (await connection.execute(_HIDDEN, {"tables": list(TABLES)})).scalar_one()

    try:
        await eventually(known_to_all, what="all rows are known to all")
    finally:
        await connection.close()
