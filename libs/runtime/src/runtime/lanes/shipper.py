"""Sends what a lane has stored to the transport: in order, the same bytes each time, until it is acknowledged."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from time import perf_counter
from typing import Final

import structlog

from runtime.database.connection import Connection
from runtime.database.fates import is_transient
from runtime.emit.stored import Stored, joined
from runtime.emit.stream_writer import LARGEST
from runtime.lanes.lane import ROUND_BYTES, Lane
from runtime.lanes.outputs import Outputs
from runtime.observe import metrics
from runtime.observe.describe import describe
from runtime.service import Service
from runtime.transport.base import Transport

log = structlog.get_logger()
Connect = Callable[[], AbstractAsyncContextManager[Connection]]
"""Gives a connection outside of any transaction, for as long as it is needed."""
BACK_OFF: Final = (0.05, 0.2, 0.5, 1.0, 2.0)
"""Seconds to wait after the first, second, ... round in a row that was not taken; for ever the last."""


class Shipper:
    """Of one worker; does nothing on a transport whose readers see the stored batches themselves."""

    def __init__(self, service: Service, transport: Transport) -> None:
        self.service = service
        self.transport = transport

    async def ship(self, connect: Connect, lane: Lane, *, at_rest: bool = True) -> bool:
        """One round: sends the oldest of what was not acknowledged. True for another round.

        No connection is held while it waits for the transport.

        How far it came is noted at once where the database is asked what to send; of what memory holds it is noted with
        the lane's next batch, or now when there is none (`at_rest`). A topic that the transport does not take now is
        left for a later round, after a wait; the others go on. Raises what is not transient.
        """
        if not (self.transport.ships and self.service.writes) or asyncio.get_running_loop().time() < lane.ships_from:
            return False
        outputs = lane.outputs
        if outputs is None and not lane.unshipped:
            return False
        if outputs is None or outputs.backlog:
            lane.unshipped = False  # what is committed from here on is told anew
            return await self._from_database(connect, lane)
        stored = list(outputs.round(ROUND_BYTES))
        refused = await self._send(stored, outputs.sent)
        self._note(lane, refused)
        if at_rest and not refused and outputs.unmarked:
            await self._mark(connect, lane, outputs)
        return bool(stored) and not refused

    async def _from_database(self, connect: Connect, lane: Lane) -> bool:
        async with connect() as connection:
            stored, before = await lane.load_unshipped(connection)
        lane.unshipped = lane.unshipped or bool(stored)
        now = dict(before)

        def sent(one: Stored) -> None:
            now[one.topic] = one.first_seq + one.n - 1

        refused = await self._send(stored, sent)
        if now != before:
            async with connect() as connection:
                await lane.shipped(connection, before, now)
        self._note(lane, refused)
        if not stored and lane.outputs is not None:
            lane.outputs.caught_up()
        return bool(stored) and not refused

    async def _mark(self, connect: Connect, lane: Lane, outputs: Outputs) -> None:
        """Tells the database what was sent since; a re-ship asked for meanwhile is found by the next round."""
        unmarked = outputs.unmarked
        before = {topic: one.shipped for topic, one in unmarked.items()}
        now = {topic: one.sent for topic, one in unmarked.items()}
        async with connect() as connection:
            marked = await lane.shipped(connection, before, now)
        if marked == len(now):
            for topic, one in unmarked.items():
                one.shipped = now[topic]
        else:
            outputs.ship_again()

    async def _send(self, stored: Sequence[Stored], sent: Callable[[Stored], None]) -> set[str]:
        """Calls `sent` for each that was acknowledged; returns the topics that are not taken now."""
        refused = set[str]()
        for parts in _pieces(stored):
            whole = joined(parts)
            if whole.topic not in refused:
                if await self._sent(whole):
                    for one in parts:
                        sent(one)
                else:
                    refused.add(whole.topic)
        return refused

    def _note(self, lane: Lane, refused: set[str]) -> None:
        lane.ship_failures = lane.ship_failures + 1 if refused else 0
        if refused:
            wait = BACK_OFF[min(lane.ship_failures, len(BACK_OFF)) - 1]
            lane.ships_from = asyncio.get_running_loop().time() + wait

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


def _pieces(stored: Sequence[Stored]) -> list[list[Stored]]:
    """What follows each other in its topic goes as one record batch, which waits for one acknowledgement.

    Without it a lane on which events are committed one by one would ship them one by one, a hundred a second.
    """
    pieces: list[list[Stored]] = []
    open_pieces: dict[str, list[Stored]] = {}
    for one in stored:
        piece = open_pieces.get(one.topic)
        if piece and one.follows(piece[-1]) and sum(part.size for part in piece) + one.size <= LARGEST:
            piece.append(one)
        else:
            open_pieces[one.topic] = [one]
            pieces.append(open_pieces[one.topic])
    return pieces
