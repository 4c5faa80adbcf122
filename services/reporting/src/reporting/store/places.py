"""Where leads are: how many stand alike, the leads of such a group, and what waits for a manager."""

from collections.abc import Sequence
from datetime import datetime

import orjson

from reporting.store.conditions import DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_ALIKE = """
    SELECT c.id, c.stage, c.status, c.owner IS NOT NULL AS owned, c.nurture IS NOT NULL AS segmented,
           c.why IS NOT NULL AS reasoned, c.captured_at >= CAST(:young AS timestamptz) AS young
    FROM lead_card c WHERE c.erased_at IS NULL
"""
_GROUPS = statement(f"""
    SELECT stage, status, owned, segmented, reasoned, young, count(*) AS leads FROM ({_ALIKE}) one
    GROUP BY stage, status, owned, segmented, reasoned, young
""")  # noqa: S608
_LEADS = statement(f"""
    SELECT c.id, c.email, c.name, c.company, c.stage, c.status, c.owner, c.why, c.since, c.captured_at
    FROM (SELECT id FROM ({_ALIKE}) one JOIN jsonb_to_recordset(CAST(:groups AS jsonb))
              AS g (stage text, status text, owned boolean, segmented boolean, reasoned boolean, young boolean)
              USING (stage, status, owned, segmented, reasoned, young)) astray
    JOIN lead_card c USING (id) ORDER BY c.captured_at, c.id LIMIT :limit OFFSET :offset
""")  # noqa: S608
_DECISIONS = statement("""
    SELECT c.id AS lead, c.name, c.company, c.stage, c.status, c.total, c.band, c.owner, p.assignment, p.manager,
           p.decision AS why, p.decision_since AS since, p.choices, p.pool, p.candidates
    FROM place p JOIN lead_card c ON c.id = p.lead
    WHERE p.manager IS NOT NULL AND (CAST(:manager AS text) IS NULL OR p.manager = :manager)
    ORDER BY p.decision_since, c.id LIMIT :limit OFFSET :offset
""")


async def groups(tx: Connection, young: datetime) -> list[DatabaseRow]:
    """How many leads stand alike; `young`: those captured since have not yet had their first minute."""
    return await select(tx, _GROUPS, {"young": young})


async def leads(
    tx: Connection, young: datetime, alike: Sequence[DatabaseRow], limit: int, offset: int
) -> list[DatabaseRow]:
    """The leads of these groups, the oldest first."""
    if not alike:
        return []
    groups = orjson.dumps([{name: value for name, value in one.items() if name != "leads"} for one in alike]).decode()
    return await select(tx, _LEADS, {"young": young, "groups": groups, "limit": limit, "offset": offset})


async def decisions(tx: Connection, manager: str | None, limit: int, offset: int) -> list[DatabaseRow]:
    """What waits for a manager, or for any; the oldest first."""
    return await select(tx, _DECISIONS, {"manager": manager, "limit": limit, "offset": offset})
