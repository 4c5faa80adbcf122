"""Fills a service's tables far beyond what events could fill them with in the time of a bench."""

from collections.abc import Sequence
from hashlib import md5
from uuid import UUID

import asyncpg

_COLUMNS = """
    SELECT table_name, column_name, data_type FROM information_schema.columns
    WHERE table_schema = $1 AND table_name IN (
        SELECT table_name FROM information_schema.columns WHERE table_schema = $1 AND column_name = 'lead')
    ORDER BY table_name, ordinal_position
"""
_OWN_ID = {"text": "t.lead", "jsonb": "t.lead", "bytea": "convert_to(t.lead, 'UTF8')"}
"""How the lead's id would stand in a value of this type."""
_MENTIONS = """
    SELECT coalesce(bool_or(position({own_id} IN {searched}) > 0), false) FROM {schema}.{table} t
    WHERE t.lead = ANY (CAST($1 AS text[]))
"""
_RENAMED = {
    "text": "replace({column}, t.lead, new.id)",
    "jsonb": "CAST(replace(CAST({column} AS text), t.lead, new.id) AS jsonb)",
    "bytea": "decode(replace(encode({column}, 'hex'), encode(convert_to(t.lead, 'UTF8'), 'hex'), "
    "encode(convert_to(new.id, 'UTF8'), 'hex')), 'hex')",
}
"""The value with the copy's id in place of the template's: both have the same length."""
_COPY = """
    INSERT INTO {schema}.{table} ({columns})
    SELECT {values} FROM {schema}.{table} t
    CROSS JOIN generate_series(CAST($2 AS int), CAST($3 AS int)) AS copies(number),
    LATERAL (SELECT CAST(CAST(md5(t.lead || '/' || copies.number) AS uuid) AS text) AS id) AS new
    WHERE t.lead = ANY (CAST($1 AS text[]))
"""
_TIMERS = """
    INSERT INTO {schema}.timer (p, kind, key, subject, due_at, payload)
    SELECT p, 'bench', lpad(CAST(n AS text), 9, '0'), 'subject-' || n,
           clock_timestamp() + interval '30 days' + make_interval(secs => n), '{{}}'
    FROM generate_series(0, CAST($3 AS int) - 1) AS p,
         generate_series(CAST($1 AS int) + p, CAST($2 AS int) - 1, CAST($3 AS int)) AS n
"""


def copied(template: str, number: int) -> str:
    """Id of a template's copy; number 0 is the template itself."""
    return str(UUID(md5(f"{template}/{number}".encode(), usedforsecurity=False).hexdigest())) if number else template


async def copy_leads(dsn: str, schema: str, templates: Sequence[str], first: int, until: int) -> None:
    """Makes copies number `first` to `until` - 1 of each template, in every table of the schema that knows leads."""
    connection = await asyncpg.connect(dsn.replace("+asyncpg", ""))
    try:
        tables: dict[str, dict[str, str]] = {}
        for table, column, kind in await connection.fetch(_COLUMNS, schema):
            value = f't."{column}"'
            if kind in _RENAMED:
                searched = f"CAST({value} AS text)" if kind == "jsonb" else value
                mentions = _MENTIONS.format(schema=schema, table=table, own_id=_OWN_ID[kind], searched=searched)
                if await connection.fetchval(mentions, list(templates)):
                    value = _RENAMED[kind].format(column=value)
            tables.setdefault(table, {})[column] = value
        for table, columns in tables.items():
            names = ", ".join(f'"{column}"' for column in columns)
            copy = _COPY.format(schema=schema, table=table, columns=names, values=", ".join(columns.values()))
            await connection.execute(copy, list(templates), first, until - 1)
            await connection.execute(f"VACUUM ANALYZE {schema}.{table}")
    finally:
        await connection.close()


async def fill_timers(dsn: str, schema: str, first: int, until: int, partitions: int) -> None:
    """Timers number `first` to `until` - 1, evenly on all lanes, due in a month and later."""
    connection = await asyncpg.connect(dsn.replace("+asyncpg", ""))
    try:
        await connection.execute(_TIMERS.format(schema=schema), first, until, partitions)
        await connection.execute(f"VACUUM ANALYZE {schema}.timer")
    finally:
        await connection.close()


_VIEWS = """
    SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c
    JOIN information_schema.tables USING (table_schema, table_name)
    WHERE c.table_schema = $1 AND table_type = 'BASE TABLE' AND c.is_generated = 'NEVER' AND c.table_name IN (
        SELECT table_name FROM information_schema.columns WHERE table_schema = $1 AND column_name IN ('lead', 'deal'))
    ORDER BY c.table_name, c.ordinal_position
"""
_IDS = frozenset(
    {
        "lead",
        "deal",
        "event",
        "assignment",
        "clock",
        "fact",
        "notice",
        "message_id",
        "merged_into",
        "cause",
        "primary_lead",
    }
)
"""Columns that name something of one lead: in a copy it is the copy's."""
_CREDITS = frozenset({"credit", "credited_deal", "credit_due"})
"""Not copied: the house's own loop makes them of the copies."""
_SHARE_OUT = """
    INSERT INTO {schema}.credit_due (deal, not_before) SELECT deal, now() FROM {schema}.deal WHERE state = 'won'
"""
_ADD_UP = """
    INSERT INTO {schema}.audience
    SELECT -1, k.asset, k.persona, k.people - a.people, k.times - a.times
    FROM (SELECT asset, persona, count(*) AS people, sum(times) AS times FROM {schema}.met GROUP BY asset, persona) k
    JOIN (SELECT asset, persona, sum(people) AS people, sum(times) AS times FROM {schema}.audience
          GROUP BY asset, persona) a ON a.asset = k.asset AND a.persona IS NOT DISTINCT FROM k.persona
"""
"""Sums know no lead: what the copies met is added to them."""
_EVENTS = frozenset({"event", "cause"})
_MONTHS = 24
_AGO = f"make_interval(days => 30 * (copies.number % {_MONTHS}))"
_SHIFTED = {
    "timestamp with time zone": f"{{column}} - {_AGO}",
    "date": f"CAST({{column}} - {_AGO} AS date)",
}


async def copy_views(dsn: str, schema: str, copies: int, story: int) -> None:
    """Makes so many copies of all that the schema knows of leads and deals, spread evenly over the two years before;
    of their stories only `story`.

    They are written as a house writes them: what happened first comes first, and the server has tidied up since.
    """
    connection = await asyncpg.connect(dsn.replace("+asyncpg", ""))
    try:
        tables: dict[str, dict[str, str]] = {}
        for table, column, kind in await connection.fetch(_VIEWS, schema):
            if table in _CREDITS:
                continue
            mark = "@" if column in _EVENTS else "~"  # an event's copy is told in another generation of its stream
            value = f"t.\"{column}\" || '{mark}' || copies.number + 1" if column in _IDS else f't."{column}"'
            tables.setdefault(table, {})[f'"{column}"'] = _SHIFTED.get(kind, "{column}").format(column=value)
        for table, columns in tables.items():
            await connection.execute(
                f"INSERT INTO {schema}.{table} ({', '.join(columns)}) SELECT {', '.join(columns.values())} "
                f"FROM {schema}.{table} t CROSS JOIN generate_series(1, {story if table == 'story' else copies}) "
                f"AS copies(number) ORDER BY copies.number % {_MONTHS} DESC"
            )
            await connection.execute(f"VACUUM ANALYZE {schema}.{table}")
        await connection.execute(_ADD_UP.format(schema=schema))
    finally:
        await connection.close()


async def shared_out(dsn: str, schema: str) -> None:
    """Every won deal is due to be shared out; returns when the running house has done it."""
    connection = await asyncpg.connect(dsn.replace("+asyncpg", ""))
    try:
        await connection.execute(_SHARE_OUT.format(schema=schema))
        while await connection.fetchval(f"SELECT EXISTS (SELECT FROM {schema}.credit_due)"):
            await connection.execute("SELECT pg_sleep(1)")
    finally:
        await connection.close()


async def tidied_up(dsn: str, schema: str, tables: Sequence[str]) -> None:
    """What the server does by itself after many rows have changed."""
    connection = await asyncpg.connect(dsn.replace("+asyncpg", ""))
    try:
        for table in tables:
            await connection.execute(f"VACUUM ANALYZE {schema}.{table}")
    finally:
        await connection.close()
