"""Reads behind the rejections, and what their reasons mean: feedback to scoring, routing defects, reviews."""

from collections.abc import Mapping
from typing import Any, Final

from reporting.store.conditions import ANSWERED, COUNTS, HELD_OFFER, LEAD_IS, OFFER, OFFERS, DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import Statement, statement

_ANSWERED: Final = f"""
    FROM {OFFERS} LEFT JOIN lead_journey c ON c.id = a.lead
    WHERE {COUNTS.format("a")} AND {ANSWERED} AND {OFFER} AND {LEAD_IS}
"""
"""The offers that were answered: what is counted …"""
_LISTED: Final = _ANSWERED.replace("lead_journey", "lead_card")
"""… and what is listed."""
_REJECTIONS: Final = statement(f"""
    SELECT a.answer AS reason, count(*) AS offers, count(DISTINCT a.lead) AS leads,
           count(*) FILTER (WHERE a.credited) AS credited, count(*) FILTER (WHERE a.lead_guarantee) AS owed
    {_ANSWERED} AND NOT a.accepted GROUP BY a.answer ORDER BY offers DESC, reason
""")
_ANSWERS: Final = statement(f"""
    SELECT count(*) FILTER (WHERE a.accepted) AS accepted, count(*) AS answered,
           count(*) FILTER (WHERE a.accepted AND a.implied) AS by_contact {_ANSWERED}
""")
_OFFERS: Final = statement(f"""
    SELECT a.lead AS id, c.name, c.email, c.company, a.assignment, a.rep, s.team, s.pool, s.at AS offered_at, a.at,
           a.answer, a.accepted, a.credited, a.lead_guarantee
    {_LISTED}
      AND (CAST(:answered AS text) IS NULL OR :answered = 'any' OR a.accepted = (:answered = 'accepted'))
      AND (CAST(:rejected AS text) IS NULL OR (NOT a.accepted AND a.answer = :rejected))
      AND (CAST(:lead_guarantee AS boolean) IS NULL OR a.lead_guarantee = :lead_guarantee)
      AND (CAST(:credited AS boolean) IS NULL OR a.credited = :credited)
    ORDER BY a.at DESC, a.lead, a.assignment LIMIT :limit OFFSET :offset
""")


_WRONG: Final = statement(f"""
    SELECT line ->> 'rule' AS line, CAST(line ->> 'points' AS int) AS points, min(line ->> 'because') AS because,
           count(DISTINCT lead) AS wrong
    FROM (SELECT a.lead, a.fit_lines {_ANSWERED} AND a.fit_lines IS NOT NULL) refused,
         jsonb_array_elements(refused.fit_lines) AS line
    GROUP BY 1, 2 ORDER BY wrong DESC, line, points
""")  # noqa: S608
_SPOKE: Final = statement(f"""
    SELECT line, CAST(sum(leads) AS bigint) AS answered
    FROM (SELECT lines, count(*) AS leads
          FROM (SELECT a.lead, string_agg(s.spoke, E'\n') AS lines {_ANSWERED} GROUP BY a.lead) of_leads
          GROUP BY lines) alike,
         LATERAL (SELECT DISTINCT unnest(string_to_array(alike.lines, E'\n')) AS line) spoke
    WHERE line = ANY (CAST(:wrong AS text[])) GROUP BY line
""")  # noqa: S608
"""Leads for which the same lines spoke are counted together: there are many leads, and few such sets."""
_DEFECTS: Final = statement(f"""
    SELECT a.assignment, a.lead, c.name, c.company, c.email, a.answer AS reason, a.rep, s.pool, a.region_from, a.region,
           a.at
    FROM {OFFERS} JOIN lead_card c ON c.id = a.lead
    WHERE a.routing_defect AND {OFFER} AND {LEAD_IS} ORDER BY a.at DESC, a.assignment
""")  # noqa: S608
_TICK: Final = """
    LATERAL (SELECT by, at FROM remark r WHERE r.lead = a.lead AND r.kind = 'reviewed' AND r.assignment = a.assignment
             ORDER BY r.at LIMIT 1) tick ON true
"""
_REVIEWED: Final = """
    EXISTS (SELECT FROM remark r WHERE r.lead = a.lead AND r.kind = 'reviewed' AND r.assignment = a.assignment)
"""
_TO_REVIEW: Final = f"""
    FROM {OFFERS} LEFT JOIN lead_journey c ON c.id = a.lead
    WHERE a.to_review AND {COUNTS.format("a")} AND {HELD_OFFER} AND {LEAD_IS} AND
"""
_PAGE: Final = """
    SELECT a.assignment AS item, a.lead, c.name, c.company, c.email, a.answer AS reason, a.rep, a.at, said.note,
           tick.by AS reviewed_by, tick.at AS reviewed_at
    FROM (SELECT a.lead, a.assignment {which} ORDER BY a.at, a.assignment LIMIT :limit OFFSET :offset) page
    JOIN answer a USING (lead, assignment) JOIN lead_card c ON c.id = a.lead LEFT JOIN {tick}
    LEFT JOIN LATERAL (
        SELECT note FROM remark r WHERE r.lead = a.lead AND r.kind = 'rejected' AND r.assignment = a.assignment
        ORDER BY r.at DESC LIMIT 1) said ON true
    ORDER BY a.at, a.assignment
"""
_OPEN: Final = f"{_TO_REVIEW} NOT {_REVIEWED}"
_REVIEWS: Final[Mapping[str, Statement]] = {
    state: statement(_PAGE.format(which=which, tick=_TICK))
    for state, which in (("open", _OPEN), ("reviewed", f"{_TO_REVIEW} {_REVIEWED}"))
}
"""What is said about a rejection is read of a page of them."""
_WAITING: Final = statement(f"SELECT count(*) {_OPEN}")


async def answers(tx: Connection, filters: Mapping[str, Any]) -> DatabaseRow:
    """How many offers were `accepted` (of them `by_contact`, without an answer), and `answered` at all."""
    return (await select(tx, _ANSWERS, filters))[0]


async def rejections(tx: Connection, filters: Mapping[str, Any]) -> tuple[list[DatabaseRow], DatabaseRow]:
    """Offers that came back, by reason; and how many were accepted and answered at all."""
    return await select(tx, _REJECTIONS, filters), await answers(tx, filters)


async def misjudgements(tx: Connection, filters: Mapping[str, Any]) -> list[DatabaseRow]:
    """Fit lines that spoke for leads which are not of our kind; and of how many answered leads they spoke for."""
    lines = await select(tx, _WRONG, filters)
    if not lines:
        return []
    named = [f"{row['line']}:{row['points']}" for row in lines]
    spoke = {row["line"]: row["answered"] for row in await select(tx, _SPOKE, {**filters, "wrong": named})}
    return [{**row, "answered": max(row["wrong"], spoke.get(name, 0))} for name, row in zip(named, lines, strict=True)]


async def defects(tx: Connection, filters: Mapping[str, Any]) -> list[DatabaseRow]:
    """Offers that came back because routing was wrong, the newest first."""
    return await select(tx, _DEFECTS, filters)


async def offers(tx: Connection, filters: Mapping[str, Any]) -> list[DatabaseRow]:
    """Offers that ended in the period, answered or left until their time ran out; the latest first."""
    return await select(tx, _OFFERS, filters)


async def reviews(tx: Connection, filters: Mapping[str, Any]) -> list[DatabaseRow]:
    """Rejections that wait to be reviewed (`state` open), or were (`reviewed`); the oldest first."""
    return await select(tx, _REVIEWS[filters["state"]], filters)


async def waiting_reviews(tx: Connection, filters: Mapping[str, Any]) -> int:
    """How many rejections wait to be reviewed."""
    return int((await tx.execute(_WAITING, filters)).scalar_one())
