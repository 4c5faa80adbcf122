"""Reads behind the sources."""

from collections.abc import Mapping
from typing import Any, Final

from reporting.store.conditions import SAME, DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_SOURCES: Final = statement(rf"""
    WITH cohort AS (SELECT c.* FROM lead_card c WHERE c.captured_at >= :start AND c.captured_at < :end AND {SAME}),
    stages AS (
        SELECT c.source, r.stage, count(DISTINCT c.id) AS n
        FROM cohort c JOIN reached r ON r.lead = c.id AND r.cycle = 1 GROUP BY c.source, r.stage),
    sold AS (
        SELECT c.source, sum(d.amount) AS revenue
        FROM cohort c JOIN deal d ON d.lead = c.id AND d.state = 'won' AND d.currency = :currency GROUP BY c.source),
    spent AS (
        SELECT lower(regexp_replace(btrim(coalesce(source, campaign)), '\s+', ' ', 'g')) AS source,
               sum(amount * greatest(0, least(ends, CAST(:until AS date))
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


async def sources(tx: Connection, filters: Mapping[str, Any]) -> list[DatabaseRow]:
    """A row for each first-touch source; revenue and spend in minor units of the currency."""
    return await select(tx, _SOURCES, filters)
