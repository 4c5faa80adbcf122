"""A worker: holds its fair share of a service's lanes, and works a few of them at the same time."""

import asyncio
import contextlib

import structlog
import uuid_utils

from events.codec import NewerVersion
from runtime.database.connect import terminate
from runtime.database.connection import Connection
from runtime.database.fates import is_transient
from runtime.errors import Fenced, Fork
from runtime.lanes import dead_letters, lane
from runtime.lanes.batch import BatchProcessor
from runtime.lanes.child import Children
from runtime.lanes.forks import forks
from runtime.lanes.lane import Lane
from runtime.lanes.leases import Leases
from runtime.lanes.read_batch import Poisoned
from runtime.lanes.recovery import isolate_poison
from runtime.lanes.retention import EVERY, prune
from runtime.lanes.shipper import BACK_OFF, Shipper
from runtime.observe import metrics
from runtime.observe.describe import describe
from runtime.service import Components, Context, Service
from runtime.transport.base import Ready, Transport
from runtime.transport.postgres import Wakeups

log = structlog.get_logger()


class Worker:
    """Run it until the event is set; then every batch is finished and every lane given back."""

    def __init__(
        self,
        service: Service,
        components: Components,
        context: Context,
        transport: Transport,
        wakeups: Wakeups,
        *,
        concurrency: int,
    ) -> None:
        self.service = service
        self.context = context
        self.transport = transport
        self.lanes: dict[int, Lane] = {}
        self.ready = Ready()
        self._wakeups = wakeups
        self._concurrency = concurrency
        self._processor = BatchProcessor(service, components, context, transport)
        self._shipper = Shipper(service, transport)
        self._leaving = set[int]()
        self._closing = asyncio.Event()
        self._children = Children(service, context, self._closing)
        self._pruned_at = 0.0
        """By the event loop's clock."""
        self.seated = False
        """It has asked for its share of the lanes, which may be none."""
        self._leases = Leases(context.database, str(uuid_utils.uuid7()), context.settings.lease_seconds)

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop` is set; raises what ended one of its tasks before that."""
        self._wakeups.listen(self.service.writes if self.transport.ships else self.service.reads, self._wake)
        await self.transport.start(self._wake)
        tasks = [asyncio.create_task(self._beating(), name=f"{self.service.name}/beat")]
        tasks += [
            asyncio.create_task(self._working(), name=f"{self.service.name}/lane-{n}") for n in range(self._concurrency)
        ]
        try:
            await self._until(stop, tasks)
        finally:
            self.ready.close()
            self._closing.set()
            _, unfinished = await asyncio.wait(tasks, timeout=5)  # batches under way are finished
            for task in unfinished:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with contextlib.suppress(Exception):  # the database may be gone; the leases run out by themselves
                await asyncio.wait_for(self._leases.leave(), 5)
            await self.transport.stop()

    async def _until(self, stop: asyncio.Event, tasks: list[asyncio.Task[None]]) -> None:
        """Until the event is set; a task that ends before is a bug and is raised."""
        stopping = asyncio.create_task(stop.wait())
        try:
            done, _ = await asyncio.wait([stopping, *tasks], return_when=asyncio.FIRST_COMPLETED)
            for task in done - {stopping}:
                task.result()
        finally:
            stopping.cancel()

    def _wake(self, p: int) -> None:
        if p in self.lanes:
            self.ready.add(p)

    # -- leases ------------------------------------------------------------------------------------------------------

    async def _beating(self) -> None:
        """Once a second: renew, take, give back; and look for work whose wake-up was lost."""
        while not self._closing.is_set():
            try:
                await self._beat()
                await self.look()
                await self._prune()
            except Exception as error:
                if not is_transient(error):
                    raise
                log.warning("database is away", service=self.service.name, error=describe(error))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), self.context.settings.transport_poll_seconds)

    async def _beat(self) -> None:
        beat = await self._leases.beat()
        for p in beat.lost_lanes:
            log.warning("lane lost", service=self.service.name, p=p)
            await self._let_go(self.lanes.get(p))
        for held in beat.gained:
            metrics.TAKEN.labels(self.service.name).inc()
            self.lanes[held.p] = Lane(held.p, held.token, held.crashes)
            self.ready.add(held.p)
        self._leaving = set(sorted(self.lanes)[: beat.surplus])
        for p in self._leaving:
            self.ready.add(p)
        self.seated = True
        metrics.GAPS.labels(self.service.name).set(sum(len(one.gaps) for one in self.lanes.values()))

    async def look(self) -> None:
        """Finds lanes with work by asking the database: timers, retries, things to ship, lost wake-ups."""
        async with self.context.database.begin() as tx:
            now = await self.context.clock.now(tx)
            due = await lane.due_lanes(tx, now) if self._processor.handler else ()
            unshipped = await lane.unshipped_lanes(tx) if self.transport.ships else ()
            retries = await dead_letters.lanes_to_retry(tx)
            forked = await forks(tx, {p: held.progress for p, held in self.lanes.items() if not held.fault})
            seqs = {
                p: {topic: progress.last_seq for topic, progress in held.progress.items()}
                for p, held in self.lanes.items()
                if held.certain
            }
            behind = await self.transport.behind(tx, seqs)
        for p in due:
            if p in self.lanes:
                self.lanes[p].timers = True
        for p in retries:
            if p in self.lanes:
                self.lanes[p].retries = True
        for p in forked:
            if p in self.lanes:
                self.lanes[p].certain = False
        for p in {*due, *unshipped, *retries, *behind, *forked}:
            self._wake(p)

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

    # -- lanes -------------------------------------------------------------------------------------------------------

    async def _working(self) -> None:
        connection: Connection | None = None
        try:
            while (p := await self.ready.take()) is not None:
                held = self.lanes.get(p)
                try:
                    if held is not None and (held.fault is None or p in self._leaving):
                        connection = connection or await self.context.database.connect()
                        if await self._tend(connection, held):
                            self.ready.add(p)
                except asyncio.CancelledError:
                    raise
                except BaseException as error:  # noqa: BLE001  (the one place where all three fates meet)
                    if connection is not None:
                        await terminate(connection)
                        connection = None
                    await self._failed(held, error)
                finally:
                    self.ready.release(p)
        finally:
            if connection is not None:
                await terminate(connection)

    async def _tend(self, connection: Connection, held: Lane) -> bool:
        """One visit to a lane. True when it should be visited again at once."""
        if held.p in self._leaving:
            await self._leases.release({held.p: held.token})
            await self._let_go(held)
            return False
        if not held.certain:
            async with connection.begin():
                await held.learn(connection)
                if forked := await forks(connection, {held.p: held.progress}):
                    raise Fork(forked[held.p])
            await self.transport.hold(held.p, held.offsets)
            await self._shipper.ship(connection, held)
        more = await self._work(connection, held)
        await self._shipper.ship(connection, held)
        return more

    async def _work(self, connection: Connection, held: Lane) -> bool:
        if held.retries or held.on_probation:
            return await self._carefully(connection, held)
        try:
            return await self._processor.process(connection, held)
        except Poisoned as poisoned:
            await isolate_poison(self._processor, connection, held, poisoned.read)
            return True

    async def _carefully(self, connection: Connection, held: Lane) -> bool:
        """By a child process, if there is anything to do; one at a time."""
        if self._children.busy:
            self._later(held.p, 0.5)
            return False
        if not held.retries and not held.timers:
            async with connection.begin():
                start = {**held.offsets, **held.scans}
                if not await self.transport.read(connection, held.p, start, records=1, size=1):
                    return False
        held.retries = held.timers = False
        await self._children.work(held)
        if held.on_probation:
            async with connection.begin():
                await held.trusted(connection)
        return True

    async def _failed(self, held: Lane | None, error: BaseException) -> None:
        """After any failure memory is in doubt: the lane asks the database where it is before it goes on."""
        if held is None:
            return
        held.certain = False
        if isinstance(error, Fenced):
            metrics.FENCED.labels(self.service.name).inc()
            log.warning("fenced", service=self.service.name, p=held.p, reason=str(error))
            await self._let_go(held)
            return
        held.failures += 1
        if is_transient(error):
            metrics.FAILED.labels(self.service.name).inc()
            log.warning("rolled back", service=self.service.name, p=held.p, error=describe(error), times=held.failures)
            if isinstance(error, NewerVersion):
                await self._state(held, f"waits: {error}")
            self._later(held.p, BACK_OFF[min(held.failures, len(BACK_OFF)) - 1])
            return
        held.fault = describe(error)
        log.error("lane stopped", service=self.service.name, p=held.p, exc_info=error, do="see /operations")
        await self._state(held, held.fault)

    async def _state(self, held: Lane, why: str) -> None:
        """Writes down why the lane stands still; the next batch that it works takes that back."""
        with contextlib.suppress(Exception):  # it is in the log already
            async with self.context.database.begin() as tx:
                await held.stop(tx, why)

    def _later(self, p: int, seconds: float) -> None:
        asyncio.get_running_loop().call_later(seconds, self._wake, p)
