"""Reads behind the goals: what entered each stage."""

from datetime import datetime

from events.vocabulary import FUNNEL_STAGES
from reporting.store.conditions import COUNTS, MQL_OF_A_MONTH, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_ENTRIES = statement(f"""
    SELECT stage, count(*) AS count FROM (
        SELECT DISTINCT r.stage, r.lead FROM reached r WHERE {COUNTS.format("r")}
        AND r.stage = ANY (ARRAY{list(FUNNEL_STAGES)}) AND (r.cycle = 1 OR NOT r.re_engaged)
        AND (r.stage <> 'mql' OR {MQL_OF_A_MONTH}) AND r.entered_at >= :start AND r.entered_at < :end) entered
    GROUP BY stage
""")  # noqa: S608


async def entries(tx: Connection, start: datetime, end: datetime) -> dict[str, int]:
    """Leads that entered each stage in the period, as the activity funnel counts them; of MQLs, those of a month."""
    return {row["stage"]: row["count"] for row in await select(tx, _ENTRIES, {"start": start, "end": end})}
