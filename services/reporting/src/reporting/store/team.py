"""What the manager's page asks: what is late now, and how each rep keeps each promise."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from reporting.store.conditions import COUNTS, LEAD_IS, PROMISED, DatabaseRow, asks_of_leads, select
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
_OF_ALL: Final = f"FROM outcome o WHERE o.side = 'sales' AND o.holder IS NOT NULL AND {PROMISED}"
_OF_SOME: Final = f"""
    FROM outcome o LEFT JOIN lead_journey c ON c.id = o.lead
    WHERE o.side = 'sales' AND o.holder IS NOT NULL AND {PROMISED} AND {LEAD_IS}
"""
_BY_REP, _BY_REP_OF_SOME = (
    statement(f"""
        SELECT o.holder AS rep, o.promise, o.state,
               width_bucket(o.started, CAST(:instants AS timestamptz[])) AS part, count(*) AS promises
        {counted} GROUP BY 1, 2, 3, 4
    """)
    for counted in (_OF_ALL, _OF_SOME)
)


async def late(tx: Connection, filters: Mapping[str, Any]) -> list[DatabaseRow]:
    """Open work whose owner owes an answer or a deed by now, the oldest due time first; `promises` are owed.

    `rep` and `team` are who has it.
    """
    return await select(tx, _LATE, filters)


async def promises_by_rep(
    tx: Connection, filters: Mapping[str, Any], instants: Sequence[datetime]
) -> list[DatabaseRow]:
    """Promises of sales that began in the time, by rep, promise, state and part, as `decide.tallies` adds them up.

    The time is cut into parts by the instants, the first and the last of which are its ends.
    """
    wanted = _BY_REP_OF_SOME if asks_of_leads(filters) else _BY_REP
    time = {"start": instants[0], "end": instants[-1], "instants": list(instants)}
    return await select(tx, wanted, {**filters, **time})
