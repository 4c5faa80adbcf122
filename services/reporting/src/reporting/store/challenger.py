"""Reads behind the challenger: leads by who would have let them through the gate, and how they ended."""

from collections.abc import Mapping
from typing import Any, Final

from reporting.store.conditions import COMPARED, OUTCOME, PASSED_BY, SAME, DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_COUNTS: Final = statement(f"""
    SELECT passed_by, count(*) AS leads, count(*) FILTER (WHERE outcome IN ('sql', 'won', 'lost')) AS sql,
           count(*) FILTER (WHERE outcome = 'won') AS won, count(*) FILTER (WHERE outcome = 'lost') AS lost,
           count(*) FILTER (WHERE outcome = 'rejected') AS rejected, count(*) FILTER (WHERE outcome = 'open') AS open,
           count(*) FILTER (WHERE outcome = 'untouched') AS untouched
    FROM (SELECT {PASSED_BY} AS passed_by, {OUTCOME} AS outcome FROM standing s JOIN lead_journey c ON c.id = s.lead
          WHERE {COMPARED} AND c.captured_at >= :start AND c.captured_at < :end AND {SAME}) AS compared
    GROUP BY passed_by
""")  # noqa: S608


async def counts(tx: Connection, filters: Mapping[str, Any]) -> list[DatabaseRow]:
    """Leads that became known in the period and were scored by the challenger too, by who would have passed them."""
    return await select(tx, _COUNTS, filters)
