"""What a worker does at a lane: learn where it stands, work one batch; with care where workers died."""

import asyncio
from collections.abc import Callable

from runtime.database.connection import Connection
from runtime.errors import Fork
from runtime.lanes.batch import BatchProcessor
from runtime.lanes.child import Children
from runtime.lanes.forks import forks
from runtime.lanes.lane import Lane
from runtime.lanes.read_batch import Poisoned
from runtime.lanes.recovery import isolate_poison
from runtime.service import Components, Context, Service
from runtime.transport.base import Transport

_CROWDED = 0.5
"""Seconds that a lane on probation rests while another one has the child process."""


class Visits:
    """Of one worker. `rest` is called with a lane, and seconds in which it is not to be visited again."""

    def __init__(
        self, service: Service, components: Components, context: Context, transport: Transport,
        *, stopping: asyncio.Event, rest: Callable[[Lane, float], None],
    ) -> None:  # fmt: skip
        self._transport = transport
        self._processor = BatchProcessor(service, components, context, transport)
        self._children = Children(service, context, stopping)
        self._rest = rest
        others = (components.loops and components.loops_write) or components.routers or components.fast
        self._alone = components.handler is not None and not others

    async def work(self, connection: Connection, lane: Lane) -> bool:
        """One batch of the lane. True when anything moved. Raises Fenced, Fork, database errors, and bugs."""
        if not lane.certain:
            await self._learn(connection, lane)
        if lane.retries or lane.on_probation:
            return await self._work_in_child(connection, lane)
        try:
            return await self._processor.process(connection, lane)
        except Poisoned as poisoned:
            lane.more = True
            await isolate_poison(self._processor, connection, lane, poisoned.read)
            return True

    async def _learn(self, connection: Connection, lane: Lane) -> None:
        async with connection.begin():
            await lane.learn(connection, alone=self._alone)
            if forked := await forks(connection, {lane.p: lane.progress}):
                raise Fork(forked[lane.p])
        await self._transport.hold(lane.p, lane.offsets)

    async def _work_in_child(self, connection: Connection, lane: Lane) -> bool:
        """By a child process, if there is anything to do; one at a time."""
        lane.more = True
        if self._children.busy:
            self._rest(lane, _CROWDED)
            return False
        if not lane.retries and not lane.timers:
            async with connection.begin():
                start = {**lane.offsets, **lane.scans}
                if not await self._transport.read(connection, lane.p, start, records=1, size=1):
                    return False
        lane.retries = lane.timers = False
        await self._children.work(lane)
        if lane.on_probation:
            async with connection.begin():
                await lane.trusted(connection)
        return True
