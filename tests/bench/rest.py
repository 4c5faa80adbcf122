"""When a house is at rest, as its database shows it: nothing that was written is unread by any of its readers."""

import asyncio
from time import perf_counter

from events.topics import FLOW
from runtime.database.connect import admin
from runtime.lanes.lane_status import unread

AGAIN = 0.1
"""Seconds between two looks."""


async def until_rest(dsn: str, patience: float) -> float:
    """The moment of rest by `perf_counter`: two looks in a row found nothing unread, and this is the first of them.

    What a lane has read but not committed counts as unread. Raises TimeoutError after `patience` seconds.
    """
    rested: float | None = None
    async with asyncio.timeout(patience), admin(dsn) as connection:
        while True:
            left, now = await unread(connection, FLOW), perf_counter()
            if not left and rested is not None:
                return rested
            rested = None if left else now
            await asyncio.sleep(AGAIN)
