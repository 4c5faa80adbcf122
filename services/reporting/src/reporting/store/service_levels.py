"""Reads behind the service levels: clocks, judged commitments, and the entries of a running month."""

from datetime import datetime
from typing import Any

from reporting.store.conditions import DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_PROMISES = statement("""
    SELECT promise, side, team, grouping(team) = 1 AS whole,
           count(*) FILTER (WHERE state = 'met') AS met, count(*) FILTER (WHERE state = 'late') AS late,
           count(*) FILTER (WHERE state = 'breached') AS breached, count(*) FILTER (WHERE state = 'running') AS running,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM stopped - started)::float8)
               FILTER (WHERE state IN ('met', 'late')) AS median_seconds
    FROM clock WHERE started >= :start AND started < :end
    GROUP BY GROUPING SETS ((promise, side), (promise, side, team)) ORDER BY side, promise, team
""")
_COMMITMENTS = statement("SELECT DISTINCT ON (side, name) * FROM commitment ORDER BY side, name, starts DESC")
_MQL_ENTRIES = statement("""
    SELECT e.implied, e.re_engaged, e.withdrawn, p.merged_into IS NOT NULL AS merged, e.completeness,
           count(*) AS entries
    FROM entry e LEFT JOIN person p USING (lead)
    WHERE e.stage = 'mql' AND e.entered_at >= :start AND e.entered_at < :end
    GROUP BY e.implied, e.re_engaged, e.withdrawn, merged, e.completeness
""")


async def promises(tx: Connection, start: datetime, end: datetime) -> list[DatabaseRow]:
    """Clocks that started in the period, by promise (`whole`) and by promise and team; medians in seconds."""
    return await select(tx, _PROMISES, {"start": start, "end": end})


async def commitments(tx: Connection) -> list[DatabaseRow]:
    """The last judgement of each monthly commitment."""
    return await select(tx, _COMMITMENTS)


_GUARANTEE = statement("SELECT count(*) FROM answer WHERE lead_guarantee AND at >= :start AND at < :end")


async def guarantee(tx: Connection, start: datetime, end: datetime) -> int:
    """Leads that came back in the time and that marketing owes one more for."""
    return int((await tx.execute(_GUARANTEE, {"start": start, "end": end})).scalar_one())


async def mql_entries(tx: Connection, start: datetime, end: datetime) -> list[tuple[dict[str, Any], int]]:
    """Entries into the stage `mql`: the fields of an `agreement.months.MqlEntry`, and how many are like that."""
    rows = await select(tx, _MQL_ENTRIES, {"start": start, "end": end})
    return [(row, row.pop("entries")) for row in rows]
