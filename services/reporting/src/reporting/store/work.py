"""Reads about work: the inbox, pools, causes of a decision, notices."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from reporting.store.leads import Found

_INBOX = text("""
    SELECT p.assignment, c.id AS lead, c.name, c.title, c.company, c.fit, c.engagement, c.total, c.band, c.passed,
           p.flag, p.accepted, c.status, c.stage, p.owner, s.body -> 'signals' AS signals, a.at AS assigned_at, a.touch,
           k.due, k.promise AS clock, k.state AS clock_state, k.started, k.target
    FROM place p JOIN lead_card c ON c.id = p.lead
    LEFT JOIN standing s ON s.lead = p.lead
    LEFT JOIN assignment a ON a.lead = p.lead AND a.assignment = p.assignment
    LEFT JOIN LATERAL (
        SELECT due, promise, state, started, target FROM clock
        WHERE clock.lead = p.lead AND clock.assignment = p.assignment AND stopped IS NULL
              AND state IN ('running', 'breached') ORDER BY due LIMIT 1) k ON true
    WHERE p.assignment IS NOT NULL AND NOT p.closed AND (CAST(:rep AS text) IS NULL OR p.owner = :rep)
    ORDER BY k.due NULLS LAST, c.total DESC NULLS LAST, c.id LIMIT :limit OFFSET :offset
""")
_OPEN = text("""
    SELECT c.owner AS rep, count(*) AS open, count(*) FILTER (WHERE NOT c.accepted) AS unanswered
    FROM lead_card c WHERE c.assignment IS NOT NULL AND NOT c.closed AND c.owner IS NOT NULL GROUP BY c.owner
""")
_TURNS = text("""
    SELECT a.pool, a.rep, count(*) AS assigned, count(*) FILTER (WHERE b.credited) AS credits,
           max(a.at) AS last_picked_at, count(*) FILTER (WHERE b.accepted) AS accepted, count(b.answer) AS answered
    FROM assignment a LEFT JOIN answer b USING (lead, assignment)
    WHERE a.pool IS NOT NULL AND NOT a.historical GROUP BY a.pool, a.rep
""")
_PICKS = text("""
    SELECT a.assignment AS id, a.lead, a.rep, a.at, a.rule, a.step, a.flag, a.passed, a.candidates, a.event, b.answer,
           c.name, c.company
    FROM assignment a LEFT JOIN answer b USING (lead, assignment) LEFT JOIN lead_card c ON c.id = a.lead
    WHERE a.pool = :pool ORDER BY a.at DESC, a.assignment LIMIT :limit
""")
_DECISION = text("""
    SELECT event, lead, rep, pool, rule, step, passed, candidates FROM assignment
    WHERE assignment = :id OR event = :id LIMIT 1
""")
_CHAIN = text("""
    WITH RECURSIVE chain AS (
        SELECT s.*, 0 AS depth FROM story s WHERE s.event = :event
        UNION ALL
        SELECT s.*, chain.depth + 1 FROM chain JOIN story s ON s.event = chain.cause WHERE chain.depth < 20)
    SELECT event, lead, type, at, recorded_at, text, cause, agreement, historical FROM chain ORDER BY depth
""")
_FOLLOWED = text("""
    SELECT event, lead, type, at, text FROM story WHERE lead = :lead AND cause = :event ORDER BY at, event LIMIT 50
""")
_NOTICES = text("""
    SELECT n.notice AS id, n.lead, n.kind, n.channel, n.recipient AS to, n.state, n.at, n.outbox, n.error, c.name,
           c.company
    FROM notice n LEFT JOIN lead_card c ON c.id = n.lead ORDER BY n.at DESC, n.notice LIMIT :limit
""")
_FRESH = text("SELECT coalesce(sum(last_seq), 0) FROM lane_input")


async def inbox(tx: AsyncConnection, rep: str | None, limit: int, offset: int) -> list[Found]:
    """Open offers and accepted work, most urgent first."""
    return _all(await tx.execute(_INBOX, {"rep": rep, "limit": limit, "offset": offset}))


async def open_work(tx: AsyncConnection) -> dict[str, Found]:
    return {row["rep"]: row for row in _all(await tx.execute(_OPEN))}


async def turns(tx: AsyncConnection) -> dict[tuple[str, str], Found]:
    return {(row["pool"], row["rep"]): row for row in _all(await tx.execute(_TURNS))}


async def picks(tx: AsyncConnection, pool: str, limit: int = 20) -> list[Found]:
    return _all(await tx.execute(_PICKS, {"pool": pool, "limit": limit}))


async def decision(tx: AsyncConnection, identity: str) -> Found | None:
    found = _all(await tx.execute(_DECISION, {"id": identity}))
    return found[0] if found else None


async def chain(tx: AsyncConnection, event: str) -> list[Found]:
    """The event and its causes, nearest first."""
    return _all(await tx.execute(_CHAIN, {"event": event}))


async def followed(tx: AsyncConnection, lead: str, event: str) -> list[Found]:
    return _all(await tx.execute(_FOLLOWED, {"lead": lead, "event": event}))


async def notices(tx: AsyncConnection, limit: int = 100) -> list[Found]:
    return _all(await tx.execute(_NOTICES, {"limit": limit}))


async def freshness(tx: AsyncConnection) -> int:
    """Grows with every event read: when it stands still, so do all views."""
    return int((await tx.execute(_FRESH)).scalar_one())


def _all(result: Any) -> list[Found]:
    return [dict(row) for row in result.mappings()]
