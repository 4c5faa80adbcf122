"""Reads of the content library: who met each asset, by persona, the deals it was in, and what sales says of it."""

from typing import Final

from agreement.content import LibraryAsset
from reporting.store.conditions import MENTIONED, MET, PERSONA_OF, DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_MET: Final = f"SELECT t.asset, t.lead, t.at FROM touch t JOIN lead_card c ON c.id = t.lead WHERE {MET}"  # noqa: S608
_ASSETS: Final = statement(f"""
    WITH met AS ({_MET}),
    won AS (
        SELECT d.deal, d.closed_at, k.lead FROM deal d JOIN contact k USING (deal) WHERE d.state = 'won'),
    in_won AS (
        SELECT asset, count(DISTINCT deal) AS won_deals FROM (
            SELECT m.asset, w.deal FROM met m JOIN won w ON w.lead = m.lead AND m.at <= w.closed_at
            UNION
            SELECT {MENTIONED.format("mention")}, w.deal
            FROM won w JOIN survey s USING (deal), jsonb_array_elements_text(s.content) mention
        ) AS either GROUP BY asset),
    used AS (
        SELECT asset, count(*) AS touches, count(DISTINCT lead) AS people, max(at) AS last_at FROM met GROUP BY asset),
    rated AS (
        SELECT asset, count(*) FILTER (WHERE used) AS used, count(*) FILTER (WHERE NOT used) AS not_used,
               count(*) AS ratings
        FROM (SELECT DISTINCT ON (asset, coalesce(by, event)) * FROM content_note WHERE kind = 'rated'
              ORDER BY asset, coalesce(by, event), at DESC, recorded_at DESC, length(event) DESC, event DESC) AS latest
        GROUP BY asset),
    assets AS (SELECT asset FROM content UNION SELECT asset FROM used UNION SELECT asset FROM rated)
    SELECT a.asset, c.kind, c.title, c.published_at, c.url, c.persona, c.stage, c.until,
           coalesce(u.touches, 0) AS touches, coalesce(u.people, 0) AS people,
           u.last_at, coalesce(w.won_deals, 0) AS won_deals, coalesce(r.ratings, 0) AS ratings,
           coalesce(r.used, 0) AS used, coalesce(r.not_used, 0) AS not_used
    FROM assets a LEFT JOIN content c USING (asset) LEFT JOIN used u USING (asset) LEFT JOIN in_won w USING (asset)
    LEFT JOIN rated r USING (asset)
    ORDER BY coalesce(w.won_deals, 0) DESC, coalesce(u.people, 0) DESC, a.asset
""")  # noqa: S608
_PERSONAS: Final = statement(f"""
    WITH met AS (SELECT DISTINCT asset, lead FROM ({_MET}) AS m)
    SELECT m.asset, {PERSONA_OF} AS persona, count(*) AS people
    FROM met m LEFT JOIN standing s ON s.lead = m.lead GROUP BY 1, 2 ORDER BY m.asset, count(*) DESC, persona
""")  # noqa: S608
_LIBRARY: Final = statement("SELECT asset, kind, title, published_at, url, persona, stage, until FROM content")


async def assets(tx: Connection) -> list[DatabaseRow]:
    """Each asset once, published or not: who met it, in how many won deals it was, what sales says of it."""
    return await select(tx, _ASSETS)


async def personas(tx: Connection) -> dict[str, list[DatabaseRow]]:
    """By asset, how many people of each persona met it (`persona` null: not known); the most first."""
    rows: dict[str, list[DatabaseRow]] = {}
    for row in await select(tx, _PERSONAS):
        rows.setdefault(row.pop("asset"), []).append(row)
    return rows


async def library(tx: Connection) -> list[LibraryAsset]:
    """All that is published, out of date or not."""
    return [LibraryAsset(*row) for row in await tx.execute(_LIBRARY)]
