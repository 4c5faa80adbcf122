"""Reads behind the recycled leads."""

from collections.abc import Mapping
from typing import Any, Final

from reporting.store.conditions import CAME_TO, RECYCLED, SAME, DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_CAME_TO: Final = ", ".join(
    f"count(DISTINCT e.lead) FILTER (WHERE {CAME_TO.format(stage=repr(stage))}) AS {name}"
    for name, stage in (("sql", "sql"), ("opportunities", "opportunity"), ("won", "won"))
)
_CYCLES: Final = statement(f"""
    SELECT e.trigger, count(*) AS cycles, count(DISTINCT e.lead) AS leads, {_CAME_TO}
    FROM entry e JOIN lead_journey c ON c.id = e.lead WHERE {RECYCLED} AND {SAME} GROUP BY e.trigger
""")  # noqa: S608


async def cycles(tx: Connection, filters: Mapping[str, Any]) -> list[DatabaseRow]:
    """By trigger: recycled cycles that began in the period, their leads, and how many of these became what so far."""
    return await select(tx, _CYCLES, filters)
