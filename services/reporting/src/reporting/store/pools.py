"""Turns, open work and last picks of the pools."""

from reporting.store.conditions import DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_OPEN = statement("""
    SELECT c.owner AS rep, count(*) AS open, count(*) FILTER (WHERE NOT c.accepted) AS unanswered
    FROM lead_card c WHERE c.assignment IS NOT NULL AND NOT c.closed AND c.owner IS NOT NULL GROUP BY c.owner
""")
_TURNS = statement("""
    SELECT a.pool, a.rep, count(*) AS assigned, count(*) FILTER (WHERE b.credited) AS credits,
           max(a.at) AS last_picked_at, count(*) FILTER (WHERE b.accepted) AS accepted, count(b.answer) AS answered
    FROM assignment a LEFT JOIN answer b USING (lead, assignment)
    WHERE a.pool IS NOT NULL AND NOT a.historical GROUP BY a.pool, a.rep
""")
_PICKS = statement("""
    SELECT a.assignment AS id, a.lead, a.rep, a.at, a.rule, a.step, a.flag, a.passed, a.candidates, a.event, b.answer,
           c.name, c.company
    FROM assignment a LEFT JOIN answer b USING (lead, assignment) LEFT JOIN lead_card c ON c.id = a.lead
    WHERE a.pool = :pool ORDER BY a.at DESC, a.assignment LIMIT :limit
""")


async def open_work(tx: Connection) -> dict[str, DatabaseRow]:
    """By rep: how much is `open`, and how much of it `unanswered`."""
    return {row["rep"]: row for row in await select(tx, _OPEN)}


async def turns(tx: Connection) -> dict[tuple[str, str], DatabaseRow]:
    """By pool and rep."""
    return {(row["pool"], row["rep"]): row for row in await select(tx, _TURNS)}


async def picks(tx: Connection, pool: str, limit: int = 20) -> list[DatabaseRow]:
    """The last ones, newest first."""
    return await select(tx, _PICKS, {"pool": pool, "limit": limit})
