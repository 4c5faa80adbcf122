"""Who met what of the content library: a row for each lead and asset (`met`), and how many by persona (`audience`).

Both are moved by the batch that moves a lead, in its transaction. Each lane adds up rows of its own in `audience`: no
lane waits for another, and their sums are what `met` has.
"""

from collections.abc import Sequence
from typing import Final

from reporting.store.conditions import MET, DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_REFRESH: Final = statement(f"""
    WITH fresh AS MATERIALIZED (
        SELECT t.lead, t.asset, c.persona, count(*) AS times, min(t.at) AS first_at, max(t.at) AS last_at
        FROM touch t JOIN journey c USING (lead)
        WHERE t.lead = ANY (CAST(:leads AS text[])) AND {MET} GROUP BY t.lead, t.asset, c.persona),
    old AS MATERIALIZED (SELECT lead, asset, persona, times FROM met WHERE lead = ANY (CAST(:leads AS text[]))),
    gone AS (
        DELETE FROM met WHERE lead = ANY (CAST(:leads AS text[]))
        AND NOT EXISTS (SELECT FROM fresh WHERE fresh.lead = met.lead AND fresh.asset = met.asset)),
    kept AS (
        INSERT INTO met (lead, asset, persona, times, first_at, last_at)
        SELECT lead, asset, persona, times, first_at, last_at FROM fresh ORDER BY lead, asset
        ON CONFLICT (lead, asset) DO UPDATE SET (persona, times, first_at, last_at)
            = ROW (excluded.persona, excluded.times, excluded.first_at, excluded.last_at)
        WHERE met IS DISTINCT FROM excluded)
    INSERT INTO audience AS a (p, asset, persona, people, times)
    SELECT CAST(:lane AS int), asset, persona, sum(people), sum(times)
    FROM (SELECT asset, persona, 1 AS people, times FROM fresh
          UNION ALL SELECT asset, persona, -1, -times FROM old) AS moved
    GROUP BY asset, persona HAVING sum(people) <> 0 OR sum(times) <> 0 ORDER BY asset, persona
    ON CONFLICT (p, asset, persona) DO UPDATE SET people = a.people + excluded.people, times = a.times + excluded.times
""")  # noqa: S608
_AUDIENCES: Final = statement("""
    SELECT a.asset, a.persona, a.people, a.touches,
           (SELECT max(last_at) FROM met WHERE met.asset = a.asset) AS last_at
    FROM (SELECT asset, persona, CAST(sum(people) AS bigint) AS people, CAST(sum(times) AS bigint) AS touches
          FROM audience GROUP BY asset, persona) a
    WHERE a.people > 0 ORDER BY a.asset, a.people DESC, a.persona
""")
_OF_SOME: Final = statement("""
    SELECT m.asset, m.persona, count(*) AS people, CAST(sum(m.times) AS bigint) AS touches,
           max(max(m.last_at)) OVER (PARTITION BY m.asset) AS last_at
    FROM met m GROUP BY m.asset, m.persona ORDER BY m.asset, people DESC, m.persona
""")


async def refresh(tx: Connection, lane: int, leads: Sequence[str]) -> None:
    """Counts anew what these leads met; the rows of the batch, and their journeys, are saved already."""
    if leads:
        await tx.execute(_REFRESH, {"lane": lane, "leads": list(leads)})


async def audiences(tx: Connection, *, whole: bool) -> dict[str, list[DatabaseRow]]:
    """By asset, how many `people` of each persona met it (`persona` null: not known) and how often; when it was last
    met by anybody. `whole`: whoever reads may see every lead; else those are counted that they may see.
    """
    rows: dict[str, list[DatabaseRow]] = {}
    for row in await select(tx, _AUDIENCES if whole else _OF_SOME):
        rows.setdefault(row.pop("asset"), []).append(row)
    return rows
