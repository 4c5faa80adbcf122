"""Reads behind the sources."""

from collections.abc import Mapping
from typing import Any, Final

from reporting.store.conditions import SAME, TRAFFIC, DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_SPENDER: Final = r"lower(regexp_replace(btrim(coalesce(source, campaign)), '\s+', ' ', 'g'))"
"""The source that was paid for, by the same spelling as that of leads."""
_COHORT: Final = f"SELECT c.* FROM lead_card c WHERE c.captured_at >= :start AND c.captured_at < :end AND {SAME}"  # noqa: S608
_GROUP: Final = f"CASE WHEN CAST(:by AS text) = 'traffic' THEN {TRAFFIC} ELSE c.source END"
_SOURCES: Final = statement(f"""
    WITH cohort AS ({_COHORT}),
    stages AS (
        SELECT {_GROUP} AS source, r.stage, count(DISTINCT c.id) AS n
        FROM cohort c JOIN reached r ON r.lead = c.id AND r.cycle = 1 GROUP BY 1, r.stage)
    SELECT s.source, sum(n) FILTER (WHERE stage = 'lead') AS leads, sum(n) FILTER (WHERE stage = 'mql') AS mqls,
           sum(n) FILTER (WHERE stage = 'sql') AS sqls, sum(n) FILTER (WHERE stage = 'won') AS won
    FROM stages s GROUP BY s.source
""")  # noqa: S608
_SELF_REPORTED: Final = statement(f"""
    WITH cohort AS ({_COHORT})
    SELECT {_GROUP} AS source, min(btrim(claim.value ->> 'value')) AS answer, count(DISTINCT c.id) AS leads
    FROM cohort c JOIN person p ON p.lead = c.id, jsonb_each(p.facts -> 'self_reported_source') AS claim
    WHERE claim.value ->> 'value' IS NOT NULL
    GROUP BY 1, lower(btrim(claim.value ->> 'value')) ORDER BY leads DESC, answer
""")  # noqa: S608
_SOLD: Final = statement(f"""
    WITH cohort AS ({_COHORT})
    SELECT {_GROUP} AS source, d.amount, d.currency,
           CASE WHEN d.currency <> :currency THEN d.closed_at END AS closed_at, count(*) AS deals
    FROM cohort c JOIN deal_card d ON d.lead = c.id AND d.state = 'won' GROUP BY 1, 2, 3, 4
""")  # noqa: S608
_SPENT: Final = statement(rf"""
    SELECT {_SPENDER} AS source, currency, CASE WHEN currency <> :currency THEN starts END AS starts,
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
