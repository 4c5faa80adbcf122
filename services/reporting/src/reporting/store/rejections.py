"""Reads behind the rejections."""

from collections.abc import Mapping
from typing import Any, Final

from reporting.store.conditions import ANSWERED, SAME, DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_REJECTIONS: Final = statement(f"""
    SELECT a.answer AS reason, count(*) AS offers, count(DISTINCT a.lead) AS leads,
           count(*) FILTER (WHERE a.credited) AS credited, count(*) FILTER (WHERE a.lead_guarantee) AS owed
    FROM answer a JOIN lead_card c ON c.id = a.lead
    WHERE NOT a.accepted AND {ANSWERED} AND a.at >= :start AND a.at < :end AND {SAME}
    GROUP BY a.answer ORDER BY offers DESC, reason
""")  # noqa: S608
_ANSWERS: Final = statement(f"""
    SELECT count(*) FILTER (WHERE a.accepted) AS accepted, count(*) AS answered
    FROM answer a JOIN lead_card c ON c.id = a.lead
    WHERE {ANSWERED} AND a.at >= :start AND a.at < :end AND {SAME}
""")  # noqa: S608


async def rejections(tx: Connection, filters: Mapping[str, Any]) -> tuple[list[DatabaseRow], DatabaseRow]:
    """Offers that came back, by reason; and how many were accepted and answered at all."""
    return await select(tx, _REJECTIONS, filters), (await select(tx, _ANSWERS, filters))[0]
