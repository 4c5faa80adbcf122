"""One offer, as far as it has come."""

from reporting.store.conditions import DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_OFFER = statement("""
    SELECT a.rep, c.name, c.company, b.answer, b.accepted,
           (SELECT n.rep FROM assignment n WHERE n.lead = a.lead AND n.version > a.version
            ORDER BY n.version DESC LIMIT 1) AS successor
    FROM assignment a LEFT JOIN answer b USING (lead, assignment) LEFT JOIN lead_card c ON c.id = a.lead
    WHERE a.lead = :lead AND a.assignment = :assignment
""")


async def offer_state(tx: Connection, lead: str, assignment: str) -> DatabaseRow | None:
    """Whose it is, of whom, how it was answered (null: not yet), and who was offered the lead since."""
    rows = await select(tx, _OFFER, {"lead": lead, "assignment": assignment})
    return rows[0] if rows else None
