"""What came through the door, by tool and day."""

from datetime import datetime
from typing import Any, Final

from runtime.database.connection import Connection
from runtime.database.statement import statement

_MOST: Final = 200
_BY_DAY = statement(f"""
    SELECT source, CAST(at AT TIME ZONE :zone AS date) AS day, count(*) AS events, max(at) AS last_at FROM message
    WHERE at >= CAST(:now AS timestamptz) - make_interval(days => :days) GROUP BY 1, 2 ORDER BY 1, 2 LIMIT {_MOST * 31}
""")  # noqa: S608
_UNKNOWN = statement(f"""
    SELECT source, reason AS name, count, last_at FROM left_out WHERE what = 'unknown event'
    ORDER BY count DESC, source, reason LIMIT {_MOST}
""")  # noqa: S608


async def events_by_day(tx: Connection, now: datetime, days: int, zone: str) -> list[dict[str, Any]]:
    """By source and day of this zone: how many messages came in the last days, and the last of them."""
    return [dict(row) for row in (await tx.execute(_BY_DAY, {"now": now, "days": days, "zone": zone})).mappings()]


async def unknown_names(tx: Connection) -> list[dict[str, Any]]:
    """By source: names of events that nobody knows, how often each came, and when last."""
    return [dict(row) for row in (await tx.execute(_UNKNOWN)).mappings()]
