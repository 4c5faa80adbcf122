"""A worker: holds its fair share of a service's lanes, and works a few of them at the same time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

import structlog
import uuid_utils

from events.codec import NewerVersion
from runtime.database.connection import Connection
from runtime.database.fates import is_lost_connection, is_transient
from runtime.errors import Fenced
from runtime.lanes.keeper import Keeper
from runtime.lanes.lane import REST, Lane
from runtime.lanes.leases import Leases
from runtime.lanes.linger import Linger
from runtime.lanes.look import LookAnswer
from runtime.lanes.retention import EVERY, prune
from runtime.lanes.shipper import Shipper
from runtime.lanes.visits import Visits
from runtime.observe import metrics
from runtime.observe.describe import describe
from runtime.service import Components, Context, Service
from runtime.transport.base import Ready, Transport
from runtime.transport.postgres import Wakeups

log = structlog.get_logger()
BACK_OFF: Final = (0.05, 0.2, 0.5, 1, 2, 5, 10)
"""Seconds that a lane rests after the first, second, ... failure in a row."""
_SELDOM: Final = 3
"""Times the usual pause between two looks, while nothing moves."""
_SHIPPING: Final = 2
"""Lanes under way for each that may use the database: the others wait for the transport."""
_PATIENCE: Final = (5.0, 8.0, 3.0)
"""Seconds at a stop for batches under way, for shipping the rest, for giving lanes back."""


class Worker:
    """Run it until the event is set; then every batch is finished, what was said is shipped, every lane given back."""

    def __init__(
        self, service: Service, components: Components, context: Context, transport: Transport, wakeups: Wakeups,
        *, concurrency: int,
    ) -> None:  # fmt: skip
        self.service = service
        self.context = context
        self.transport = transport
        self.lanes: dict[int, Lane] = {}
        self.ready = Ready()
        self._wakeups = wakeups
        self._under_way = concurrency * (_SHIPPING if transport.ships else 1)
        self._places = asyncio.Semaphore(concurrency)
        self._handles = components.handler is not None
        self._linger = Linger(components.linger, self._wake)
        self._shipper = Shipper(service, transport)
        self._leaving = set[int]()
        self._closing = asyncio.Event()
        self._moved = asyncio.Event()
        """A lane has gone on since the last look."""
        self._visits = Visits(service, components, context, transport, stopping=self._closing, rest=self._rest)
        self._pruned_at = 0.0  # by the event loop's clock
        self._leases = Leases(context.database, str(uuid_utils.uuid7()), context.settings.lease_seconds)
        self._keeper = Keeper(service, context, transport, self._leases)

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop` is set; raises what ended one of its tasks before that."""
        self._wakeups.listen(self.service.writes if self.transport.ships else self.service.reads, self._news)
        await self.transport.start(self._news)
        tasks = [asyncio.create_task(self._keeping(), name=f"{self.service.name}/keeper")]
        tasks += [
            asyncio.create_task(self._working(), name=f"{self.service.name}/lane-{n}") for n in range(self._under_way)
        ]
        try:
            await self._until(stop, [*tasks, *self.transport.tasks])
        finally:
            self.ready.close()
            self._closing.set()
            self._moved.set()
            try:
                await self._leave(tasks)
            finally:
                await self.transport.stop()

    async def _leave(self, tasks: list[asyncio.Task[None]]) -> None:
        """Ends what is under way, ships the rest, gives the lanes back; each takes no longer than there is patience."""
        _, unfinished = await asyncio.wait(tasks, timeout=_PATIENCE[0])
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for rest, seconds in ((self._ship_rest, _PATIENCE[1]), (self._leases.leave, _PATIENCE[2])):
            with contextlib.suppress(Exception):  # the database may be gone; the leases run out by themselves
                await asyncio.wait_for(rest(), seconds)
        await self._keeper.close()

    async def _until(self, stop: asyncio.Event, tasks: list[asyncio.Task[None]]) -> None:
        """Until the event is set; a task that ends before is a bug and is raised."""
        stopping = asyncio.create_task(stop.wait())
        try:
            done, _ = await asyncio.wait([stopping, *tasks], return_when=asyncio.FIRST_COMPLETED)
            for task in done - {stopping}:
                task.result()
        finally:
            stopping.cancel()

    def _news(self, p: int, topic: str) -> None:
        """There is something to read, or to ship; after some topics the lane lets a moment pass for more."""
        if topic in self.service.writes and (held := self.lanes.get(p)) is not None:
            held.unshipped = True
        self._linger.news(p, topic)

    def _wake(self, p: int) -> None:
        """Unless the lane rests after a failure: then it comes up again by itself."""
        held = self.lanes.get(p)
        if held is not None and asyncio.get_running_loop().time() >= held.rests_until:
            self.ready.add(p)

    # -- leases ------------------------------------------------------------------------------------------------------

    async def _keeping(self) -> None:
        """Once a second: renew, take, give back; look for work whose wake-up was lost; heal what stands still.

        While nothing moves, every third second. After a failure within a second, whatever the rhythm.
        """
        usual = self.context.settings.transport_poll_seconds
        while not self._closing.is_set():
            self._moved.clear()
            try:
                await self.look()
                await self._prune()
            except Exception as error:
                if not is_transient(error):
                    raise
                self._leases.doubted |= self._leases.held.keys()
                log.warning("database is away", service=self.service.name, error=describe(error))
                await _within(min(usual, 1.0), self._closing)
            else:
                await _within(usual, self._closing)
                await self._rest_while_quiet(usual)

    async def _rest_while_quiet(self, usual: float) -> None:
        """Until a lane moves (its timers are looked for a pause later), or the next timer or beat is due."""
        longest = min(_SELDOM * usual, self._leases.rhythm)
        more = self._keeper.seconds_of_quiet(longest, self.lanes) - usual
        if more > 0 and not self._moved.is_set() and await _within(more, self._moved):
            await _within(usual, self._closing)

    def call(self, p: int, *, timers: bool) -> bool:
        """Wakes a lane that has something to read, or due `timers`. False when it is not held here: then look."""
        if (held := self.lanes.get(p)) is not None:
            held.timers = held.timers or (timers and self._handles and not self._keeper.holds_timers)
            self._wake(p)
        return held is not None

    async def look(self) -> None:
        """Finds lanes with work by asking the database: timers, retries, things to ship, lost wake-ups."""
        async with self._keeper.looking:
            seen = await self._keeper.look(self.lanes)
            await self._follow_leases()
            self._find_work(seen)
            await self._keeper.heal(seen, self.lanes, self._wake)

    async def _follow_leases(self) -> None:
        """Works exactly the lanes that it has: also those that a beat took before its look failed."""
        leased = self._leases.held
        for lane in [lane for p, lane in self.lanes.items() if p not in leased]:
            log.warning("lane lost", service=self.service.name, p=lane.p)
            await self._let_go(lane)
        for p, one in leased.items():
            old = self.lanes.get(p)
            if old is None or old.token != one.token:
                metrics.TAKEN.labels(self.service.name).inc()
                self.lanes[p] = Lane(
                    p, one.token, one.crashes,
                    failures=old.failures if old else 0, served=old is not None and old.served,
                )  # fmt: skip
                self.ready.add(p)
        self._leaving = set(sorted(self.lanes)[: self._leases.surplus])
        for p in self._leaving:
            self.ready.add(p)

    def _find_work(self, seen: LookAnswer) -> None:
        now = self.context.clock.read(seen.at)
        wake = {p for p, _ in self.transport.fetched()} if self.transport.ships else {p for p, _ in seen.behind}
        for p, held in self.lanes.items():
            one = seen.lanes[p]
            if self._handles and one.due is not None and one.due <= now:
                held.timers = not self._keeper.holds_timers
            held.retries = held.retries or one.retry
            held.unshipped = held.unshipped or p in seen.unshipped
            if p in seen.unshipped and held.outputs is not None and held.outputs.idle:
                held.outputs.ship_again()
            if not held.certain or held.timers or held.retries or p in wake or p in seen.unshipped:
                self._wake(p)
        metrics.GAPS.labels(self.service.name).set(sum(len(held.gaps) for held in self.lanes.values()))

    async def _prune(self) -> None:
        """Now and then: forgets stored batches that are older than their topic keeps them."""
        now = asyncio.get_running_loop().time()
        if now - self._pruned_at > EVERY:
            self._pruned_at = now
            async with self.context.database.begin() as tx:
                await prune(tx, self.service, ships=self.transport.ships)

    async def _let_go(self, held: Lane | None) -> None:
        """Unless the lane was taken anew meanwhile: then it is another one."""
        if held is not None and self.lanes.get(held.p) is held:
            del self.lanes[held.p]
            self._leaving.discard(held.p)
            await self.transport.drop(held.p)

    def unready(self) -> list[str]:
        """Why this worker's service is not served as it should be; empty when every lane is held and none stands."""
        return self._keeper.unready(self.lanes)

    # -- lanes -------------------------------------------------------------------------------------------------------

    async def _working(self) -> None:
        while (p := await self.ready.take()) is not None:
            held = self.lanes.get(p)
            try:
                if held is not None and (held.fault is None or p in self._leaving) and await self._tend(held):
                    self._moved.set()
                    if held.more:
                        self.ready.add(p)
            except asyncio.CancelledError:
                raise
            except BaseException as error:  # noqa: BLE001  (the one place where all three fates meet)
                await self._failed(held, error)
            finally:
                self.ready.release(p)

    @contextlib.asynccontextmanager
    async def _connect(self) -> AsyncIterator[Connection]:
        """A connection for a lane; others wait while as many are in use as lanes may be worked at the same time."""
        async with self._places, self.context.database.lane() as connection:
            yield connection

    async def _tend(self, held: Lane) -> bool:
        """One visit to a lane: one batch, one round of shipping. True when anything moved: then another visit follows.

        What is left (`Lane.more`) waits for its turn behind the other lanes, so that a loaded lane can be given back.
        """
        if held.p in self._leaving:
            await self._leases.release({held.p: held.token})
            await self._let_go(held)
            return False
        async with self._connect() as connection:
            moved = await self._visits.work(connection, held)
        shipped = await self._ship(held, moved=moved)
        held.served = True
        return moved or shipped

    async def _ship(self, held: Lane, *, moved: bool) -> bool:
        loop, failures = asyncio.get_running_loop(), held.ship_failures
        shipped = await self._shipper.ship(self._connect, held, at_rest=held.rests(loop.time(), moved=moved))
        if held.ship_failures > failures:
            loop.call_at(held.ships_from, self._end_rest, held)
        elif (moved or shipped) and held.outputs is not None and held.outputs.unmarked:
            loop.call_later(2 * REST, self._wake, held.p)
        return shipped

    async def _ship_rest(self) -> None:
        """What was said last, at a clean stop: also by loops that ended just before."""
        if not self.transport.ships or not self.service.writes:
            return
        for held in self.lanes.values():
            held.unshipped = True
            while held.fault is None and await self._shipper.ship(self._connect, held):
                pass

    async def _failed(self, held: Lane | None, error: BaseException) -> None:
        """After any failure memory is in doubt: the lane asks the database where it is before it goes on."""
        if held is None:
            return
        held.certain = False
        if isinstance(error, Fenced):
            metrics.FENCED.labels(self.service.name).inc()
            log.warning("fenced", service=self.service.name, p=held.p, reason=str(error))
            self._leases.forget(held.p, held.token)
            await self._let_go(held)
            return
        held.failures += 1
        if is_transient(error):
            metrics.FAILED.labels(self.service.name).inc()
            log.warning("rolled back", service=self.service.name, p=held.p, error=describe(error), times=held.failures)
            if isinstance(error, NewerVersion):
                await self._state(held, f"waits: {error}")
            if is_lost_connection(error):
                self._leases.doubted.add(held.p)
            self._rest(held, BACK_OFF[min(held.failures, len(BACK_OFF)) - 1])
            return
        held.fault = describe(error)
        log.error("lane stopped", service=self.service.name, p=held.p, exc_info=error, do="see /operations")
        await self._state(held, held.fault)

    async def _state(self, held: Lane, why: str) -> None:
        """Writes down why the lane stands still; the next batch that it works takes that back."""
        with contextlib.suppress(Exception):  # it is in the log already
            async with self.context.database.begin() as tx:
                await held.stop(tx, why)

    def _rest(self, held: Lane, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        held.rests_until = loop.time() + seconds
        loop.call_at(held.rests_until, self._end_rest, held)

    def _end_rest(self, held: Lane) -> None:
        """A timer may fire a moment early: then the clock alone would refuse the visit."""
        now = asyncio.get_running_loop().time()
        held.rests_until, held.ships_from = min(held.rests_until, now), min(held.ships_from, now)
        self._wake(held.p)


async def _within(seconds: float, event: asyncio.Event) -> bool:
    """Waits so many seconds for the event; whether it was set."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
    return event.is_set()
