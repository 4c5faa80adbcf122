"""Reads behind the self-assessment: what data can say of how the two teams work together."""

from collections.abc import Mapping
from typing import Any, Final

from reporting.store.conditions import DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_SHARED: Final = statement("""
    WITH running AS (
        SELECT DISTINCT campaign FROM touch
        WHERE side = 'marketing' AND campaign IS NOT NULL AND NOT machine AND at >= :start AND at < :end),
    handed AS (
        SELECT DISTINCT a.lead FROM assignment a JOIN answer b USING (lead, assignment)
        WHERE b.accepted AND b.at >= :start AND b.at < :end)
    SELECT (SELECT coalesce(array_agg(campaign), '{}') FROM running) AS running,
           (SELECT coalesce(array_agg(name), '{}') FROM (
                SELECT campaign AS name FROM membership WHERE at >= :start AND at < :end
                UNION SELECT title FROM membership WHERE at >= :start AND at < :end) AS named) AS joined,
           (SELECT count(*) FROM handed) AS handed,
           (SELECT count(*) FROM handed h WHERE EXISTS (
                SELECT FROM remark k WHERE k.lead = h.lead AND k.kind = 'feedback')) AS rated
""")


async def shared(tx: Connection, period: Mapping[str, Any]) -> DatabaseRow:
    """Of the period `start` to `end`: marketing's `running` campaigns; names and titles of those that leads `joined` in
    the mail tool; leads that a rep accepted (`handed`) and those of them that were ever `rated`.
    """
    return (await select(tx, _SHARED, period))[0]
