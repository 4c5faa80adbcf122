"""Reads behind the reports: funnel, promises, rejections, sources, goals."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from reporting.store.leads import ANSWERED, COUNTED, SAME, Found

_FUNNEL: Final = text(f"""
    WITH steps AS (
        SELECT r.*, lag(r.entered_at) OVER w AS before, lag(r.implied) OVER w AS before_implied,
               CASE CAST(:by AS text) WHEN 'source' THEN c.source WHEN 'campaign' THEN c.campaign
                    WHEN 'segment' THEN c.segment WHEN 'team' THEN c.first_team WHEN 'rep' THEN c.first_rep END AS part,
               {COUNTED} AS counted,
               r.re_engaged AND CASE WHEN CAST(:mode AS text) = 'cohort'
                   THEN c.captured_at >= :start AND c.captured_at < :end
                   ELSE r.entered_at >= :start AND r.entered_at < :end END AS again
        FROM reached r JOIN lead_card c ON c.id = r.lead
        WHERE {SAME} AND r.stage <> 'lost'
          AND (CAST(:mode AS text) <> 'cohort' OR (c.captured_at >= :start AND c.captured_at < :end))
        WINDOW w AS (PARTITION BY r.lead, r.cycle
                     ORDER BY array_position(ARRAY['lead', 'mql', 'sal', 'sql', 'opportunity', 'won'], r.stage))
    )
    SELECT stage, part, grouping(part) = 1 AS whole,
           count(DISTINCT lead) FILTER (WHERE counted) AS count,
           count(DISTINCT lead) FILTER (WHERE counted AND implied) AS implied,
           count(DISTINCT lead) FILTER (WHERE again) AS re_engaged,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM entered_at - before)::float8)
               FILTER (WHERE counted AND NOT implied AND NOT before_implied) AS median_seconds,
           percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM entered_at - before)::float8)
               FILTER (WHERE counted AND NOT implied AND NOT before_implied) AS p90_seconds
    FROM steps WHERE counted OR again GROUP BY GROUPING SETS ((stage), (stage, part))
""")  # noqa: S608
_ENTRIES = text("""
    SELECT r.stage, count(DISTINCT r.lead) AS count FROM reached r JOIN lead_card c ON c.id = r.lead
    WHERE (r.cycle = 1 OR NOT r.re_engaged) AND r.entered_at >= :start AND r.entered_at < :end GROUP BY r.stage
""")
_PROMISES = text("""
    SELECT promise, side, team, grouping(team) = 1 AS whole,
           count(*) FILTER (WHERE state = 'met') AS met, count(*) FILTER (WHERE state = 'late') AS late,
           count(*) FILTER (WHERE state = 'breached') AS breached, count(*) FILTER (WHERE state = 'running') AS running,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM stopped - started)::float8)
               FILTER (WHERE state IN ('met', 'late')) AS median_seconds
    FROM clock WHERE started >= :start AND started < :end
    GROUP BY GROUPING SETS ((promise, side), (promise, side, team)) ORDER BY side, promise, team
""")
_COMMITMENTS = text("SELECT DISTINCT ON (side, name) * FROM commitment ORDER BY side, name, starts DESC")
_REJECTIONS: Final = text(f"""
    SELECT a.answer AS reason, count(*) AS offers, count(DISTINCT a.lead) AS leads,
           count(*) FILTER (WHERE a.credited) AS credited, count(*) FILTER (WHERE a.lead_guarantee) AS owed
    FROM answer a JOIN lead_card c ON c.id = a.lead
    WHERE NOT a.accepted AND {ANSWERED} AND a.at >= :start AND a.at < :end AND {SAME}
    GROUP BY a.answer ORDER BY offers DESC, reason
""")  # noqa: S608
_ANSWERS: Final = text(f"""
    SELECT count(*) FILTER (WHERE a.accepted) AS accepted, count(*) AS answered
    FROM answer a JOIN lead_card c ON c.id = a.lead
    WHERE {ANSWERED} AND a.at >= :start AND a.at < :end AND {SAME}
""")  # noqa: S608
_SOURCES: Final = text(f"""
    WITH cohort AS (SELECT c.* FROM lead_card c WHERE c.captured_at >= :start AND c.captured_at < :end AND {SAME}),
    stages AS (
        SELECT c.source, r.stage, count(DISTINCT c.id) AS n
        FROM cohort c JOIN reached r ON r.lead = c.id AND r.cycle = 1 GROUP BY c.source, r.stage),
    sold AS (
        SELECT c.source, sum(d.amount) AS revenue
        FROM cohort c JOIN deal d ON d.lead = c.id AND d.state = 'won' AND d.currency = :currency GROUP BY c.source),
    spent AS (
        SELECT coalesce(source, campaign) AS source, sum(amount * greatest(0, least(ends, CAST(:until AS date))
               - greatest(starts, CAST(:first AS date))) / greatest(1, ends - starts)) AS spend
        FROM spend WHERE currency = :currency AND starts < CAST(:until AS date) AND ends > CAST(:first AS date)
        GROUP BY 1)
    SELECT s.source, sum(n) FILTER (WHERE stage = 'lead') AS leads, sum(n) FILTER (WHERE stage = 'mql') AS mqls,
           sum(n) FILTER (WHERE stage = 'sql') AS sqls, sum(n) FILTER (WHERE stage = 'won') AS won,
           max(sold.revenue) AS revenue, max(spent.spend) AS spend
    FROM stages s LEFT JOIN sold ON sold.source IS NOT DISTINCT FROM s.source
    LEFT JOIN spent ON spent.source = s.source
    GROUP BY s.source ORDER BY leads DESC NULLS LAST, s.source
""")  # noqa: S608
_PIPELINE = text("""
    SELECT sum(amount) FILTER (WHERE state = 'open') AS open, count(*) FILTER (WHERE state = 'open') AS open_deals,
           sum(amount) FILTER (WHERE state = 'won' AND closed_at >= :start AND closed_at < :end) AS won,
           count(*) FILTER (WHERE state = 'won' AND closed_at >= :start AND closed_at < :end) AS won_deals,
           count(*) FILTER (WHERE state = 'lost' AND closed_at >= :start AND closed_at < :end) AS lost_deals
    FROM deal WHERE currency = :currency OR currency IS NULL
""")
_MONTH = text("""
    SELECT count(DISTINCT r.lead) AS mqls, count(DISTINCT r.lead) FILTER (WHERE r.completeness >= :score) AS complete,
           count(DISTINCT r.lead) FILTER (WHERE r.completeness IS NOT NULL) AS rated
    FROM reached r JOIN lead_card c ON c.id = r.lead
    WHERE r.stage = 'mql' AND (r.cycle = 1 OR NOT r.re_engaged) AND r.entered_at >= :start AND r.entered_at < :end
""")
_VALUES = text("""
    SELECT array_agg(DISTINCT source) FILTER (WHERE source IS NOT NULL) AS sources,
           array_agg(DISTINCT campaign) FILTER (WHERE campaign IS NOT NULL) AS campaigns, count(*) AS leads,
           min(captured_at) AS first FROM lead_card
""")


async def funnel(tx: AsyncConnection, wanted: Mapping[str, Any]) -> list[Found]:
    return _all(await tx.execute(_FUNNEL, wanted))


async def entries(tx: AsyncConnection, start: datetime, end: datetime) -> dict[str, int]:
    """Leads that entered each stage in the period, as the activity funnel counts them."""
    return {row["stage"]: row["count"] for row in _all(await tx.execute(_ENTRIES, {"start": start, "end": end}))}


async def promises(tx: AsyncConnection, start: datetime, end: datetime) -> list[Found]:
    return _all(await tx.execute(_PROMISES, {"start": start, "end": end}))


async def commitments(tx: AsyncConnection) -> list[Found]:
    return _all(await tx.execute(_COMMITMENTS))


async def rejections(tx: AsyncConnection, wanted: Mapping[str, Any]) -> tuple[list[Found], Found]:
    """Offers that came back, by reason; and how many were answered at all."""
    return _all(await tx.execute(_REJECTIONS, wanted)), _all(await tx.execute(_ANSWERS, wanted))[0]


async def sources(tx: AsyncConnection, wanted: Mapping[str, Any]) -> list[Found]:
    return _all(await tx.execute(_SOURCES, wanted))


async def pipeline(tx: AsyncConnection, start: datetime, end: datetime, currency: str) -> Found:
    return _all(await tx.execute(_PIPELINE, {"start": start, "end": end, "currency": currency}))[0]


async def month(tx: AsyncConnection, start: datetime, end: datetime, score: int) -> Found:
    return _all(await tx.execute(_MONTH, {"start": start, "end": end, "score": score}))[0]


async def values(tx: AsyncConnection) -> Found:
    """What there is to filter by."""
    return _all(await tx.execute(_VALUES))[0]


def _all(result: Any) -> list[Found]:
    return [dict(row) for row in result.mappings()]
