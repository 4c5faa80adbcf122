"""The first touch of each lead, by either side and not by a machine: what says whose touch a deal came from."""

from collections.abc import Collection
from typing import Final

from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.database.upsert import given_rows

_COLUMNS: Final = {"lead": "text", "event": "text", "at": "timestamptz", "side": "text", "machine": "boolean"}
_FIRST_OF: Final = "SELECT DISTINCT ON (lead) lead, event, at, side FROM {} ORDER BY lead, at, event"
_PUT: Final = f"""
    INSERT INTO first_touch (lead, event, at, side) {_FIRST_OF}
    ON CONFLICT (lead) DO UPDATE SET event = excluded.event, at = excluded.at, side = excluded.side
"""
KEEP_FIRST: Final = f"""
    first_touches AS (
        {_PUT.format(f"{given_rows('touch', _COLUMNS)} WHERE NOT machine")}
        WHERE (excluded.at, excluded.event) < (first_touch.at, first_touch.event))
"""
"""A part of the statement that saves touches. They come in any order: an earlier one takes the place of a later one."""
_FIND_AGAIN: Final = statement(f"""
    WITH gone AS (
        DELETE FROM first_touch WHERE lead = ANY (CAST(:leads AS text[]))
        AND NOT EXISTS (SELECT FROM touch t WHERE t.lead = first_touch.lead AND NOT t.machine))
    {_PUT.format("touch WHERE lead = ANY (CAST(:leads AS text[])) AND NOT machine")}
""")  # noqa: S608


async def find_again(tx: Connection, leads: Collection[str]) -> None:
    """Finds the first touch of leads of which one was judged again: that may be the first now, or no longer."""
    await tx.execute(_FIND_AGAIN, {"leads": sorted(leads)})
