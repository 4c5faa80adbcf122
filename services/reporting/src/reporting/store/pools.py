"""Turns, open work and last picks of the pools."""

from collections.abc import Iterable

from events.vocabulary import OPEN_STAGES, OPEN_WORK
from reporting.store.conditions import OPEN_WORK_BY_REP, DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_OPEN = statement(f"""
    SELECT rep, coalesce(sum(n) FILTER (WHERE stage = ANY (CAST(:open AS text[]))), 0)::bigint AS open,
           coalesce(sum(n) FILTER (WHERE stage <> ALL (CAST(:open AS text[]))), 0)::bigint AS opportunities
    FROM ({OPEN_WORK_BY_REP}) w WHERE stage = ANY (CAST(:stages AS text[])) GROUP BY rep HAVING sum(n) > 0
""")  # noqa: S608
_TURNS = statement("""
    SELECT a.pool, a.rep, a.assigned, a.last_picked_at, coalesce(b.credits, 0) AS credits
    FROM (SELECT pool, rep, count(*) FILTER (WHERE coalesce(turn, rule NOT IN ('on_call', 'manager'))) AS assigned,
                 max(at) AS last_picked_at
          FROM assignment WHERE pool IS NOT NULL AND NOT historical GROUP BY pool, rep) a
    LEFT JOIN (SELECT s.pool, s.rep, count(*) AS credits
               FROM (SELECT lead, assignment FROM answer WHERE credited) b CROSS JOIN LATERAL (
                   SELECT pool, rep, historical FROM assignment
                   WHERE assignment.lead = b.lead AND assignment.assignment = b.assignment OFFSET 0) s
               WHERE s.pool IS NOT NULL AND NOT s.historical GROUP BY s.pool, s.rep) b USING (pool, rep)
""")
"""Turns that were given back are few: each offer of them is looked up, instead of all offers once more."""
_PICKS = statement("""
    SELECT a.assignment AS id, a.lead, a.rep, a.at, a.rule, a.step, a.flag, a.passed, a.candidates, a.event, b.answer,
           c.name, c.company
    FROM assignment a LEFT JOIN answer b USING (lead, assignment) LEFT JOIN lead_card c ON c.id = a.lead
    WHERE a.pool = :pool ORDER BY a.at DESC, a.assignment LIMIT :limit
""")


_HEAD_STARTS = statement("""
    SELECT DISTINCT ON (a.pool, row ->> 'rep') a.pool, row ->> 'rep' AS rep,
           CAST(row ->> 'head_start' AS float8) AS head_start, row ->> 'reason' IN ('away', 'left') AS absent
    FROM unnest(CAST(:pools AS text[])) AS given(pool), LATERAL (
        SELECT pool, candidates FROM assignment
        WHERE assignment.pool = given.pool AND jsonb_array_length(candidates) > 0
        ORDER BY at DESC, version DESC LIMIT 1) a, jsonb_array_elements(a.candidates) AS row
    WHERE row ->> 'pool' = a.pool ORDER BY a.pool, row ->> 'rep'
""")


async def head_starts(tx: Connection, pools: Iterable[str]) -> dict[str, dict[str, float | None]]:
    """By pool and rep, as the last pick of each of these pools used it: what lifted a newcomer or returner.

    Null: the rep was absent then, and is lifted once more. No pool without a pick.
    """
    started: dict[str, dict[str, float | None]] = {}
    for row in await select(tx, _HEAD_STARTS, {"pools": list(pools)}):
        started.setdefault(row["pool"], {})[row["rep"]] = None if row["absent"] else row["head_start"] or 0.0
    return started


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
