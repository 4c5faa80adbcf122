"""Reads behind the trend: entries into a stage, and won deals, by part of the time."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from events.vocabulary import FUNNEL_STAGES
from reporting.store.conditions import COUNTED, SAME, select
from reporting.store.deals import COUNTED_DEALS, OF_ALL_DEALS
from runtime.database.connection import Connection
from runtime.database.statement import statement

_COHORTS: Final = {
    stage: statement(f"""
        SELECT width_bucket(c.captured_at, CAST(:starts AS timestamptz[])) AS part, count(*) AS count
        FROM lead_journey c
        WHERE c.captured_at >= :start AND c.captured_at < :end AND {SAME}
              AND {"true" if stage == "lead" else f"c.{stage}_at IS NOT NULL"}
        GROUP BY part
    """)  # noqa: S608
    for stage in FUNNEL_STAGES
}
_ENTRIES: Final = statement(f"""
    SELECT width_bucket(r.entered_at, CAST(:starts AS timestamptz[])) AS part, count(DISTINCT c.id) AS count
    FROM reached r JOIN lead_journey c ON c.id = r.lead
    WHERE r.stage = :stage AND {COUNTED} AND {SAME} GROUP BY part
""")  # noqa: S608
_WON: Final = statement(f"""
    SELECT part, count(*) AS count FROM (
        SELECT width_bucket(d.closed_at, CAST(:starts AS timestamptz[])) AS part {COUNTED_DEALS}) AS won
    GROUP BY part
""")  # noqa: S608


async def entries(tx: Connection, filters: Mapping[str, Any], starts: Sequence[datetime]) -> dict[int, int]:
    """Leads that entered a stage, as the funnel counts them, by part: number 1 begins at the first of `starts`."""
    wanted = _COHORTS[filters["stage"]] if filters["mode"] == "cohort" else _ENTRIES
    rows = await select(tx, wanted, {**filters, "starts": list(starts)})
    return {row["part"]: row["count"] for row in rows}


async def won(tx: Connection, filters: Mapping[str, Any], starts: Sequence[datetime]) -> dict[int, int]:
    """Deals that were won, by part of the time in which they closed."""
    rows = await select(tx, _WON, {**OF_ALL_DEALS, **filters, "state": "won", "starts": list(starts)})
    return {row["part"]: row["count"] for row in rows}
