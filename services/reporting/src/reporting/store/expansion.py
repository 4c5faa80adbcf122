"""Existing customers by the score of the expansion model."""

from collections.abc import Sequence
from typing import Final

from reporting.store.conditions import DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_CUSTOMERS: Final = statement("""
    WITH bought AS (
        SELECT s.lead, s.domain, d.churned_at IS NULL AS goes_on
        FROM deal d JOIN contact k USING (deal) JOIN standing s ON s.lead = k.lead
        WHERE d.state = 'won' OR d.churned_at IS NOT NULL),
    scored AS (
        SELECT s.lead, s.domain, s.body -> 'signals' AS signals,
               CASE WHEN s.body ->> 'model' = :model THEN s.total ELSE CAST(jsonb_path_query_first(
                   s.body, '$.models[*] ? (@.model == $model).total', jsonb_build_object('model', CAST(:model AS text))
               ) AS bigint) END AS expansion,
               coalesce(CAST(s.body -> 'facts' ->> 'customer' AS boolean), false)
                   OR coalesce(s.domain = ANY (CAST(:named AS text[])), false) AS listed,
               EXISTS (SELECT FROM bought b WHERE b.goes_on AND b.lead = s.lead)
                   OR EXISTS (SELECT FROM bought b WHERE b.goes_on AND b.domain = s.domain) AS lives,
               EXISTS (SELECT FROM bought b WHERE NOT b.goes_on AND b.lead = s.lead)
                   OR EXISTS (SELECT FROM bought b WHERE NOT b.goes_on AND b.domain = s.domain) AS ended
        FROM standing s)
    SELECT c.id, c.name, c.email, c.title, c.company, c.stage, c.status, c.owner, c.last_engaged, c.assignment,
           scored.domain, scored.expansion, scored.signals, scored.listed, scored.lives, scored.ended
    FROM scored JOIN lead_card c ON c.id = scored.lead
    WHERE scored.expansion >= :least AND (scored.listed OR scored.lives)
          AND (c.erased_at IS NULL OR c.email IS NOT NULL)
    ORDER BY scored.expansion DESC, c.last_engaged DESC NULLS LAST, c.id
""")


async def customers(tx: Connection, model: str, least: int, named: Sequence[str]) -> list[DatabaseRow]:
    """People with at least this total of the model who may be customers, the best first.

    What agreement.customers asks for stands beside each: `listed` by a fact or by `named`, domains; `lives` and
    `ended` by deals of the person or the company.
    """
    return await select(tx, _CUSTOMERS, {"model": model, "least": least, "named": list(named)})
