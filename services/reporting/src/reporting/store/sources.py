"""Reads behind the sources."""

from collections.abc import Mapping
from typing import Any, Final

from reporting.store.conditions import SAME, TRAFFIC, DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_SPENDER: Final = r"lower(regexp_replace(btrim(coalesce(source, campaign)), '\s+', ' ', 'g'))"
"""The source that was paid for, by the same spelling as that of leads."""
_COHORT: Final = f"c.captured_at >= :start AND c.captured_at < :end AND {SAME}"
"""Which journeys are those of the leads that became known in the period."""
_GROUP: Final = (
    f"CASE CAST(:by AS text) WHEN 'traffic' THEN {TRAFFIC} WHEN 'campaign' THEN c.campaign ELSE c.source END"
)
_SOURCES: Final = statement(f"""
    SELECT {_GROUP} AS source, count(*) AS leads, count(c.mql_at) AS mqls, count(c.sql_at) AS sqls,
           count(c.won_at) AS won
    FROM lead_journey c WHERE {_COHORT} GROUP BY 1
""")  # noqa: S608
_SELF_REPORTED: Final = statement(f"""
    SELECT {_GROUP} AS source, min(named.answer) AS answer, count(DISTINCT c.id) AS leads
    FROM lead_journey c, unnest(c.self_reported) AS named(answer)
    WHERE c.self_reported IS NOT NULL AND {_COHORT}
    GROUP BY 1, lower(named.answer) ORDER BY leads DESC, answer
""")  # noqa: S608
_SOLD: Final = statement(f"""
    SELECT {_GROUP} AS source, d.amount, d.currency,
           CASE WHEN d.currency <> :currency THEN d.closed_at END AS closed_at, count(*) AS deals
    FROM (SELECT d.lead, d.amount, d.currency, d.closed_at FROM deal_card d
          WHERE d.state = 'won' AND (CAST(:product AS text) IS NULL OR d.product = :product) OFFSET 0) d
    CROSS JOIN LATERAL (SELECT * FROM lead_journey WHERE id = d.lead OFFSET 0) c
    WHERE {_COHORT} GROUP BY 1, 2, 3, 4
""")  # noqa: S608
"""Of each won deal its contact is looked up: joined, PostgreSQL reads all leads of the days for some hundred deals."""
_SPENT: Final = statement(rf"""
    SELECT CASE CAST(:by AS text) WHEN 'campaign' THEN campaign ELSE {_SPENDER} END AS source, currency,
           CASE WHEN currency <> :currency THEN starts END AS starts,
           sum(amount * greatest(0, least(ends, CAST(:until AS date)) - greatest(starts, CAST(:first AS date)))
               / greatest(1, ends - starts)) AS amount
    FROM spend WHERE starts < CAST(:until AS date) AND ends > CAST(:first AS date)
      AND (CAST(:source AS text) IS NULL OR {_SPENDER} = :source)
      AND (CAST(:campaign AS text) IS NULL OR campaign = :campaign)
    GROUP BY 1, 2, 3
""")  # noqa: S608


async def sources(tx: Connection, filters: Mapping[str, Any]) -> list[DatabaseRow]:
    """A row for each first-touch source of the leads of the period; `by` traffic, for each class of it."""
    return await select(tx, _SOURCES, filters)


async def self_reported(tx: Connection, filters: Mapping[str, Any]) -> list[DatabaseRow]:
    """What the people themselves answered to where they had heard of us, by tracked source; case does not matter."""
    return await select(tx, _SELF_REPORTED, filters)


async def sold(tx: Connection, filters: Mapping[str, Any]) -> list[DatabaseRow]:
    """Their won deals by source of the primary contact, as groups of equal ones (`deals` of them)."""
    return await select(tx, _SOLD, filters)


async def spent(tx: Connection, filters: Mapping[str, Any]) -> list[DatabaseRow]:
    """What was spent on each source in the period, in minor units of its currency, also on sources without a lead.

    `starts` is null where the currency is the house's: no rate depends on it.
    """
    return await select(tx, _SPENT, filters)
