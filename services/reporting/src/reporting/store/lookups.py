"""Reads of what enrichment providers did not tell."""

from datetime import datetime

from reporting.store.conditions import DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_FAILURES = statement("""
    SELECT provider, reason, count(*) AS count, count(DISTINCT domain) AS companies, max(at) AS last_at,
           (array_agg(domain ORDER BY at DESC, domain))[1] AS last_company
    FROM failed_lookup WHERE at >= :since GROUP BY provider, reason ORDER BY count(*) DESC, provider, reason
""")


async def failures(tx: Connection, since: datetime) -> list[DatabaseRow]:
    """By provider and reason, how often it told nothing; the most frequent first."""
    return await select(tx, _FAILURES, {"since": since})
