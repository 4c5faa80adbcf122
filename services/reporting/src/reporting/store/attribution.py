"""Reads for attribution: won deals, their milestones, and the touches of their leads."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from reporting.store.conditions import SAME, DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_WON: Final = statement(f"""
    SELECT d.lead, d.deal, d.amount, d.currency, d.closed_at AS closing, c.captured_at AS lead_created,
           (SELECT max(e.entered_at) FROM entry e WHERE e.lead = d.lead AND e.stage = 'mql' AND NOT e.withdrawn
                   AND e.entered_at <= d.closed_at) AS mql, d.opened_at AS opportunity, c.name, c.company
    FROM deal d JOIN lead_card c ON c.id = d.lead
    WHERE d.state = 'won' AND d.amount IS NOT NULL AND d.currency = :currency
      AND d.closed_at >= :start AND d.closed_at < :end AND {SAME}
    ORDER BY d.closed_at, d.lead, d.deal
""")  # noqa: S608
_TOUCHES = statement("""
    SELECT lead, event, at, side, kind, source, campaign FROM touch
    WHERE lead = ANY (CAST(:leads AS text[])) AND NOT machine ORDER BY lead, at, event
""")


async def won(tx: Connection, filters: Mapping[str, Any]) -> list[DatabaseRow]:
    """Deals won in the period in one currency, with the milestones of their leads."""
    return await select(tx, _WON, filters)


async def touches(tx: Connection, leads: Sequence[str]) -> dict[str, list[DatabaseRow]]:
    """By lead, oldest first; what bots did is left out."""
    rows: dict[str, list[DatabaseRow]] = {}
    for row in await select(tx, _TOUCHES, {"leads": list(leads)}):
        rows.setdefault(row["lead"], []).append(row)
    return rows
