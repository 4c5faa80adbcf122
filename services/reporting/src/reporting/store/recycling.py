"""Reads behind the recycled leads."""

from collections.abc import Mapping
from typing import Any, Final

from reporting.store.conditions import SAME, DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_CYCLES: Final = statement(f"""
    WITH begun AS (
        SELECT e.lead, e.cycle, e.trigger FROM entry e JOIN lead_card c ON c.id = e.lead
        WHERE e.stage = 'mql' AND e.trigger IS NOT NULL AND NOT e.withdrawn
              AND e.entered_at >= :start AND e.entered_at < :end AND {SAME})
    SELECT begun.trigger, count(*) AS cycles,
           count(*) FILTER (WHERE EXISTS (
               SELECT FROM entry s WHERE s.lead = begun.lead AND s.cycle = begun.cycle AND s.stage = 'sql'
               AND NOT s.withdrawn)) AS sql,
           count(*) FILTER (WHERE EXISTS (
               SELECT FROM entry s WHERE s.lead = begun.lead AND s.cycle = begun.cycle AND s.stage = 'opportunity'
               AND NOT s.withdrawn)) AS opportunities,
           count(*) FILTER (WHERE EXISTS (
               SELECT FROM entry s WHERE s.lead = begun.lead AND s.cycle = begun.cycle AND s.stage = 'won'
               AND NOT s.withdrawn)) AS won
    FROM begun GROUP BY begun.trigger
""")  # noqa: S608


async def cycles(tx: Connection, filters: Mapping[str, Any]) -> list[DatabaseRow]:
    """By trigger: recycled cycles that began in the period, and how many became what so far."""
    return await select(tx, _CYCLES, filters)
