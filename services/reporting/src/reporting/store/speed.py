"""Reads behind the speed: raised hands, touches by sales, offers with when their rep heard, and first decisions."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from reporting.store.conditions import SAME, DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_RAISES: Final = statement(f"""
    SELECT t.lead, t.at, t.kind, c.name, c.company, c.status, c.captured_at
    FROM touch t JOIN story s USING (lead, event) JOIN lead_card c ON c.id = t.lead
    WHERE t.kind = ANY (CAST(:kinds AS text[])) AND NOT t.machine AND NOT s.historical
      AND t.at >= :start AND t.at < :end AND {SAME}
    ORDER BY t.lead, t.at, t.event
""")  # noqa: S608
_TOUCHES: Final = statement("""
    SELECT lead, array_agg(at ORDER BY at) AS instants FROM touch
    WHERE lead = ANY (CAST(:leads AS text[])) AND event LIKE 'sales/%' GROUP BY lead
""")
_OFFERS: Final = statement("""
    SELECT a.lead, a.rep, a.at AS start,
           CASE WHEN b.accepted THEN b.returned_at ELSE b.at END AS "end",
           n.notices, n.heard
    FROM assignment a LEFT JOIN answer b USING (lead, assignment) LEFT JOIN LATERAL (
        SELECT count(*) AS notices, min(at) FILTER (WHERE state <> 'failed') AS heard FROM notice
        WHERE notice.lead = a.lead AND notice.assignment = a.assignment AND kind = 'assignment' AND recipient = a.rep
    ) n ON true
    WHERE a.lead = ANY (CAST(:leads AS text[])) ORDER BY a.lead, a.at, a.version
""")
_DECISIONS: Final = statement("""
    SELECT lead, array_agg(at ORDER BY at) AS instants FROM story
    WHERE lead = ANY (CAST(:leads AS text[])) AND event LIKE 'handoffs/%' GROUP BY lead
""")


async def raises(tx: Connection, filters: Mapping[str, Any]) -> list[DatabaseRow]:
    """Hands raised in the period by people, by lead and time; `kinds`: which engagements they are."""
    return await select(tx, _RAISES, filters)


async def touches(tx: Connection, leads: Sequence[str]) -> dict[str, list[datetime]]:
    """By lead, when sales tried to reach it or talked with it, in order."""
    return {row["lead"]: row["instants"] for row in await select(tx, _TOUCHES, {"leads": list(leads)})}


async def offers(tx: Connection, leads: Sequence[str]) -> list[DatabaseRow]:
    """Offers of these leads: from when to when, how many notices told of each, and when the first arrived."""
    return await select(tx, _OFFERS, {"leads": list(leads)})


async def decisions(tx: Connection, leads: Sequence[str]) -> dict[str, list[datetime]]:
    """By lead, when routing decided something about it, in order."""
    return {row["lead"]: row["instants"] for row in await select(tx, _DECISIONS, {"leads": list(leads)})}
