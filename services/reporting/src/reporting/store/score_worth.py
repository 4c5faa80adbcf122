"""Reads behind what a score is worth: leads that were handed over, by their score then, and how they ended."""

from collections.abc import Mapping
from typing import Any, Final

from reporting.store.conditions import HANDED, OUTCOME, SAME, DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_SCORES: Final = statement(f"""
    SELECT total, count(*) AS leads,
           count(*) FILTER (WHERE outcome IN ('sql', 'won', 'lost')) AS sql,
           count(*) FILTER (WHERE outcome = 'won') AS won, count(*) FILTER (WHERE outcome = 'lost') AS lost,
           count(*) FILTER (WHERE outcome = 'rejected') AS rejected, count(*) FILTER (WHERE outcome = 'open') AS open
    FROM (SELECT c.handed_total AS total, {OUTCOME} AS outcome FROM lead_journey c WHERE {HANDED} AND {SAME}) AS ended
    GROUP BY total ORDER BY total
""")  # noqa: S608


async def scores(tx: Connection, filters: Mapping[str, Any]) -> list[DatabaseRow]:
    """Leads first handed over in the period: by their total then, how many there are and how they ended."""
    return await select(tx, _SCORES, filters)
