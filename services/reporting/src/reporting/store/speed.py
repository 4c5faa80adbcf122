"""Reads behind the speed: raised hands with what followed first, offers with when their rep heard, and names."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from reporting.store.conditions import SAME, DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.rows import ResultRow
from runtime.database.statement import statement

_RAISES: Final = statement(f"""
    SELECT t.lead, t.at, t.kind, c.captured_at, w.touched,
           (SELECT min(d.at) FROM story d
            WHERE d.lead = t.lead AND d.event LIKE 'handoffs/%' AND d.at >= t.at) AS decided,
           CASE WHEN w.touched IS NULL
                THEN coalesce((SELECT p.status FROM place p WHERE p.lead = t.lead), 'new') END AS status
    FROM touch t JOIN story s USING (lead, event) JOIN lead_journey c ON c.id = t.lead CROSS JOIN LATERAL (
        SELECT min(w.at) AS touched FROM touch w
        WHERE w.lead = t.lead AND w.side = 'sales' AND w.event LIKE 'sales/%' AND w.at >= t.at) w
    WHERE t.kind = ANY (CAST(:kinds AS text[])) AND NOT t.machine AND NOT s.historical
      AND t.at >= :start AND t.at < :end AND {SAME}
    ORDER BY t.lead, t.at, t.event
""")  # noqa: S608
"""Who they are is not asked: the lists do, of a page."""
_NAMES: Final = statement("SELECT id, name, company FROM lead_card WHERE id = ANY (CAST(:leads AS text[]))")
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


async def raises(tx: Connection, filters: Mapping[str, Any]) -> Sequence[ResultRow]:
    """Hands raised in the period by people, by lead and time; `kinds`: which engagements they are.

    `touched`: when sales first tried to reach the lead, or talked with it, from then on; `decided`: when routing first
    decided something about it; `status`: of a lead that nobody has touched since.
    """
    return (await tx.execute(_RAISES, filters)).all()


async def offers(tx: Connection, leads: Sequence[str]) -> Sequence[ResultRow]:
    """Offers of these leads: from when to when, how many notices told of each, and when the first arrived."""
    return (await tx.execute(_OFFERS, {"leads": leads})).all()


async def names(tx: Connection, leads: Iterable[str]) -> dict[str, DatabaseRow]:
    """By lead: `name` and `company`."""
    return {row["id"]: row for row in await select(tx, _NAMES, {"leads": sorted(set(leads))})}
