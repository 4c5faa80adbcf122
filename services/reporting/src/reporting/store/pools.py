"""Turns, open work and last picks of the pools."""

from events.vocabulary import OPEN_STAGES, OPEN_WORK
from reporting.store.conditions import DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_OPEN = statement("""
    SELECT p.owner AS rep, count(*) FILTER (WHERE p.stage = ANY (CAST(:open AS text[]))) AS open,
           count(*) FILTER (WHERE p.stage <> ALL (CAST(:open AS text[]))) AS opportunities
    FROM place p WHERE NOT EXISTS (SELECT FROM stray WHERE stray.lead = p.lead)
    AND p.owner IS NOT NULL AND NOT p.closed AND p.stage = ANY (CAST(:stages AS text[])) GROUP BY p.owner
""")
_TURNS = statement("""
    SELECT a.pool, a.rep, count(*) FILTER (WHERE coalesce(a.turn, a.rule NOT IN ('on_call', 'manager'))) AS assigned,
           count(*) FILTER (WHERE b.credited) AS credits,
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


_HEAD_STARTS = statement("""
    SELECT DISTINCT ON (a.pool, row ->> 'rep') a.pool, row ->> 'rep' AS rep,
           CAST(row ->> 'head_start' AS float8) AS head_start
    FROM (SELECT DISTINCT ON (pool) pool, at, candidates FROM assignment
          WHERE pool IS NOT NULL AND jsonb_array_length(candidates) > 0
          ORDER BY pool, at DESC, version DESC) a, jsonb_array_elements(a.candidates) AS row
    WHERE row ->> 'pool' = a.pool ORDER BY a.pool, row ->> 'rep'
""")


async def head_starts(tx: Connection) -> dict[tuple[str, str], float]:
    """By pool and rep: what lifted a newcomer or returner, as the pool's last pick used it."""
    return {(row["pool"], row["rep"]): row["head_start"] or 0.0 for row in await select(tx, _HEAD_STARTS)}


async def open_work(tx: Connection) -> dict[str, DatabaseRow]:
    """By rep: what counts as `open` work, as the next pick uses it, and `opportunities`; together the rep's inbox."""
    parameters = {"open": list(OPEN_WORK), "stages": list(OPEN_STAGES)}
    return {row["rep"]: row for row in await select(tx, _OPEN, parameters)}


async def turns(tx: Connection) -> dict[tuple[str, str], DatabaseRow]:
    """By pool and rep."""
    return {(row["pool"], row["rep"]): row for row in await select(tx, _TURNS)}


async def picks(tx: Connection, pool: str, limit: int = 20) -> list[DatabaseRow]:
    """The last ones, newest first."""
    return await select(tx, _PICKS, {"pool": pool, "limit": limit})
