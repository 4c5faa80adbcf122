"""A decision, its causes and what followed."""

from reporting.store.conditions import DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_ASSIGNMENT = statement("""
    SELECT event, lead, rep, pool, rule, step, passed, candidates FROM assignment
    WHERE assignment = :id OR event = :id LIMIT 1
""")
_CHAIN = statement("""
    WITH RECURSIVE chain AS (
        SELECT s.*, 0 AS depth FROM story s WHERE s.event = :event
        UNION ALL
        SELECT s.*, chain.depth + 1 FROM chain JOIN story s ON s.event = chain.cause WHERE chain.depth < 20)
    SELECT event, lead, type, at, recorded_at, text, cause, agreement, historical FROM chain ORDER BY depth
""")
_FOLLOWED = statement("""
    SELECT event, lead, type, at, text FROM story WHERE lead = :lead AND cause = :event ORDER BY at, event LIMIT 50
""")


async def assignment(tx: Connection, key: str) -> DatabaseRow | None:
    """By its own id or that of its event."""
    rows = await select(tx, _ASSIGNMENT, {"id": key})
    return rows[0] if rows else None


async def chain(tx: Connection, event: str) -> list[DatabaseRow]:
    """The event and its causes, nearest first."""
    return await select(tx, _CHAIN, {"event": event})


async def followed(tx: Connection, lead: str, event: str) -> list[DatabaseRow]:
    """What this event caused."""
    return await select(tx, _FOLLOWED, {"lead": lead, "event": event})
