"""How far the views are."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_EVENTS_READ = text("SELECT coalesce(sum(last_seq), 0) FROM lane_input")


async def freshness(tx: AsyncConnection) -> int:
    """Grows with every event read: when it stands still, so do all views."""
    return int((await tx.execute(_EVENTS_READ)).scalar_one())
