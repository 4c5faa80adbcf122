"""Sends what a lane has stored to the transport: in order, the same bytes each time, until it is acknowledged."""

import asyncio
from time import perf_counter
from typing import Final

import structlog

from runtime.database.connection import Connection
from runtime.database.fates import is_transient
from runtime.lanes.lane import Lane
from runtime.observe import metrics
from runtime.observe.describe import describe
from runtime.service import Service
from runtime.transport.base import Stored, Transport

log = structlog.get_logger()
BACK_OFF: Final = (0.05, 0.2, 0.5, 1, 2, 5, 10)
"""Seconds to wait after the first, second, ... failure in a row."""


class Shipper:
    """Of one worker; does nothing on a transport whose readers see the stored batches themselves."""

    def __init__(self, service: Service, transport: Transport) -> None:
        self.service = service
        self.transport = transport

    async def ship(self, connection: Connection, lane: Lane) -> None:
        """Sends all that was written and not yet acknowledged, oldest first, and notes how far it came.

        Raises the transport's error when the last of the waits between attempts did not help either.
        """
        while self.transport.ships and self.service.writes:
            async with connection.begin():
                stored, before = await lane.unshipped(connection)
            if not stored:
                return
            now = dict(before)
            for one in stored:
                await self._send(one)
                now[one.topic] = one.first_seq + len(one.lines) - 1
            async with connection.begin():
                await lane.shipped(connection, before, now)

    async def _send(self, stored: Stored) -> None:
        for delay in (*BACK_OFF, None):
            started = perf_counter()
            try:
                await self.transport.ship(stored)
            except Exception as error:
                if not is_transient(error) or delay is None:
                    raise
                place = f"{stored.topic}/{stored.p}/{stored.first_seq}"
                log.warning("not shipped yet", place=place, error=describe(error))
                await asyncio.sleep(delay)
            else:
                metrics.SHIP.labels(self.service.name).observe(perf_counter() - started)
                return
