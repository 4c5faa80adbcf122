"""Messages: notices that went to one person by one channel together are one."""

from datetime import datetime
from typing import Final

from reporting.store.conditions import DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_WHO: Final = "CASE WHEN n.recipient LIKE '%:%' THEN split_part(n.recipient, ':', 2) ELSE n.recipient END"
"""The person behind `manager:rep-ana`, too."""
_MESSAGES: Final = f"""
    SELECT n.channel, {_WHO} AS person, coalesce(n.message, n.notice) AS message, min(n.notice) AS id,
           min(n.recipient) AS to, CASE WHEN count(*) = 1 THEN min(n.kind) ELSE 'digest' END AS kind,
           count(*) AS notices, CASE WHEN count(*) = 1 THEN min(n.lead) END AS lead, max(n.at) AS at,
           max(n.state) AS state, bool_or(n.outbox) AS outbox, max(n.error) AS error
    FROM notice n
    WHERE n.channel <> 'webhook'
      AND (CAST(:start AS timestamptz) IS NULL OR n.at >= :start) AND (CAST(:end AS timestamptz) IS NULL OR n.at < :end)
      AND (CAST(:person AS text) IS NULL OR {_WHO} = :person)
      AND (CAST(:kind AS text) IS NULL OR n.kind = :kind)
      AND (CAST(:channel AS text) IS NULL OR n.channel = :channel)
      AND (CAST(:state AS text) IS NULL OR n.state = :state)
      AND (CAST(:lead AS text) IS NULL OR n.lead = :lead)
    GROUP BY 1, 2, 3
"""  # noqa: S608
_LIST: Final = statement(f"""
    SELECT m.*, c.name, c.company FROM ({_MESSAGES}) m LEFT JOIN lead_card c ON c.id = m.lead
    WHERE CAST(:before AS timestamptz) IS NULL OR (m.at, m.id) < (:before, :after)
    ORDER BY m.at DESC, m.id DESC LIMIT :limit
""")  # noqa: S608
_COUNTS: Final = statement(f"""
    SELECT person, CAST(at AT TIME ZONE :zone AS date) AS day, count(*) AS messages FROM ({_MESSAGES}) m GROUP BY 1, 2
""")  # noqa: S608
_KINDS: Final = statement("SELECT DISTINCT kind FROM notice WHERE channel <> 'webhook' ORDER BY 1")


async def messages(
    tx: Connection, filters: DatabaseRow, *, before: tuple[datetime, str] | None, limit: int
) -> list[DatabaseRow]:
    """The newest first; `filters`: `start end person kind channel state lead`, each of them null for all."""
    at, after = before or (None, "")
    return await select(tx, _LIST, {**filters, "before": at, "after": after, "limit": limit})


async def message_counts(tx: Connection, filters: DatabaseRow, zone: str) -> list[DatabaseRow]:
    """How many messages each person got on each day of the zone; the same filters."""
    return await select(tx, _COUNTS, {**filters, "zone": zone})


async def kinds(tx: Connection) -> list[str]:
    """Kinds of notices that people got."""
    return [row["kind"] for row in await select(tx, _KINDS)]
