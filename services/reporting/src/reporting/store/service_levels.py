"""Reads behind the service levels: clocks, judged commitments, and the entries of a running month."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from reporting.store.conditions import DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_PROMISES = statement("""
    SELECT promise, side, team, grouping(team) = 1 AS whole,
           count(*) FILTER (WHERE state = 'met') AS met, count(*) FILTER (WHERE state = 'late') AS late,
           count(*) FILTER (WHERE state = 'breached') AS breached, count(*) FILTER (WHERE state = 'running') AS running,
           count(*) FILTER (WHERE state = 'system') AS system,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM stopped - started)::float8)
               FILTER (WHERE state IN ('met', 'late')) AS median_seconds
    FROM outcome WHERE started >= :start AND started < :end
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
    """Clocks that started in the period, and facts that occurred in it, by promise (`whole`), and by promise and team.

    Medians are in seconds.
    """
    return await select(tx, _PROMISES, {"start": start, "end": end})


async def commitments(tx: Connection) -> list[DatabaseRow]:
    """The last judgement of each monthly commitment."""
    return await select(tx, _COMMITMENTS)


_LEDGER: Final = """
    SELECT a.lead AS id, c.name, c.email, c.company, a.rep, coalesce(a.return_reason, a.answer) AS answer,
           coalesce(a.returned_at, a.at) AS at, a.source, a.campaign, a.assignment
    FROM answer a LEFT JOIN lead_card c ON c.id = a.lead
    WHERE a.lead_guarantee AND coalesce(a.returned_at, a.at) >= :start AND coalesce(a.returned_at, a.at) < :end
"""
_GUARANTEE = statement(f"SELECT count(*) FROM ({_LEDGER}) owed")  # noqa: S608
_GUARANTEES = statement(f"{_LEDGER} ORDER BY at DESC, a.lead, a.assignment")


async def guarantee(tx: Connection, start: datetime, end: datetime) -> int:
    """Leads that came back in the time and that marketing owes one more for."""
    return int((await tx.execute(_GUARANTEE, {"start": start, "end": end})).scalar_one())


async def guarantees(tx: Connection, start: datetime, end: datetime) -> list[DatabaseRow]:
    """The same leads, the latest first, with who gave them back and when."""
    return await select(tx, _GUARANTEES, {"start": start, "end": end})


_STATUS_UPDATES = statement("""
    SELECT s.lead AS id, c.name, s.kind, s.by, s.team, s.occurred, s.recorded, s.due, s.late, s.target,
           s.fact, CASE WHEN s.late THEN 'late' ELSE 'in_time' END AS verdict
    FROM status_update s LEFT JOIN lead_card c ON c.id = s.lead
    WHERE s.occurred >= :start AND s.occurred < :end
      AND (CAST(:rep AS text) IS NULL OR s.by = :rep) AND (CAST(:team AS text) IS NULL OR s.team = :team)
      AND (CAST(:late AS boolean) IS NULL OR s.late = :late)
    ORDER BY s.occurred DESC, s.fact
""")


async def status_updates(tx: Connection, filters: Mapping[str, Any]) -> list[DatabaseRow]:
    """Facts of sales that occurred in the period, the latest first; `late` null: all of them."""
    return await select(tx, _STATUS_UPDATES, filters)


async def mql_entries(tx: Connection, start: datetime, end: datetime) -> list[tuple[dict[str, Any], int]]:
    """Entries into the stage `mql`: the fields of an `agreement.months.MqlEntry`, and how many are like that."""
    rows = await select(tx, _MQL_ENTRIES, {"start": start, "end": end})
    return [(row, row.pop("entries")) for row in rows]
