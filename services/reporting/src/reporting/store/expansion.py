"""Existing customers by the score of the expansion model."""

from collections.abc import Sequence
from typing import Final

from reporting.store.conditions import DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_CUSTOMERS: Final = statement("""
    WITH bought AS (
        SELECT s.domain FROM deal d JOIN contact k USING (deal) JOIN standing s ON s.lead = k.lead
        WHERE d.state = 'won' AND s.domain IS NOT NULL),
    scored AS (
        SELECT s.lead, s.domain, s.body -> 'signals' AS signals,
               CASE WHEN s.body ->> 'model' = :model THEN s.total ELSE CAST(jsonb_path_query_first(
                   s.body, '$.models[*] ? (@.model == $model).total', jsonb_build_object('model', CAST(:model AS text))
               ) AS bigint) END AS expansion
        FROM standing s
        WHERE CAST(s.body -> 'facts' ->> 'customer' AS boolean) OR s.domain = ANY (CAST(:named AS text[]))
              OR s.domain IN (SELECT domain FROM bought))
    SELECT c.id, c.name, c.email, c.title, c.company, c.stage, c.status, c.owner, c.last_engaged, c.assignment,
           scored.domain, scored.expansion, scored.signals
    FROM scored JOIN lead_card c ON c.id = scored.lead
    WHERE scored.expansion >= :least AND (c.erased_at IS NULL OR c.email IS NOT NULL)
    ORDER BY scored.expansion DESC, c.last_engaged DESC NULLS LAST, c.id
""")


async def customers(tx: Connection, model: str, least: int, named: Sequence[str]) -> list[DatabaseRow]:
    """People of customers with at least this total of the model, the best first.

    A customer is who is known as one, whose domain is among `named`, or whose company has a won deal.
    """
    return await select(tx, _CUSTOMERS, {"model": model, "least": least, "named": list(named)})
