"""The open work of the reps."""

from events.vocabulary import OPEN_STAGES
from reporting.store.conditions import DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_INBOX = statement("""
    SELECT p.assignment, c.id AS lead, c.name, c.title, c.company, c.fit, c.engagement, c.total, c.band, s.passed,
           p.flag, c.flags, p.accepted, c.status, c.stage,
           CASE WHEN p.assignment IS NULL AND p.task IS NOT NULL THEN p.task_rep ELSE p.owner END AS owner,
           p.attempts, p.task, p.task_rep, p.task_since, CAST(s.body -> 'facts' ->> 'employees' AS bigint) AS employees,
           s.body -> 'signals' AS signals, a.at AS assigned_at, a.touch,
           k.due, k.promise AS clock, k.state AS clock_state, k.started, k.target
    FROM place p JOIN lead_card c ON c.id = p.lead
    LEFT JOIN standing s ON s.lead = p.lead
    LEFT JOIN assignment a ON a.lead = p.lead AND a.assignment = p.assignment
    LEFT JOIN LATERAL (
        SELECT due, promise, state, started, target FROM clock
        WHERE clock.lead = p.lead AND clock.assignment = p.assignment AND stopped IS NULL
              AND state IN ('running', 'breached') ORDER BY due LIMIT 1) k ON true
    WHERE (p.owner IS NOT NULL AND NOT p.closed AND p.stage = ANY (CAST(:stages AS text[]))
           AND (CAST(:rep AS text) IS NULL OR p.owner = :rep))
       OR (p.task IS NOT NULL AND (CAST(:rep AS text) IS NULL OR p.task_rep = :rep))
    ORDER BY coalesce(k.due, p.task_since) NULLS LAST, c.total DESC NULLS LAST, c.id LIMIT :limit OFFSET :offset
""")


async def inbox(tx: Connection, rep: str | None, limit: int, offset: int) -> list[DatabaseRow]:
    """What reps have in work, offered, accepted or taken unasked, and their tasks; most urgent first."""
    parameters = {"rep": rep, "limit": limit, "offset": offset, "stages": list(OPEN_STAGES)}
    return await select(tx, _INBOX, parameters)
