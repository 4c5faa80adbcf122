"""How far the views are."""

from runtime.database.connection import Connection
from runtime.database.statement import statement

_EVENTS_READ = statement("SELECT coalesce(sum(last_seq), 0) FROM lane_input")


async def freshness(tx: Connection) -> int:
    """Grows with every event read: when it stands still, so do all views."""
    return int((await tx.execute(_EVENTS_READ)).scalar_one())
