"""Reads behind the funnel."""

from collections.abc import Mapping
from typing import Any, Final

from events.vocabulary import FUNNEL_STAGES
from reporting.store.conditions import COUNTED, SAME, DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_FUNNEL: Final = statement(f"""
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
                     ORDER BY array_position(ARRAY{list(FUNNEL_STAGES)}, r.stage))
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


async def funnel(tx: Connection, filters: Mapping[str, Any]) -> list[DatabaseRow]:
    """A row for each stage (`whole`), and for each stage and `part` (the value of the dimension `by`)."""
    return await select(tx, _FUNNEL, filters)
