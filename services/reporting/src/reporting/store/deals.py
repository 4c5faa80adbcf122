"""Reads of deals: their list, one with all that hangs on it, and groups of equal ones to be added up."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from reporting.store.conditions import SAME, DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_DEALS: Final = statement(f"""
    SELECT d.*, c.name, c.company FROM deal_card d LEFT JOIN lead_card c ON c.id = d.lead
    WHERE {SAME} AND (CAST(:product AS text) IS NULL OR d.product = :product)
      AND (CAST(:state AS text) IS NULL OR d.state = :state)
      AND (NOT CAST(:dated AS boolean) OR d.state = 'open' OR (d.closed_at >= :start AND d.closed_at < :end))
      AND (CAST(:deal AS text) IS NULL OR d.deal = :deal)
    ORDER BY coalesce(d.closed_at, d.opened_at) DESC NULLS LAST, d.deal
""")  # noqa: S608
_CONTACTS = statement("""
    SELECT DISTINCT ON (k.deal, k.lead) k.deal, k.lead AS id, k.at AS since, c.name, c.email, c.company
    FROM contact k JOIN lead_card c ON c.id = k.lead
    WHERE k.deal = ANY (CAST(:deals AS text[])) ORDER BY k.deal, k.lead, k.at
""")
_STEPS = statement("""
    SELECT DISTINCT ON (at, kind, message_id, by, amount) at, kind, lead, by, amount, currency, product, stage,
           expected_close, reason, competitor, event
    FROM deal_step WHERE deal = :deal ORDER BY at, kind, message_id, by, amount, merged, recorded_at
""")
"""A merge says a fact once more, about the winner: one of the two is shown."""
_GROUPS = statement("""
    SELECT state, amount, currency, closed_at, count(*) AS deals FROM (
        SELECT state, amount, currency, CASE WHEN currency <> :currency THEN closed_at END AS closed_at FROM deal
        WHERE state = 'open' OR (closed_at >= :start AND closed_at < :end)) AS grouped
    GROUP BY state, amount, currency, closed_at
""")


async def deals(tx: Connection, filters: Mapping[str, Any]) -> list[DatabaseRow]:
    """Each deal once, with its primary contact as `lead`: open ones, and those that closed in the period."""
    return await select(tx, _DEALS, filters)


async def contacts(tx: Connection, some: Sequence[str]) -> dict[str, list[DatabaseRow]]:
    """The leads of each deal, in order of their ids."""
    rows: dict[str, list[DatabaseRow]] = {}
    for row in await select(tx, _CONTACTS, {"deals": list(some)}):
        rows.setdefault(row.pop("deal"), []).append(row)
    return rows


async def steps(tx: Connection, deal: str) -> list[DatabaseRow]:
    """The facts of a deal in the order in which they occurred."""
    return await select(tx, _STEPS, {"deal": deal})


_SURVEYS = statement("""
    SELECT at, by, lead, outcome, reason, competitor, content, objections, lead_quality_issue,
           words ->> 'champion' AS champion, words ->> 'could_differ' AS could_differ,
           words ->> 'deal_breaker' AS deal_breaker
    FROM survey WHERE deal = :deal ORDER BY at DESC, recorded_at DESC, event LIMIT 1
""")


async def survey(tx: Connection, deal: str) -> DatabaseRow | None:
    """What was last answered about a deal; null while nobody has."""
    return next(iter(await select(tx, _SURVEYS, {"deal": deal})), None)


async def groups(tx: Connection, start: datetime, end: datetime, currency: str) -> list[DatabaseRow]:
    """Deals that are open now, or closed in the period: how many have equal state, amount, currency, and closing.

    `closed_at` is null where the currency is the house's: no rate depends on it.
    """
    return await select(tx, _GROUPS, {"start": start, "end": end, "currency": currency})
