"""Notices of all leads, for the outbox."""

from reporting.store.conditions import DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_NOTICES = statement("""
    SELECT n.notice AS id, n.lead, n.kind, n.channel, n.recipient AS to, n.state, n.at, n.outbox, n.error, c.name,
           c.company
    FROM notice n LEFT JOIN lead_card c ON c.id = n.lead ORDER BY n.at DESC, n.notice LIMIT :limit
""")


async def notices(tx: Connection, limit: int = 100) -> list[DatabaseRow]:
    """The last ones, newest first."""
    return await select(tx, _NOTICES, {"limit": limit})
