"""Where leads are: how many stand alike, the leads of such a group, and what waits for a manager."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from events.vocabulary import Stage, Status
from reporting.store.conditions import COUNTS, DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement


@dataclass(frozen=True, slots=True)
class LeadsAlike:
    """Leads of which stage, status, and whether they have an owner, a segment, a reason, are the same."""

    stands: str
    """As the column `stands` of `place` says it."""
    stage: Stage
    status: Status
    owned: bool
    segmented: bool
    reasoned: bool
    young: bool
    """They have not yet had their first minute."""
    leads: int

    @classmethod
    def read(cls, row: DatabaseRow) -> Self:
        """From a row with `stands`, `young` and `leads`."""
        stage, status, owned, segmented, reasoned = row["stands"].split(" ")
        return cls(
            row["stands"], stage, status, owned != "-", segmented != "-", reasoned != "-", row["young"], row["leads"]
        )


_NOT_COUNTED: Final = "SELECT lead FROM stray UNION ALL SELECT lead FROM person WHERE erased_at IS NOT NULL"
_NOWHERE: Final = "lead new - - -"
"""How a lead stands about which routing has said nothing, as `place.stands` says it: stage, status, and whether it has
an owner, a segment, a reason."""
_GROUPS = statement(f"""
    WITH left_out AS MATERIALIZED ({_NOT_COUNTED}),
    fresh AS MATERIALIZED (
        SELECT j.lead, p.stands FROM journey j LEFT JOIN place p USING (lead)
        WHERE j.captured_at >= :young AND j.lead NOT IN (SELECT lead FROM left_out)),
    said AS (
        SELECT stands, count(*) AS n FROM place GROUP BY stands
        UNION ALL
        SELECT stands, -count(*) FROM place WHERE lead IN (SELECT lead FROM left_out UNION SELECT lead FROM fresh)
        GROUP BY stands)
    SELECT stands, false AS young, CAST(sum(n) AS bigint) AS leads FROM said GROUP BY stands HAVING sum(n) > 0
    UNION ALL
    SELECT '{_NOWHERE}', false, n FROM (
        SELECT (SELECT count(*) FROM journey) - (SELECT count(*) FROM fresh)
               - (SELECT count(*) FROM journey WHERE lead IN (SELECT lead FROM left_out))
               - CAST(coalesce((SELECT sum(n) FROM said), 0) AS bigint) AS n) AS silent
    WHERE n > 0
    UNION ALL
    SELECT coalesce(stands, '{_NOWHERE}'), true, count(*) FROM fresh GROUP BY 1
""")  # noqa: S608
"""Counted from the index of `stands`; those that are not counted, and the young, are few and looked up."""
_ALIKE: Final = "unnest(CAST(:stands AS text[]), CAST(:young_ones AS boolean[])) AS alike(stands, young)"
_IS_ALIKE: Final = "alike.stands = one.stands AND alike.young = (one.captured_at >= :young)"
_IN_ORDER: Final = f"""
    WHERE one.lead NOT IN ({_NOT_COUNTED}) ORDER BY one.captured_at, one.lead
"""
_CARDS: Final = """
    SELECT c.id, c.email, c.name, c.company, c.stage, c.status, c.owner, c.why, c.since, c.captured_at
    FROM listed JOIN lead_card c ON c.id = listed.lead ORDER BY c.captured_at, c.id
"""
_OLDEST: Final = 2000
"""So many of the oldest leads are looked at one by one, where the groups have as many."""
_AMONG_OLDEST = statement(f"""
    WITH oldest AS MATERIALIZED (
        SELECT j.lead, j.captured_at FROM journey j ORDER BY j.captured_at, j.lead LIMIT {_OLDEST}),
    listed AS MATERIALIZED (
        SELECT one.lead, one.captured_at
        FROM (SELECT o.lead, o.captured_at, coalesce(p.stands, '{_NOWHERE}') AS stands
              FROM oldest o LEFT JOIN LATERAL (SELECT p.stands FROM place p WHERE p.lead = o.lead OFFSET 0) p ON true
             ) AS one JOIN {_ALIKE} ON {_IS_ALIKE} {_IN_ORDER} LIMIT :limit OFFSET :offset)
    {_CARDS}
""")  # noqa: S608
_LEADS = statement(f"""
    WITH listed AS MATERIALIZED (
        SELECT one.lead, one.captured_at
        FROM (SELECT j.lead, j.captured_at, p.stands FROM place p JOIN journey j USING (lead)
              WHERE p.stands = ANY (CAST(:stands AS text[]))
              UNION ALL
              SELECT j.lead, j.captured_at, '{_NOWHERE}' FROM journey j
              WHERE '{_NOWHERE}' = ANY (CAST(:stands AS text[]))
                    AND NOT EXISTS (SELECT FROM place p WHERE p.lead = j.lead)) AS one
        JOIN {_ALIKE} ON {_IS_ALIKE} {_IN_ORDER} LIMIT :limit OFFSET :offset)
    {_CARDS}
""")  # noqa: S608
_WAITING: Final = f"""
    FROM place p WHERE p.manager IS NOT NULL AND (CAST(:manager AS text) IS NULL OR p.manager = :manager)
    AND {COUNTS.format("p")}
"""
_DECISIONS = statement(f"""
    SELECT c.id AS lead, c.name, c.company, c.stage, c.status, c.total, c.band, c.owner, p.assignment, p.manager,
           p.decision AS why, p.decision_since AS since, p.choices, p.pool, p.candidates
    FROM (SELECT p.lead {_WAITING} ORDER BY p.decision_since, p.lead LIMIT :limit OFFSET :offset) page
    JOIN place p USING (lead) JOIN lead_card c ON c.id = p.lead ORDER BY p.decision_since, c.id
""")  # noqa: S608
_TO_DECIDE = statement(f"SELECT count(*) {_WAITING}")


async def groups(tx: Connection, young: datetime) -> list[LeadsAlike]:
    """How many leads stand alike; `young`: those captured since have not yet had their first minute."""
    return [LeadsAlike.read(row) for row in await select(tx, _GROUPS, {"young": young})]


async def leads(
    tx: Connection, young: datetime, alike: Sequence[LeadsAlike], limit: int, offset: int
) -> list[DatabaseRow]:
    """The leads of these groups, the oldest first."""
    if not alike:
        return []
    given = {"stands": [one.stands for one in alike], "young_ones": [one.young for one in alike], "young": young}
    page = {**given, "limit": limit, "offset": offset}
    if sum(one.leads for one in alike) >= _OLDEST and len(rows := await select(tx, _AMONG_OLDEST, page)) == limit:
        return rows
    return await select(tx, _LEADS, page)


async def decisions(tx: Connection, manager: str | None, limit: int, offset: int) -> list[DatabaseRow]:
    """What waits for a manager, or for any; the oldest first."""
    return await select(tx, _DECISIONS, {"manager": manager, "limit": limit, "offset": offset})


async def to_decide(tx: Connection, manager: str | None) -> int:
    """How many leads `decisions` lists, without a limit."""
    (row,) = await select(tx, _TO_DECIDE, {"manager": manager})
    return int(row["count"])
