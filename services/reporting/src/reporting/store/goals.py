"""Reads behind the goals: what entered each stage."""

from datetime import datetime
from typing import Final

from reporting.store.conditions import COUNTS, MQL_OF_A_MONTH, select
from reporting.store.journeys import STAGES
from runtime.database.connection import Connection
from runtime.database.statement import statement

_ENTERED: Final = f"""
    FROM entry r WHERE {COUNTS.format("r")} AND r.stage = ANY (ARRAY{list(STAGES)}) AND NOT r.withdrawn
    AND (r.stage <> 'mql' OR {MQL_OF_A_MONTH}) AND r.entered_at >= :start AND r.entered_at < :end
"""
_ENTRIES: Final = statement(f"""
    WITH first AS (SELECT r.stage, count(*) AS leads {_ENTERED} AND r.cycle = 1 GROUP BY r.stage),
    again AS (
        SELECT r.stage, count(DISTINCT r.lead) AS leads {_ENTERED} AND r.cycle <> 1 AND NOT r.re_engaged
        AND NOT EXISTS (SELECT {_ENTERED.replace("r.", "f.").replace("entry r", "entry f")}
                        AND f.cycle = 1 AND f.lead = r.lead AND f.stage = r.stage OFFSET 0)
        GROUP BY r.stage)
    SELECT 'lead' AS stage, count(*) AS count FROM journey WHERE captured_at >= :start AND captured_at < :end
    UNION ALL
    SELECT stage, sum(leads)::bigint FROM (SELECT * FROM first UNION ALL SELECT * FROM again) AS entered GROUP BY stage
""")  # noqa: S608
"""Of a first cycle a lead has one entry into a stage, so none is counted twice; later cycles are few, and each is
looked up among the first (`OFFSET 0`: else all of those are read once more)."""


async def entries(tx: Connection, start: datetime, end: datetime) -> dict[str, int]:
    """Leads that entered each stage in the period, as the activity funnel counts them; of MQLs, those of a month."""
    return {row["stage"]: row["count"] for row in await select(tx, _ENTRIES, {"start": start, "end": end})}
