"""How far a new house has come: its newest lead, and what became of it."""

from typing import Final

from reporting.store.conditions import DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

FEW: Final = 3
"""With more leads than these a house is new no more."""
_NEWEST = statement(f"""
    SELECT c.id, c.name, c.email, c.title, c.company, c.total, c.band, c.owner, c.stage,
           a.at AS offered_at, a.rep, b.answer, w.lead IS NOT NULL AS won,
           EXISTS (SELECT FROM notice n WHERE n.lead = c.id) AS told
    FROM lead_card c
    LEFT JOIN LATERAL (
        SELECT assignment, at, rep FROM assignment WHERE lead = c.id ORDER BY version DESC LIMIT 1) a ON true
    LEFT JOIN answer b ON b.lead = c.id AND b.assignment = a.assignment
    LEFT JOIN LATERAL (SELECT lead FROM entry WHERE lead = c.id AND stage = 'won' LIMIT 1) w ON true
    WHERE (SELECT count(*) FROM (SELECT FROM person WHERE captured_at IS NOT NULL LIMIT {FEW + 1}) few) <= {FEW}
    ORDER BY w.lead IS NULL, b.answer IS NULL, a.at IS NULL, c.captured_at DESC LIMIT 1
""")  # noqa: S608


async def newest(tx: Connection) -> DatabaseRow | None:
    """The lead of a new house that has come furthest; None without leads, and once there are more than a few."""
    return next(iter(await select(tx, _NEWEST)), None)
