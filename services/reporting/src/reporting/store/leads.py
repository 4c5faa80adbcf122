"""Reads about leads: the list behind every number, and all that is known of one."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from events.leads import lead_id

Found = dict[str, Any]

SAME: Final = """
    (CAST(:source AS text) IS NULL OR coalesce(c.source, '-') = :source)
    AND (CAST(:campaign AS text) IS NULL OR coalesce(c.campaign, '-') = :campaign)
    AND (CAST(:segment AS text) IS NULL OR coalesce(c.segment, '-') = :segment)
    AND (CAST(:team AS text) IS NULL OR coalesce(c.first_team, '-') = :team)
    AND (CAST(:rep AS text) IS NULL OR coalesce(c.first_rep, '-') = :rep)
    AND (CAST(:product AS text) IS NULL OR EXISTS (
        SELECT FROM deal d WHERE d.lead = c.id AND d.product = :product))
"""
"""The filters of every report, on `lead_card c`."""

COUNTED: Final = """
    CASE WHEN CAST(:mode AS text) = 'cohort' THEN r.cycle = 1 AND c.captured_at >= :start AND c.captured_at < :end
         ELSE (r.cycle = 1 OR NOT r.re_engaged) AND r.entered_at >= :start AND r.entered_at < :end END
"""
"""Which entries `reached r` of a lead `c` a funnel counts: those of the cohort, or those of the period."""

ANSWERED: Final = "a.answer NOT IN ('rep_left', 'withdrawn', 'merged', 'closed', 'erased')"
"""Which endings of an offer are somebody's answer, on `answer a`: the others end it over the rep's head."""

_COLUMNS: Final = """c.id, c.email, c.name, c.company, c.stage, c.status, c.fit, c.engagement, c.total, c.band, c.owner,
    c.first_seen, c.last_engaged, c.source, c.campaign, c.cycle, c.segment, c.flag"""

_WHERE: Final = f"""
    {SAME}
    AND (CAST(:q AS text) IS NULL OR c.id = :q OR c.name ILIKE :like OR c.email ILIKE :like OR c.company ILIKE :like)
    AND (CAST(:stage AS text) IS NULL OR c.stage = :stage)
    AND (CAST(:status AS text) IS NULL OR c.status = :status)
    AND (CAST(:band AS text) IS NULL OR c.band = :band)
    AND (CAST(:owner AS text) IS NULL OR coalesce(c.owner, '-') = :owner)
    AND (NOT CAST(:captured AS boolean) OR (c.captured_at >= :start AND c.captured_at < :end))
    AND (CAST(:reached AS text) IS NULL OR EXISTS (
        SELECT FROM reached r WHERE r.lead = c.id AND r.stage = :reached
        AND (CAST(:implied AS boolean) IS NULL OR r.implied = :implied) AND {COUNTED}))
    AND (CAST(:stalled AS text) IS NULL OR NOT EXISTS (
        SELECT FROM reached r WHERE r.lead = c.id AND r.stage = :stalled AND {COUNTED}))
    AND (CAST(:rejected AS text) IS NULL OR EXISTS (
        SELECT FROM answer a WHERE a.lead = c.id AND NOT a.accepted AND a.answer = :rejected
        AND a.at >= :start AND a.at < :end))
    AND (CAST(:answered AS text) IS NULL OR EXISTS (
        SELECT FROM answer a WHERE a.lead = c.id AND {ANSWERED}
        AND (:answered = 'any' OR a.accepted = (:answered = 'accepted')) AND a.at >= :start AND a.at < :end))
    AND (CAST(:deals AS text) IS NULL OR EXISTS (
        SELECT FROM deal d WHERE d.lead = c.id AND d.state = :deals
        AND (:deals = 'open' OR d.closed_at >= :start AND d.closed_at < :end)))
    AND (CAST(:among AS text[]) IS NULL OR c.id = ANY (CAST(:among AS text[])))
    AND (CAST(:promise AS text) IS NULL OR EXISTS (
        SELECT FROM clock k WHERE k.lead = c.id AND k.promise = :promise AND k.started >= :start AND k.started < :end
        AND CASE coalesce(CAST(:kept AS text), 'judged') WHEN 'judged' THEN k.state IN ('met', 'late', 'breached')
            ELSE k.state = :kept END))
"""  # noqa: S608

_KEYS: Final = {
    "total": "coalesce(c.total, -1000)::float8",
    "first_seen": "coalesce(extract(epoch FROM c.first_seen), 0)::float8",
    "last_engaged": "coalesce(extract(epoch FROM c.last_engaged), 0)::float8",
    "name": "coalesce(lower(c.name), '~')",
    "company": "coalesce(lower(c.company), '~')",
}


def _list(key: str, *, words: bool) -> TextClause:
    order, beyond, kind = ("ASC", ">", "text") if words else ("DESC", "<", "float8")
    return text(f"""
        SELECT {_COLUMNS}, {key} AS position FROM lead_card c WHERE {_WHERE}
        AND (CAST(:last_id AS text) IS NULL OR ({key}, c.id) {beyond} (CAST(:last AS {kind}), :last_id))
        ORDER BY {key} {order}, c.id {order} LIMIT :limit
    """)  # noqa: S608


_LISTS: Final = {name: _list(key, words=name in ("name", "company")) for name, key in _KEYS.items()}
_COUNT: Final = text(f"SELECT count(*) FROM lead_card c WHERE {_WHERE}")  # noqa: S608
_ONE = text("""
    SELECT * FROM lead_card c
    WHERE (c.id = :id AND (c.erased_at IS NULL OR NOT :addressed)) OR lower(c.email) = lower(:key)
    ORDER BY c.id = :id DESC LIMIT 1
""")
_INTO = text("""
    WITH RECURSIVE trail(lead, step) AS (
        SELECT merged_into, 1 FROM person WHERE lead = :id AND merged_into IS NOT NULL
        UNION SELECT p.merged_into, step + 1 FROM trail JOIN person p USING (lead)
        WHERE p.merged_into IS NOT NULL AND step < 20)
    SELECT lead FROM trail ORDER BY step DESC LIMIT 1
""")
_FACTS = text("SELECT facts FROM person WHERE lead = :lead")
_STANDING = text("SELECT body, at FROM standing WHERE lead = :lead")
_ASSIGNMENTS = text("""
    SELECT a.assignment AS id, a.event, a.version, a.cycle, a.rep, a.team, a.pool, a.step, a.rule, a.flag, a.kind,
           a.touch, a.at, a.why_reassigned, a.passed, a.candidates, a.snapshot, b.answer, b.at AS answered_at,
           b.implied, b.credited, r.note
    FROM assignment a LEFT JOIN answer b USING (lead, assignment)
    LEFT JOIN LATERAL (
        SELECT note FROM remark WHERE remark.lead = a.lead AND remark.assignment = a.assignment AND note IS NOT NULL
        ORDER BY remark.at DESC LIMIT 1) r ON true
    WHERE a.lead = :lead ORDER BY a.version
""")
_CLOCKS = text("""
    SELECT promise AS name, clock AS id, cycle, assignment, holder, team, target, started, due, state, stopped, cause,
           charged, percent
    FROM clock WHERE lead = :lead ORDER BY started DESC, due, promise
""")
_TIMELINE = text("""
    SELECT at, type, text, event, private AS words, cause, historical
    FROM story WHERE lead = :lead
    ORDER BY at DESC, recorded_at DESC,
             array_position(ARRAY['leads', 'sales', 'scores', 'handoffs', 'slas', 'notices'], split_part(event, '/', 1))
             DESC, split_part(event, '/', 3)::bigint DESC LIMIT :limit
""")
_NOTICES = text("""
    SELECT notice AS id, channel, kind, recipient AS to, state, at, assignment, attempt, outbox, error
    FROM notice WHERE lead = :lead ORDER BY at DESC, notice
""")
_DEALS = text("SELECT * FROM deal WHERE lead = :lead ORDER BY opened_at DESC NULLS LAST, deal")
_ENTRIES = text("""
    SELECT stage, cycle, entered_at, implied, withdrawn FROM entry WHERE lead = :lead
    ORDER BY cycle, entered_at,
             array_position(ARRAY['lead', 'mql', 'sal', 'sql', 'opportunity', 'won', 'lost'], stage)
""")


async def page(
    tx: AsyncConnection, wanted: Mapping[str, Any], sort: str, limit: int, after: tuple[Any, str] | None
) -> list[Found]:
    """At most `limit` leads beyond `after` in this order."""
    last, last_id = after or (None, None)
    given = {**wanted, "limit": limit, "last": last, "last_id": last_id}
    return _all(await tx.execute(_LISTS[sort], given))


async def count(tx: AsyncConnection, wanted: Mapping[str, Any]) -> int:
    return int((await tx.execute(_COUNT, wanted)).scalar_one())


async def one(tx: AsyncConnection, key: str) -> Found | None:
    """By id or any address it came with; a merged one as whom it turned out to be, an erased one by id only."""
    addressed = "@" in key
    named = lead_id(key.lower()) if addressed else key
    into = (await tx.execute(_INTO, {"id": named})).scalar()
    given = {"id": into or named, "key": key, "addressed": addressed}
    found = (await tx.execute(_ONE, given)).mappings().first()
    return dict(found) if found else None


async def parts(tx: AsyncConnection, lead: str, timeline: int = 300) -> Found:
    """Everything that hangs on a lead."""
    given = {"lead": lead}
    standing = (await tx.execute(_STANDING, given)).mappings().first()
    return {
        "facts": (await tx.execute(_FACTS, given)).scalar() or {},
        "standing": dict(standing) if standing else None,
        "assignments": _all(await tx.execute(_ASSIGNMENTS, given)),
        "clocks": _all(await tx.execute(_CLOCKS, given)),
        "timeline": _all(await tx.execute(_TIMELINE, {**given, "limit": timeline})),
        "notices": _all(await tx.execute(_NOTICES, given)),
        "deals": _all(await tx.execute(_DEALS, given)),
        "stages": _all(await tx.execute(_ENTRIES, given)),
    }


def _all(result: Any) -> list[Found]:
    return [dict(row) for row in result.mappings()]
