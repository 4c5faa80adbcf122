"""The keeper of a worker: looks once a second, keeps the leases, has what was lost shipped again, knows what stands."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping

import structlog

from runtime.clock import are_apart, wall
from runtime.database.connect import terminate
from runtime.database.connection import Connection
from runtime.lanes import look
from runtime.lanes.forks import forks
from runtime.lanes.lane import Lane
from runtime.lanes.leases import Leases
from runtime.lanes.look import Look, LookAnswer, Wanted
from runtime.lanes.standstill import Spot, Standstill
from runtime.observe import metrics
from runtime.service import Context, Service
from runtime.transport.base import Transport

log = structlog.get_logger()


class Keeper:
    """Of one worker, on one connection of its own. Hold `looking` while you call `look` or `heal`."""

    def __init__(self, service: Service, context: Context, transport: Transport, leases: Leases) -> None:
        self.looking = asyncio.Lock()
        self._service = service
        self._context = context
        self._settings = context.settings
        self._transport = transport
        self._leases = leases
        self._look = Look(service, context.settings.lease_seconds, ships=transport.ships)
        self._connection: Connection | None = None
        self._seen: LookAnswer | None = None
        self._standstill = Standstill()
        self._honoured: dict[tuple[str, int, str], str] = {}
        """Topic, lane and reader of a request for shipping again, to the instant of the last one that was met."""
        self.holds_timers = False
        """The database's clock and this machine's disagree: no timer fires until they agree again."""

    async def look(self, lanes: Mapping[int, Lane]) -> LookAnswer:
        """Sees how things are, and lets the leases beat when that is needed: then it looks once more.

        Raises database errors, TimeoutError when all that took longer than `answer_seconds`; whatever the connection
        was, the next look opens another.
        """
        try:
            async with asyncio.timeout(self._settings.answer_seconds):
                seen = await self._ask_database()
                if self._leases.is_due(seen, asyncio.get_running_loop().time()):
                    await self._leases.beat(self._connection)
                    seen = await self._ask_database()
                await self._doubt_forked(self._connection, lanes)
        except BaseException:
            await self.close()
            raise
        if self._seen is not None and self._seen.server != seen.server:
            log.warning("another server answers", service=self._service.name, before=self._seen.server, now=seen.server)
            self._leases.doubted |= lanes.keys()
        self._seen = seen
        self._compare_clocks(seen)
        self._note(seen, lanes)
        return seen

    def _compare_clocks(self, seen: LookAnswer) -> None:
        here = wall()
        holds = are_apart(seen.at, here)
        if holds != self.holds_timers:
            log.error("timers are held" if holds else "timers fire again", service=self._service.name,
                      database=seen.at.isoformat(), here=here.isoformat())  # fmt: skip
        self.holds_timers = holds

    async def _doubt_forked(self, connection: Connection | None, lanes: Mapping[int, Lane]) -> None:
        """A lane that stands where its writer has never been is in doubt: its next visit finds the fork."""
        if connection is not None:
            mine = {p: held for p, held in lanes.items() if not held.fault}
            for p in await forks(connection, {p: held.progress for p, held in mine.items()}):
                mine[p].certain = False

    async def _ask_database(self) -> LookAnswer:
        if self._connection is None:
            self._connection = await self._context.database.connect()
            await self._look.prepare(self._connection)
        return await self._look(self._connection)

    async def close(self) -> None:
        """Drops the connection, without asking the server."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(Exception):
                await terminate(connection)

    def _note(self, seen: LookAnswer, lanes: Mapping[int, Lane]) -> None:
        """What waits in the lanes of this worker, for `Standstill` and for the metrics."""
        now = self._context.clock.read(seen.at)
        waiting: dict[Spot, tuple[object, str]] = {}
        behind = 0
        for (p, topic), one in seen.behind.items():
            if p in lanes:
                behind += one.written - one.read
                has_asked = self._standstill.has_asked((p, topic), one.read)  # then the writer goes back with `shipped`
                readable = one.shipped if self._transport.ships and not has_asked else one.written
                if readable > one.read:
                    waiting[p, topic] = (one.read, f"{readable - one.read} of {topic} wait after number {one.read}")
        for p, held in lanes.items():
            due = seen.lanes[p].due
            if (held.timers or self.holds_timers) and due is not None and due <= now:
                why = ": the clocks disagree" if self.holds_timers else ""
                waiting[p, "timers"] = (due, f"timers wait since {due.isoformat(timespec='seconds')}{why}")
            if self._service.reads and p in seen.unshipped:
                events, shipped = seen.unshipped[p]
                waiting[p, "shipping"] = (shipped, f"{events} events wait to be shipped")
        self._standstill.note(waiting, asyncio.get_running_loop().time())
        name = self._service.name
        metrics.BEHIND.labels(name).set(behind)
        metrics.UNSHIPPED.labels(name).set(sum(events for events, _ in seen.unshipped.values()))
        metrics.STANDSTILLS.labels(name).set(len(self._long()))

    def seconds_of_quiet(self, most: float, lanes: Mapping[int, Lane]) -> float:
        """How long after the last look there is nothing to look for: until the next timer; 0 when anything waits."""
        seen = self._seen
        if seen is None or seen.behind or seen.unshipped or seen.wanted:
            return 0
        now = self._context.clock.read(seen.at)
        dues = [due for p, one in seen.lanes.items() if p in lanes and (due := one.due) is not None]
        return max(0, min([most, *((due - now).total_seconds() for due in dues)]))

    def _long(self) -> list[tuple[Spot, str]]:
        return self._standstill.longer_than(self._settings.standstill_seconds, asyncio.get_running_loop().time())

    # -- shipped and never seen --------------------------------------------------------------------------------------

    async def heal(self, seen: LookAnswer, lanes: Mapping[int, Lane], wake: Callable[[int], None]) -> None:
        """As a reader: asks for what was shipped and does not arrive. As a writer: ships again what readers ask for."""
        if not self._transport.ships or self._connection is None:
            return
        try:
            await self._ask_writers(seen, lanes, self._connection)
            for wanted in seen.wanted:
                if wanted.p in lanes and self._honoured.get((wanted.topic, wanted.p, wanted.reader)) != wanted.at:
                    await self._ship_again(self._connection, wanted, lanes[wanted.p].token)
                    wake(wanted.p)
        except BaseException:
            await self.close()
            raise

    async def _ask_writers(self, seen: LookAnswer, lanes: Mapping[int, Lane], connection: Connection) -> None:
        """Only where nothing was fetched that could still be taken: else the lane is slow, or waits for something."""
        fetched = self._transport.fetched()
        now = asyncio.get_running_loop().time()
        for (p, topic), one in seen.behind.items():
            well = p in lanes and lanes[p].fault is None and one.shipped > one.read and (p, topic) not in fetched
            if well and (times := self._standstill.asks((p, topic), self._settings.heal_seconds, now)):
                log.warning("shipped and not seen", service=self._service.name, topic=topic, p=p, seq=one.read + 1)
                if times > 1:
                    self._transport.renew()
                await look.ask(connection, p, lanes[p].token, topic)

    async def _ship_again(self, connection: Connection, wanted: Wanted, token: str) -> None:
        self._honoured[wanted.topic, wanted.p, wanted.reader] = wanted.at
        place = f"{wanted.topic}/{wanted.p}/{wanted.seq}"
        if await look.ship_again(connection, wanted, token):
            log.warning("shipped again", service=self._service.name, place=place, reader=wanted.reader)
        else:
            log.error("wanted and no longer kept", service=self._service.name, place=place, reader=wanted.reader)

    # -- ready -------------------------------------------------------------------------------------------------------

    def unready(self, lanes: Mapping[int, Lane]) -> list[str]:
        """Sentences, the worst first: nobody has a lane, a lane is stopped, was not visited yet, or stands still."""
        name, seen = self._service.name, self._seen
        if seen is None:
            return [f"{name} has not asked for lanes yet"]
        wrong = []
        if free := sorted(p for p, one in seen.lanes.items() if not one.held):
            wrong.append(f"nobody has {', '.join(f'{name}/{p}' for p in free)}")
        wrong += [f"{name}/{p} is stopped: {held.fault}" for p, held in lanes.items() if held.fault]
        if new := sorted(p for p, held in lanes.items() if not held.served and not held.fault):
            wrong.append(f"not visited yet: {', '.join(f'{name}/{p}' for p in new)}")
        return wrong + [f"{name}/{p} stands still: {what}" for (p, _), what in self._long() if p in lanes]
