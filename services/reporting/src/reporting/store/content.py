"""Reads of the content library: the deals each asset was in, and what sales says of it."""

from collections.abc import Iterable
from typing import Final

from agreement.content import LibraryAsset
from agreement.readers.traffic import source_name
from reporting.store.conditions import MENTIONED, DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_ASSETS: Final = statement(f"""
    WITH won AS (
        SELECT d.deal, d.closed_at, k.lead FROM deal d JOIN contact k USING (deal) WHERE d.state = 'won'),
    in_won AS (
        SELECT asset, count(DISTINCT deal) AS won_deals FROM (
            SELECT m.asset, w.deal FROM won w CROSS JOIN LATERAL (
                SELECT asset FROM met WHERE met.lead = w.lead AND met.first_at <= w.closed_at OFFSET 0) m
            UNION
            SELECT {MENTIONED.format("mention")}, w.deal
            FROM won w JOIN (SELECT DISTINCT deal FROM survey) AS answers USING (deal)
            JOIN counted_survey s USING (deal), jsonb_array_elements_text(s.content) mention
        ) AS either GROUP BY asset),
    rated AS (
        SELECT asset, count(*) FILTER (WHERE used) AS used, count(*) FILTER (WHERE NOT used) AS not_used,
               count(*) AS ratings
        FROM (SELECT DISTINCT ON (asset, coalesce(by, event)) * FROM content_note WHERE kind = 'rated'
              ORDER BY asset, coalesce(by, event), at DESC, recorded_at DESC, length(event) DESC, event DESC) AS latest
        GROUP BY asset),
    assets AS (SELECT asset FROM content UNION SELECT unnest(CAST(:met AS text[])) UNION SELECT asset FROM rated)
    SELECT a.asset, c.kind, c.title, c.published_at, c.url, c.persona, c.stage, c.until,
           coalesce(w.won_deals, 0) AS won_deals, coalesce(r.ratings, 0) AS ratings,
           coalesce(r.used, 0) AS used, coalesce(r.not_used, 0) AS not_used
    FROM assets a LEFT JOIN content c USING (asset) LEFT JOIN in_won w USING (asset) LEFT JOIN rated r USING (asset)
""")  # noqa: S608
_LIBRARY: Final = statement("SELECT asset, kind, title, published_at, url, persona, stage, until FROM content")


async def assets(tx: Connection, met: Iterable[str]) -> list[DatabaseRow]:
    """Each asset once, published or `met` or neither: in how many won deals it was, what sales says of it."""
    return await select(tx, _ASSETS, {"met": list(met)})


async def library(tx: Connection) -> list[LibraryAsset]:
    """All that is published, out of date or not."""
    return [LibraryAsset(*row) for row in await tx.execute(_LIBRARY)]


_SPELLINGS: Final = statement("""
    WITH RECURSIVE each AS (
        (SELECT asset FROM met ORDER BY asset LIMIT 1)
        UNION ALL SELECT (SELECT m.asset FROM met m WHERE m.asset > each.asset ORDER BY m.asset LIMIT 1)
        FROM each WHERE each.asset IS NOT NULL)
    SELECT asset FROM each WHERE asset IS NOT NULL UNION SELECT asset FROM content
""")
"""A look into the index for each asset, however many people met it."""


async def spellings(tx: Connection, asset: str) -> list[str]:
    """How the asset is written that a reader means: so, else as the door compares names (`source_name`).

    What nobody met is looked for as it is written: a survey alone may name it.
    """
    known = [row["asset"] for row in await select(tx, _SPELLINGS)]
    if asset in known:
        return [asset]
    return [one for one in known if source_name(one) == source_name(asset)] or [asset]
