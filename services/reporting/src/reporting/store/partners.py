"""Reads of what partners bring: their leads by stage, why some came back, how reps rate them; and the notes.

A lead is a partner's by its latest referral (the column `partner` of `standing`).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from reporting.store.conditions import ANSWERED, LEAD_IS, OFFER, OFFERS, SAME, DatabaseRow, select
from reporting.store.journeys import STAGES
from runtime.database.connection import Connection
from runtime.database.statement import statement

_STAGES: Final = statement(f"""
    SELECT p.partner, count(*) AS lead, {", ".join(f"count(c.{stage}_at) AS {stage}" for stage in STAGES)}
    FROM standing p JOIN lead_journey c ON c.id = p.lead
    WHERE p.partner = ANY (CAST(:partners AS text[])) AND c.captured_at >= :start AND c.captured_at < :end AND {SAME}
    GROUP BY p.partner
""")  # noqa: S608
_REJECTIONS: Final = statement(f"""
    SELECT p.partner, a.answer AS reason, count(DISTINCT a.lead) AS leads
    FROM {OFFERS} JOIN lead_journey c ON c.id = a.lead JOIN standing p ON p.lead = a.lead
    WHERE p.partner = ANY (CAST(:partners AS text[])) AND {ANSWERED} AND {OFFER} AND {LEAD_IS} AND NOT a.accepted
    GROUP BY p.partner, a.answer ORDER BY p.partner, leads DESC, reason
""")  # noqa: S608
_RATINGS: Final = statement(f"""
    SELECT p.partner, count(DISTINCT c.id) AS leads, count(*) AS ratings, avg(m.quality) AS quality
    FROM remark m JOIN lead_journey c ON c.id = m.lead JOIN standing p ON p.lead = m.lead
    WHERE p.partner = ANY (CAST(:partners AS text[])) AND m.kind = 'feedback' AND m.at >= :start AND m.at < :end
      AND {SAME}
    GROUP BY p.partner
""")  # noqa: S608
_NOTES: Final = statement("""
    SELECT at, note, from_partner, by, actor FROM partner_note WHERE partner = :partner
    ORDER BY at DESC, length(event) DESC, event DESC LIMIT 100
""")


async def stages(tx: Connection, filters: Mapping[str, Any], partners: Sequence[str]) -> dict[str, dict[str, int]]:
    """By partner and stage, how many leads that became known in the period came there in their first cycle."""
    rows = await select(tx, _STAGES, {**filters, "partners": list(partners)})
    return {row.pop("partner"): row for row in rows}


async def rejections(
    tx: Connection, filters: Mapping[str, Any], partners: Sequence[str]
) -> dict[str, list[DatabaseRow]]:
    """By partner, how many of its leads came back in the period by each reason, the most frequent first."""
    rows: dict[str, list[DatabaseRow]] = {}
    for row in await select(tx, _REJECTIONS, {**filters, "partners": list(partners)}):
        rows.setdefault(row.pop("partner"), []).append(row)
    return rows


async def ratings(tx: Connection, filters: Mapping[str, Any], partners: Sequence[str]) -> dict[str, DatabaseRow]:
    """By partner, how many of its leads reps rated in the period, and the mean of the ratings."""
    return {row["partner"]: row for row in await select(tx, _RATINGS, {**filters, "partners": list(partners)})}


async def notes(tx: Connection, partner: str) -> list[DatabaseRow]:
    """What the partner and we told each other, the newest first; the last hundred."""
    return await select(tx, _NOTES, {"partner": partner})
