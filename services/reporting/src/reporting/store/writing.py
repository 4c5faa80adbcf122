"""What the handler needs: the rows of the batch's subjects, and saving what changed."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from events import Event
from reporting.decide import forgotten
from reporting.decide.model import Model
from reporting.store.tables import TABLES

LOADED = {"leads": (), "handoffs": ("place", "entry", "answer"), "sales": ("deal",), "slas": ("clock",)}
"""Per topic the tables whose old rows are needed; `person` is needed by all that carry words."""

_FORGET = text("""
    WITH gone AS (
        SELECT lead, erased_at FROM person
        WHERE lead = ANY (CAST(:leads AS text[])) AND erased_at IS NOT NULL),
    silent AS (
        UPDATE remark SET note = NULL FROM gone
        WHERE remark.lead = gone.lead AND remark.recorded_at <= gone.erased_at AND note IS NOT NULL)
    UPDATE story SET private = NULL FROM gone
    WHERE story.lead = gone.lead AND story.recorded_at <= gone.erased_at AND private IS NOT NULL
""")


async def load(tx: AsyncConnection, events: Sequence[Event], subjects: Sequence[str]) -> Model:
    """Locks, in key order, every row that the fold may rewrite."""
    topics = {event.topic for event in events}
    wanted = [name for topic in sorted(topics & LOADED.keys()) for name in LOADED[topic]]
    found = Model()
    for name in ["person", *wanted]:
        table = TABLES[name]
        rows = table.made_from((await tx.execute(table.load, {"keys": list(subjects)})).mappings())
        found.tables()[name].update({row.keyed: row for row in rows})
    return found


async def save(tx: AsyncConnection, changed: Model) -> None:
    """At most one statement a table, and one more when somebody was forgotten."""
    for name, rows in changed.tables().items():
        if rows:
            table = TABLES[name]
            await tx.execute(table.save, table.arrays(rows.values()))
    leads = forgotten(changed)
    if leads:
        await tx.execute(_FORGET, {"leads": leads})
