"""Reads behind the goals: what entered each stage, and what is sold and open."""

from datetime import datetime

from reporting.store.conditions import MQL_OF_A_MONTH, DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_ENTRIES = statement(f"""
    SELECT r.stage, count(DISTINCT r.lead) AS count FROM reached r JOIN lead_card c ON c.id = r.lead
    WHERE (r.cycle = 1 OR NOT r.re_engaged) AND (r.stage <> 'mql' OR {MQL_OF_A_MONTH})
    AND r.entered_at >= :start AND r.entered_at < :end GROUP BY r.stage
""")  # noqa: S608
_PIPELINE = statement("""
    SELECT sum(amount) FILTER (WHERE state = 'open') AS open, count(*) FILTER (WHERE state = 'open') AS open_deals,
           sum(amount) FILTER (WHERE state = 'won' AND closed_at >= :start AND closed_at < :end) AS won,
           count(*) FILTER (WHERE state = 'won' AND closed_at >= :start AND closed_at < :end) AS won_deals,
           count(*) FILTER (WHERE state = 'lost' AND closed_at >= :start AND closed_at < :end) AS lost_deals
    FROM deal WHERE currency = :currency OR currency IS NULL
""")


async def entries(tx: Connection, start: datetime, end: datetime) -> dict[str, int]:
    """Leads that entered each stage in the period, as the activity funnel counts them; of MQLs, those of a month."""
    return {row["stage"]: row["count"] for row in await select(tx, _ENTRIES, {"start": start, "end": end})}


async def pipeline(tx: Connection, start: datetime, end: datetime, currency: str) -> DatabaseRow:
    """Deals `open` now, and `won` and `lost` in the period: how many, and their minor units of this currency."""
    return (await select(tx, _PIPELINE, {"start": start, "end": end, "currency": currency}))[0]
