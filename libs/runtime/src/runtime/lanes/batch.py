"""One batch of one lane: read, fence, decide, write, commit. What follows a failure: worker.py and recovery.py."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from time import perf_counter
from typing import Final

import structlog

from events import Fact
from events.leads import LeadErased
from events.topics import partition
from runtime.clock import are_apart, wall
from runtime.database.connection import Connection
from runtime.database.fates import is_poison
from runtime.emit.stream_writer import NOTHING, Composed
from runtime.emit.timers import take_due
from runtime.errors import Stale, UnfitOutput
from runtime.lanes import dead_letters
from runtime.lanes.batch_reader import BatchReader
from runtime.lanes.closing import NotAsRemembered, close, close_at_once
from runtime.lanes.dead_letters import FOLLOWS, DeadLetter
from runtime.lanes.lane import Lane
from runtime.lanes.read_batch import Poisoned, ReadBatch
from runtime.observe import metrics
from runtime.observe.describe import describe
from runtime.service import Components, Context, Service
from runtime.transport.base import Transport
from runtime.transport.fault_point import point
from runtime.values import Batch, Parts, Timer

log = structlog.get_logger()
_ERASED: Final = LeadErased.type_name()


class BatchProcessor:
    """Works whichever lane it is given, on whichever connection; keeps nothing between two batches."""

    def __init__(
        self, service: Service, components: Components, context: Context, transport: Transport,
        reader: BatchReader | None = None,
    ) -> None:  # fmt: skip
        self.service = service
        self.handler = components.handler
        self.context = context
        self.transport = transport
        self.settings = context.settings
        self._joins = components.joins
        self._reader = reader or BatchReader(service, components, transport, context.settings)

    async def process(self, tx: Connection, lane: Lane, *, read: ReadBatch | None = None) -> bool:
        """One commit. True when anything moved. Raises Poisoned, Fenced, Fork, or database errors."""
        started = perf_counter()
        scanned = dict(lane.scans)
        read = read or await self.read(tx, lane)
        if not read.offsets and not lane.timers:
            return lane.scans != scanned
        if (self._joins or not read.records) and not (lane.timers or read.dead or read.erased):
            await self._process_at_once(tx, lane, read, started)
            return True
        async with tx.begin():
            fence = await lane.fence(tx, self.settings.lease_seconds)
            now = self.context.clock.read(fence.at)
            if lane.outputs is None:
                await lane.advance(tx, read.offsets, read.progress)
            point("inside_transaction")
            timers = await self.due(tx, lane, fence.at)
            composed = await self._decide(tx, lane, read, self._runnable(lane, read, timers), now)
            await self.dead_letter(tx, lane, read)
            wakes = not self.transport.ships
            shipped = await close(tx, lane, read, composed, wakes=wakes) if lane.outputs is not None else {}
            run = read.poison_run(fence.poison_run, self.settings.poison_limit)
            if run != fence.poison_run:
                await dead_letters.note_run(tx, lane.p, run)
            point("before_commit")
        point("after_commit")
        self.apply(lane, read)
        if lane.outputs is not None:
            lane.outputs.committed(composed, shipped, ships=self.transport.ships)
        lane.timers = len(timers) >= self.settings.batch_records
        lane.more = lane.more or lane.timers
        self.report(lane, read, len(composed.ids), started)
        return True

    async def _process_at_once(self, tx: Connection, lane: Lane, read: ReadBatch, started: float) -> None:
        """What a handler loads in its own lane nobody else changes: so all writing is the one statement at the end.

        Of records that nobody wants, too: then it is the only statement.
        """
        now = await self.context.clock.ask(partial(lane.clock, tx)) if read.records else None
        point("inside_transaction")
        saves = Parts()
        try:
            async with tx.begin_later():
                composed = await self._decide(tx, lane, read, (), now, saves=saves) if now else NOTHING
                point("before_commit")
                shipped = await self._close_at_once(tx, lane, read, composed, saves)
        except NotAsRemembered:
            async with tx.begin():
                await lane.fence(tx, self.settings.lease_seconds)
                await lane.refuse(tx, read.offsets, read.progress)
        point("after_commit")
        self.apply(lane, read)
        if lane.outputs is not None:
            lane.outputs.committed(composed, shipped, ships=self.transport.ships)
        self.report(lane, read, len(composed.ids), started)

    async def _close_at_once(
        self, tx: Connection, lane: Lane, read: ReadBatch, composed: Composed, saves: Parts
    ) -> Mapping[str, int]:
        try:
            lease, wakes = self.settings.lease_seconds, not self.transport.ships
            return await close_at_once(tx, lane, read, composed, saves=saves, lease=lease, wakes=wakes)
        except Exception as error:
            self._blame(lane, read, error)
            raise

    async def read(self, tx: Connection, lane: Lane, limit: int | None = None) -> ReadBatch:
        """As `BatchReader.read`."""
        return await self._reader.read(tx, lane, limit)

    async def due(self, tx: Connection, lane: Lane, at: datetime) -> list[Timer]:
        """Removes the lane's due timers, oldest first, and returns them; none unless one is known to be due.

        `at` is the database's clock as it was just read: none while it and this machine's disagree, whoever asks.
        A kind that the handler does not know raises in it, and becomes a dead letter.
        """
        if not (lane.timers and self.handler) or are_apart(at, wall()):
            return []
        return await take_due(tx, lane.p, self.context.clock.read(at), self.settings.batch_records)

    def _runnable(self, lane: Lane, read: ReadBatch, timers: Sequence[Timer]) -> list[Timer]:
        """A timer waits, like an event, behind a dead letter of its subject."""
        waiting = [timer for timer in timers if read.waits(timer.subject, lane.blocked)]
        for timer in waiting:
            read.dead_letter(DeadLetter.of_timer(timer, FOLLOWS, follows=True))
        return [timer for timer in timers if timer not in waiting]

    async def _decide(
        self,
        tx: Connection,
        lane: Lane,
        read: ReadBatch,
        timers: Sequence[Timer],
        now: datetime,
        *,
        saves: Parts | None = None,
    ) -> Composed:
        """Events and due timers in one call of the handler, but timers that a clock overtook: these go first, in turn.

        What the handler returns is written, or to be written by `close`.
        """
        overtaken = self.context.clock.overtaken(timers, now)
        late = [timer for _, some in overtaken for timer in some]
        timers = [timer for timer in timers if timer not in late] if late else timers
        batch = Batch(lane.p, (*read.events, *timers), now, read.after_commit, saves)
        if self.handler is None or not (batch.inputs or late):
            return NOTHING
        try:
            facts: list[Fact] = []
            for at, some in overtaken:
                facts += await self.handler(Batch(lane.p, some, at, read.after_commit), tx)
            if batch.inputs:
                facts += await self.handler(batch, tx)
            self.tell(read, facts)
            if lane.outputs is None:
                return NOTHING._replace(ids=await self.emit(tx, lane, facts, now))
            streams = [(fact.event.topic, lane.p) for fact in self._own(lane, facts)]
            return self.context.writer.compose(lane.outputs.heads(lane.p), streams, facts, now)
        except Exception as error:
            self._blame(lane, read, error)
            raise

    def tell(self, read: ReadBatch, facts: Sequence[Fact]) -> None:
        """A laboratory that drives the lanes hears of these facts once they are committed."""
        if self.context.tap is not None:
            read.after_commit.append(partial(self.context.tap.add, facts))

    def _blame(self, lane: Lane, read: ReadBatch, error: Exception) -> None:
        """Raises Poisoned when an input is to blame."""
        if is_poison(error):
            log.warning("poison in a batch", service=self.service.name, p=lane.p, error=describe(error))
            raise Poisoned(read) from error

    async def dead_letter(self, tx: Connection, lane: Lane, read: ReadBatch) -> None:
        """Raises Stale when an input follows a dead letter that is gone by now: then it can be worked after all."""
        own = {letter.subject for letter in read.dead if not letter.follows}
        followed = sorted({letter.subject for letter in read.dead if letter.follows and letter.subject} - own)
        if followed and await dead_letters.waiting(tx, lane.p, followed) != set(followed):
            raise Stale(f"dead letters of lane {lane.p} were closed meanwhile")
        await dead_letters.erase(tx, lane.p, read.erased)
        await dead_letters.store(tx, lane.p, read.dead)

    async def emit(self, tx: Connection, lane: Lane, facts: Sequence[Fact], now: datetime) -> Sequence[str]:
        """Appends facts to the service's streams, and returns their ids. Raises UnfitOutput for one whose subject lives
        in another lane."""
        if facts:
            lane.unshipped = True
            await tx.begin_now()
        return await self.context.writer.append(tx, self._own(lane, facts), now)

    def _own(self, lane: Lane, facts: Sequence[Fact]) -> Sequence[Fact]:
        for fact in facts:
            if partition(fact.subject, self.context.writer.partitions) != lane.p:
                raise UnfitOutput(
                    f"{fact.event.type_name()} was written in lane {lane.p}, which is not that of its subject"
                )
        return facts

    def apply(self, lane: Lane, read: ReadBatch) -> None:
        """After the commit, memory follows the database, and the handler hears of it."""
        lane.offsets.update(read.offsets)
        for topic, progress in read.progress.items():
            if progress.last_seq > lane.progress[topic].last_seq:
                lane.gaps.pop(topic, None)
                lane.scans.pop(topic, None)
            lane.progress[topic] = progress
        lane.blocked = (lane.blocked - read.erased) | read.blocked
        lane.failures = 0
        for call in read.after_commit:
            call()

    def report(self, lane: Lane, read: ReadBatch, written: int, started: float | None) -> None:
        """Metrics and one log line; `started` is perf_counter's value at the beginning, None when it is not timed."""
        metrics.READ.labels(self.service.name).inc(read.count)
        metrics.REPEATS.labels(self.service.name).inc(read.repeats)
        metrics.SKIPPED.labels(self.service.name).inc(read.skipped)
        metrics.WRITTEN.labels(self.service.name).inc(written)
        if started is not None:
            metrics.BATCH.labels(self.service.name).observe(perf_counter() - started)
        if read.dead:
            metrics.DEAD.labels(self.service.name).inc(len(read.dead))
            for letter in read.dead:
                log.error(
                    "dead letter",
                    service=self.service.name,
                    topic=letter.topic,
                    p=lane.p,
                    seq=letter.seq,
                    reason=letter.reason,
                    follows=letter.follows,
                )
        log.debug("batch", service=self.service.name, p=lane.p, read=read.count, written=written)
