"""What the manager's page asks first: what is late now."""

from collections.abc import Mapping
from typing import Any, Final

from reporting.store.conditions import COUNTS, LEAD_IS, DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_LATE: Final = statement(f"""
    WITH owed AS (
        SELECT p.lead, array_agg(k.promise ORDER BY k.due, k.promise) AS promises, min(k.due) AS due
        FROM clock k JOIN place p ON p.lead = k.lead AND p.owner = k.holder
        WHERE p.owner IS NOT NULL AND NOT p.closed AND k.cycle = p.cycle AND k.side = 'sales' AND k.stopped IS NULL
          AND k.state IN ('running', 'breached')
          AND (k.state = 'breached' OR (k.state = 'running' AND k.due <= CAST(:now AS timestamptz)))
          AND (k.assignment IS NULL OR k.assignment = p.assignment)
          AND (CAST(:rep AS text) IS NULL OR p.owner = :rep)
          AND (CAST(:team AS text) IS NULL OR coalesce(p.team, '-') = :team)
        GROUP BY p.lead),
    listed AS MATERIALIZED (
        SELECT k.* FROM owed k LEFT JOIN lead_journey c ON c.id = k.lead
        WHERE {COUNTS.format("k")} AND {LEAD_IS} AND (CAST(:promise AS text) IS NULL OR :promise = ANY (k.promises))
        ORDER BY k.due, k.lead LIMIT :limit OFFSET :offset)
    SELECT c.id, c.name, c.company, c.email, c.total, c.band, c.stage, c.status, c.owner AS rep, c.team, c.pool,
           c.assignment, c.assignment IS NOT NULL AND NOT c.accepted AS offered, k.promises, k.due
    FROM listed k JOIN lead_card c ON c.id = k.lead ORDER BY k.due, c.id
""")  # noqa: S608


async def late(tx: Connection, filters: Mapping[str, Any]) -> list[DatabaseRow]:
    """Open work whose owner owes an answer or a deed by now, the oldest due time first; `promises` are owed.

    `rep` and `team` are who has it.
    """
    return await select(tx, _LATE, filters)
