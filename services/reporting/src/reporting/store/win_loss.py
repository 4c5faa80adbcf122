"""Reads behind wins and losses: what was answered about the deals that closed in a period."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from reporting.store.conditions import DatabaseRow, select
from reporting.store.deals import IS_COUNTED, OF_ALL_DEALS
from runtime.database.connection import Connection
from runtime.database.statement import statement

_OF_PERIOD: Final = f"""
    LEFT JOIN lead_journey c ON c.id = d.lead WHERE d.closed_at >= :start AND d.closed_at < :end AND {IS_COUNTED}
"""
_CLOSED: Final = f"""
    SELECT x.*, d.state, d.amount, d.currency, d.closed_at FROM deal_card d JOIN closing x USING (deal) {_OF_PERIOD}
"""  # noqa: S608
_NAMED: Final = """
    LATERAL (SELECT DISTINCT ON (lower(btrim(one))) one FROM jsonb_array_elements_text({}) one
             WHERE btrim(one) <> '') named
"""
_COUNTS: Final = """
    SELECT count(*) FILTER (WHERE state = 'won') AS won, count(*) FILTER (WHERE state = 'lost') AS lost,
           count(*) FILTER (WHERE surveyed) AS surveyed, count(lead_quality_issue) AS judged,
           count(*) FILTER (WHERE lead_quality_issue) AS lead_quality_issue,
           count(*) FILTER (WHERE state = 'won' AND surveyed) AS won_surveyed, count(champion) AS champions
    FROM closed
"""
_FIGURES: Final = statement(f"""
    WITH closed AS MATERIALIZED ({_CLOSED}), answer AS (
        SELECT 'lost_reason' AS question, reason AS answer, closed.* FROM closed WHERE state = 'lost'
        UNION ALL SELECT 'won_reason', reason, closed.* FROM closed WHERE state = 'won'
        UNION ALL SELECT 'competitor', competitor, closed.* FROM closed WHERE state = 'lost'
        UNION ALL SELECT 'objection', named.one, closed.* FROM closed, {_NAMED.format("objections")}
        UNION ALL SELECT 'content', named.one, closed.* FROM closed, {_NAMED.format("content")}
            WHERE state = 'won')
    SELECT question, min(btrim(answer)) AS answer, amount, currency,
           CASE WHEN currency <> :currency THEN closed_at END AS closed_at, count(*) AS deals, NULL::jsonb AS counts
    FROM answer GROUP BY question, lower(btrim(answer)), amount, currency, 5
    UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL, to_jsonb(counted) FROM ({_COUNTS}) AS counted
""")  # noqa: S608
"""The deals are gone through once."""
_LEFT_OUT: Final = statement("""
    SELECT *, count(*) OVER () AS of FROM survey_left_out ORDER BY at DESC, event LIMIT :limit
""")
_LOST: Final = statement(f"""
    SELECT d.deal, d.amount, d.currency, d.closed_at FROM deal_card d {_OF_PERIOD} AND d.state = 'lost'
    ORDER BY d.closed_at DESC, d.deal
""")  # noqa: S608
_LOSSES: Final = statement("""
    SELECT x.*, d.state, d.amount, d.currency, d.closed_at, d.owner, d.lead AS id, c.name, c.email, c.company
    FROM deal_card d JOIN closing x USING (deal) LEFT JOIN lead_card c ON c.id = d.lead
    WHERE d.deal = ANY (CAST(:deals AS text[])) ORDER BY array_position(CAST(:deals AS text[]), d.deal)
""")


async def figures(tx: Connection, filters: Mapping[str, Any]) -> tuple[DatabaseRow, list[DatabaseRow]]:
    """Deals that closed in the period: `won`, `lost`, those with a survey, and what the surveys say by yes and no.

    And the same deals by `question` and `answer` (null: not said), as groups of equal ones (`deals` of them). Case does
    not matter. `closed_at` is null where the currency is the house's: no rate depends on it.
    """
    rows = await select(tx, _FIGURES, {**OF_ALL_DEALS, **filters})
    (counts,) = (row["counts"] for row in rows if row["counts"] is not None)
    return counts, [row for row in rows if row.pop("counts") is None]


async def lost(tx: Connection, filters: Mapping[str, Any]) -> list[DatabaseRow]:
    """The lost deals one by one with what they were worth; the latest first."""
    return await select(tx, _LOST, {**OF_ALL_DEALS, **filters})


async def losses(tx: Connection, some: Sequence[str]) -> list[DatabaseRow]:
    """These deals, in this order, with what was answered about each."""
    return await select(tx, _LOSSES, {"deals": list(some)})


async def left_out(tx: Connection, limit: int) -> list[DatabaseRow]:
    """So many surveys, the latest first, of deals that did not end as they say: `state` is what the deal is.

    `unreported`: no fact tells of such a deal. `of`: how many there are.
    """
    return await select(tx, _LEFT_OUT, {"limit": limit})
