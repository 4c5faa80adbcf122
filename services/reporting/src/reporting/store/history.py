"""Reads behind the history: who would have been called, by the import or batch of old news."""

from typing import Final

from reporting.store.conditions import DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_CALLS: Final = "x.batch IS NOT NULL AND x.kind IN ('assignment', 'activity', 'told', 'alert')"
_BATCHES: Final = statement(f"""
    SELECT x.batch, count(*) AS calls, count(DISTINCT x.lead) AS leads, min(x.at) AS first_at, max(x.at) AS last_at,
           max(x.recorded_at) AS received_at
    FROM explanation x JOIN lead_card c ON c.id = x.lead WHERE {_CALLS}
    GROUP BY x.batch ORDER BY received_at DESC, x.batch LIMIT :limit OFFSET :offset
""")  # noqa: S608
_BATCH: Final = statement(f"""
    SELECT x.lead, c.name, c.company, c.email, x.at, x.kind, x.rep, x.pool, x.audience, x.record, x.step, x.rule,
           x.touch, x.flag, x.why, x.event
    FROM explanation x JOIN lead_card c ON c.id = x.lead WHERE x.batch = :batch AND {_CALLS}
    ORDER BY x.at, x.lead, x.event LIMIT :limit OFFSET :offset
""")  # noqa: S608


async def batches(tx: Connection, limit: int, offset: int) -> list[DatabaseRow]:
    """The imports and batches of old news, the last received first, with how many calls they would have made."""
    return await select(tx, _BATCHES, {"limit": limit, "offset": offset})


async def batch(tx: Connection, name: str, limit: int, offset: int) -> list[DatabaseRow]:
    """Who would have been called, in the order in which it would have happened."""
    return await select(tx, _BATCH, {"batch": name, "limit": limit, "offset": offset})
