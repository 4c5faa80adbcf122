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
BACK_OFF: Final = (0.05, 0.2, 0.5, 1.0, 2.0)
"""Seconds to wait after the first, second, ... round in a row that was not taken; for ever the last."""


class Shipper:
    """Of one worker; does nothing on a transport whose readers see the stored batches themselves."""

    def __init__(self, service: Service, transport: Transport) -> None:
        self.service = service
        self.transport = transport

    async def ship(self, connection: Connection, lane: Lane) -> bool:
        """One round: sends the oldest of what was not acknowledged, and notes how far it came. True for another round.

        A topic that the transport does not take now is left for a later round, after a wait; the others go on.
        Raises what is not transient.
        """
        if not (self.transport.ships and self.service.writes) or asyncio.get_running_loop().time() < lane.ships_from:
            return False
        async with connection.begin():
            stored, before = await lane.unshipped(connection)
        now, refused = dict(before), set[str]()
        for one in stored:
            if one.topic not in refused:
                if await self._sent(one):
                    now[one.topic] = one.first_seq + len(one.lines) - 1
                else:
                    refused.add(one.topic)
        if now != before:
            async with connection.begin():
                await lane.shipped(connection, before, now)
        lane.ship_failures = lane.ship_failures + 1 if refused else 0
        if refused:
            wait = BACK_OFF[min(lane.ship_failures, len(BACK_OFF)) - 1]
            lane.ships_from = asyncio.get_running_loop().time() + wait
        return bool(stored) and not refused

    async def _sent(self, stored: Stored) -> bool:
        started = perf_counter()
        try:
            await self.transport.ship(stored)
        except Exception as error:
            if not is_transient(error):
                raise
            place = f"{stored.topic}/{stored.p}/{stored.first_seq}"
            log.warning("not shipped yet", place=place, error=describe(error))
            return False
        metrics.SHIP.labels(self.service.name).observe(perf_counter() - started)
        return True
