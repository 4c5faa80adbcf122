"""Reads behind the rejections, and what their reasons mean: feedback to scoring, routing defects, reviews."""

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


_MISJUDGEMENTS: Final = statement(f"""
    WITH answered AS (
        SELECT a.lead, a.assignment, a.fit_lines FROM answer a JOIN lead_card c ON c.id = a.lead
        WHERE {ANSWERED} AND a.at >= :start AND a.at < :end AND {SAME}),
    wrong AS (
        SELECT line ->> 'rule' AS line, CAST(line ->> 'points' AS int) AS points, min(line ->> 'because') AS because,
               count(DISTINCT lead) AS wrong
        FROM answered, jsonb_array_elements(answered.fit_lines) AS line GROUP BY 1, 2),
    spoke AS (
        SELECT line ->> 'rule' AS line, CAST(line ->> 'points' AS int) AS points, count(DISTINCT a.lead) AS answered
        FROM answered JOIN assignment a USING (lead, assignment), jsonb_array_elements(a.snapshot -> 'lines') AS line
        GROUP BY 1, 2)
    SELECT w.line, w.points, w.because, w.wrong, greatest(w.wrong, coalesce(s.answered, 0)) AS answered
    FROM wrong w LEFT JOIN spoke s USING (line, points) ORDER BY w.wrong DESC, w.line, w.points
""")  # noqa: S608
_DEFECTS: Final = statement(f"""
    SELECT a.assignment, a.lead, c.name, c.company, c.email, a.answer AS reason, a.rep, s.pool, a.region_from, a.region,
           a.at
    FROM answer a JOIN lead_card c ON c.id = a.lead
    LEFT JOIN assignment s ON s.lead = a.lead AND s.assignment = a.assignment
    WHERE a.routing_defect AND a.at >= :start AND a.at < :end AND {SAME} ORDER BY a.at DESC, a.assignment
""")  # noqa: S608
_TICK: Final = """
    LATERAL (SELECT by, at FROM remark r WHERE r.lead = a.lead AND r.kind = 'reviewed' AND r.assignment = a.assignment
             ORDER BY r.at LIMIT 1) tick ON true
"""
_REVIEWS: Final = statement(f"""
    SELECT a.assignment AS item, a.lead, c.name, c.company, c.email, a.answer AS reason, a.rep, a.at, said.note,
           tick.by AS reviewed_by, tick.at AS reviewed_at
    FROM answer a JOIN lead_card c ON c.id = a.lead LEFT JOIN {_TICK}
    LEFT JOIN LATERAL (
        SELECT note FROM remark r WHERE r.lead = a.lead AND r.kind = 'rejected' AND r.assignment = a.assignment
        ORDER BY r.at DESC LIMIT 1) said ON true
    WHERE a.to_review AND (tick.at IS NULL) = (:state = 'open') ORDER BY a.at, a.assignment LIMIT :limit OFFSET :offset
""")  # noqa: S608
_WAITING: Final = statement(f"""
    SELECT count(*) FROM answer a JOIN lead_card c ON c.id = a.lead LEFT JOIN {_TICK}
    WHERE a.to_review AND tick.at IS NULL
""")  # noqa: S608


async def rejections(tx: Connection, filters: Mapping[str, Any]) -> tuple[list[DatabaseRow], DatabaseRow]:
    """Offers that came back, by reason; and how many were accepted and answered at all."""
    return await select(tx, _REJECTIONS, filters), (await select(tx, _ANSWERS, filters))[0]


async def misjudgements(tx: Connection, filters: Mapping[str, Any]) -> list[DatabaseRow]:
    """Fit lines that spoke for leads which are not of our kind; and of how many answered offers they spoke for."""
    return await select(tx, _MISJUDGEMENTS, filters)


async def defects(tx: Connection, filters: Mapping[str, Any]) -> list[DatabaseRow]:
    """Offers that came back because routing was wrong, the newest first."""
    return await select(tx, _DEFECTS, filters)


async def reviews(tx: Connection, state: str, limit: int, offset: int) -> list[DatabaseRow]:
    """Rejections that wait to be reviewed (`open`), or were (`reviewed`); the oldest first."""
    return await select(tx, _REVIEWS, {"state": state, "limit": limit, "offset": offset})


async def waiting_reviews(tx: Connection) -> int:
    """How many rejections wait to be reviewed."""
    return int((await tx.execute(_WAITING)).scalar_one())
