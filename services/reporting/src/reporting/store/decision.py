"""A decision, its causes and what followed."""

from reporting.store.conditions import DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_ASSIGNMENT = statement("""
    SELECT event, lead, rep, pool, rule, step, passed, candidates FROM assignment
    WHERE assignment = :id OR event = :id LIMIT 1
""")
_EXPLANATION = statement("""
    SELECT x.event, x.lead, x.at, x.kind, x.rep, x.pool, x.rule, x.step, x.passed, x.candidates, x.record, x.segment,
           x.audience, x.why, x.batch
    FROM explanation x JOIN story s USING (lead, event)
    WHERE x.lead = :lead AND (x.event = :event OR s.cause = :cause
                              OR CAST(:cause AS text) IS NULL AND s.cause IS NULL AND s.at = :at)
    ORDER BY x.event = :event DESC, x.passed IS NULL OR x.passed = '[]', x.kind = 'moved', x.at DESC LIMIT 1
""")
_LATEST = statement("""
    SELECT event FROM (
        SELECT event, at FROM assignment WHERE lead = :lead
        UNION ALL SELECT event, at FROM explanation WHERE lead = :lead AND kind <> 'alert') one
    ORDER BY at DESC, split_part(split_part(event, '/', 3), '@', 1)::bigint DESC LIMIT 1
""")
_MOVED = statement("""
    SELECT event FROM story WHERE lead = :lead AND event LIKE 'handoffs/%' ORDER BY at DESC, recorded_at DESC LIMIT 1
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


async def explanation(tx: Connection, event: DatabaseRow) -> DatabaseRow | None:
    """Why nobody was offered the lead by this link of a chain, or by what the same cause, or the same timer, led to."""
    rows = await select(tx, _EXPLANATION, {name: event[name] for name in ("lead", "event", "cause", "at")})
    return rows[0] if rows else None


async def latest(tx: Connection, lead: str) -> str | None:
    """The event by which the lead is where it is: an offer, or why nobody has one; else its last move."""
    rows = await select(tx, _LATEST, {"lead": lead}) or await select(tx, _MOVED, {"lead": lead})
    return rows[0]["event"] if rows else None


async def chain(tx: Connection, event: str) -> list[DatabaseRow]:
    """The event and its causes, nearest first."""
    return await select(tx, _CHAIN, {"event": event})


async def followed(tx: Connection, lead: str, event: str) -> list[DatabaseRow]:
    """What this event caused."""
    return await select(tx, _FOLLOWED, {"lead": lead, "event": event})
