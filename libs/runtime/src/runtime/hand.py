"""One batch of one lane: read, fence, decide, say, commit. What happens when it fails is in worker.py and replay.py."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from events import Event, Fact
from events.codec import Unreadable, decode, head
from events.topics import partition
from runtime import observe
from runtime.accept import Progress, Verdict
from runtime.carrier import Carrier, Record
from runtime.deadletter import FOLLOWS, Dead, bury, note_run, waiting
from runtime.errors import BatonError, Fork, PoisonLimit, Stale
from runtime.fates import passing
from runtime.faultpoint import point
from runtime.lane import Lane
from runtime.service import Parts, Service, Surroundings
from runtime.timers import take_due
from runtime.values import Batch, Due

log = structlog.get_logger()


class Poisoned(Exception):
    """The handler raised on a batch; replay it record by record to find the culprit."""

    def __init__(self, intake: "Intake") -> None:
        super().__init__()
        self.intake = intake


@dataclass(slots=True)
class Intake:
    """What one read gave, after the numbers were judged and heads were looked at."""

    offsets: dict[str, int] = field(default_factory=dict)
    progress: dict[str, Progress] = field(default_factory=dict)
    taken: list[tuple[Record, Event]] = field(default_factory=list)
    dead: list[Dead] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    """Subjects with a record among the dead."""
    count: int = 0
    full: bool = False
    """There is probably more to read."""
    leading: int = 0
    """Poison before the first good record,"""
    trailing: int = 0
    """after the last one,"""
    longest: int = 0
    """and the most of it in a row."""

    @property
    def events(self) -> list[Event]:
        return [event for _, event in self.taken]

    @property
    def place(self) -> tuple[str, int, int] | None:
        """Of the first record that a handler will see."""
        if not self.taken:
            return None
        record = self.taken[0][0]
        return record.topic, record.p, record.seq

    def take(self, record: Record, event: Event) -> None:
        self.taken.append((record, event))
        self.trailing = 0

    def bury(self, dead: Dead) -> None:
        self.dead.append(dead)
        if dead.subject is not None:
            self.gone.add(dead.subject)
        if dead.follows:
            return
        self.trailing += 1
        self.longest = max(self.longest, self.trailing)
        if not self.taken:
            self.leading = self.trailing

    def run(self, before: int, limit: int) -> int:
        """How many poison records in a row there are now, after `before` of them; raises when they were too many."""
        worst = max(self.longest, before + self.leading)
        if worst > limit:
            raise PoisonLimit(f"{worst} unreadable records in a row, the last: {self.dead[-1].reason}")
        return self.trailing if self.taken else before + self.trailing


class Hand:
    """Works whichever lane it is given, on a connection of its own."""

    def __init__(self, service: Service, parts: Parts, around: Surroundings, carrier: Carrier) -> None:
        self.service = service
        self.parts = parts
        self.around = around
        self.carrier = carrier
        self.settings = around.settings

    async def batch(
        self, tx: AsyncConnection, lane: Lane, *, intake: Intake | None = None, careful: bool = False
    ) -> bool:
        """One transaction. True when there may be more to do. Raises Poisoned, Fenced, Fork, or database errors."""
        started = perf_counter()
        async with tx.begin() as transaction:
            scanned = dict(lane.scans)
            intake = intake or await self.take_in(tx, lane)
            if not intake.offsets and not lane.timers:
                await transaction.rollback()
                return lane.scans != scanned
            fence = await lane.fence(tx, self.settings.lease_seconds, careful=careful)
            now = self.around.clock.read(fence.at)
            await lane.advance(tx, intake.offsets, intake.progress)
            point("inside_transaction")
            facts = await self._handle(tx, lane, intake, Batch(lane.p, intake.events, now))
            late, more_timers = await self._fire(tx, lane, now)
            said = await self._say(tx, lane, intake, [*facts, *late], now)
            await self.bury(tx, lane, intake)
            run = intake.run(fence.poison_run, self.settings.poison_limit)
            if run != fence.poison_run:
                await note_run(tx, lane.p, run)
            point("before_commit")
        point("after_commit")
        self.settle(lane, intake)
        lane.timers = more_timers
        self.tell(lane, intake, said, started)
        return intake.full or more_timers

    async def take_in(self, tx: AsyncConnection, lane: Lane, limit: int | None = None) -> Intake:
        """Reads and judges; nothing is consumed by it."""
        limit = limit or max(1, self.settings.batch_records >> lane.failures)  # what was too much at once is cut
        start = {**lane.offsets, **lane.scans}
        found = await self.carrier.read(tx, lane.p, start, records=limit, size=self.settings.batch_bytes)
        return self._judge(lane, found, limit)

    def _judge(self, lane: Lane, records: Sequence[Record], limit: int) -> Intake:
        intake = Intake(full=len(records) >= limit)
        for record in records:
            if intake.count >= limit:
                intake.full = True
                break
            progress = intake.progress.get(record.topic)
            if progress is None:
                progress = intake.progress[record.topic] = lane.progress[record.topic].copy()
            verdict = progress.judge(record.seq, record.token)
            if verdict is Verdict.FORK:
                raise Fork(
                    f"{record.topic}/{record.p}/{record.seq} came again under token {record.token}: "
                    "two houses write one stream, or the writer's database went back in time"
                )
            if verdict is Verdict.GAP:
                self._gap(lane, record, progress.last_seq + 1)
                continue
            intake.offsets[record.topic] = record.after
            if verdict is Verdict.REPEAT:
                observe.REPEATS.labels(self.service.name).inc()
                continue
            progress.take(record.seq, record.token)
            intake.count += 1
            self._sort(lane, intake, record)
        for topic, offset in list(intake.offsets.items()):
            if offset == lane.offsets[topic] and intake.progress[topic].last_seq == lane.progress[topic].last_seq:
                del intake.offsets[topic]
        return intake

    def _gap(self, lane: Lane, record: Record, missing: int) -> None:
        if self.carrier.ships:
            lane.scans[record.topic] = record.after
        if lane.gaps.get(record.topic) != missing:
            lane.gaps[record.topic] = missing
            log.error(
                "gap: the stream waits",
                service=self.service.name,
                topic=record.topic,
                p=lane.p,
                missing=missing,
                heal="baton reship",
                found=record.seq,
            )

    def _sort(self, lane: Lane, intake: Intake, record: Record) -> None:
        """Decode what is wanted; what cannot be read, and what follows a dead letter, goes to the dead letters."""
        kind = subject = None
        try:
            top = head(record.value)
            kind, subject = top.type, top.subject
            if self.parts.handler is None or kind not in self.parts.handler.wants:
                observe.SKIPPED.labels(self.service.name).inc()
                return
            if subject in lane.dead or subject in intake.gone:
                intake.bury(Dead(record, subject, kind, FOLLOWS, follows=True))
                return
            event = decode(record.value)
        except Unreadable as error:
            intake.bury(Dead(record, subject, kind, str(error)))
            return
        if event is None:
            observe.UNKNOWN.labels(self.service.name).inc()
        else:
            intake.take(record, event)

    async def _handle(self, tx: AsyncConnection, lane: Lane, intake: Intake, batch: Batch) -> Sequence[Fact]:
        if not batch.events or self.parts.handler is None:
            return ()
        try:
            return await self.parts.handler(batch, tx)
        except Exception as error:
            if passing(error):
                raise
            log.warning("poison in a batch", service=self.service.name, p=lane.p, error=repr(error))
            raise Poisoned(intake) from error

    async def _fire(self, tx: AsyncConnection, lane: Lane, now: datetime) -> tuple[Sequence[Fact], bool]:
        if not lane.timers or self.parts.timers is None:
            return (), False
        timers = await take_due(tx, lane.p, now, self.settings.batch_records)
        if not timers:
            return (), False
        facts = await self.parts.timers(Due(lane.p, timers, now), tx)
        return facts, len(timers) >= self.settings.batch_records

    async def _say(self, tx: AsyncConnection, lane: Lane, intake: Intake, facts: Sequence[Fact], now: datetime) -> int:
        try:
            return await self.say(tx, lane, facts, now)
        except BatonError as error:
            if not intake.taken or passing(error):
                raise
            log.warning("poison in a batch", service=self.service.name, p=lane.p, error=repr(error))
            raise Poisoned(intake) from error

    async def bury(self, tx: AsyncConnection, lane: Lane, intake: Intake) -> None:
        """Raises Stale when a record follows a dead letter that is gone by now: then it can be worked after all."""
        own = {dead.subject for dead in intake.dead if not dead.follows}
        followed = sorted({dead.subject for dead in intake.dead if dead.follows and dead.subject} - own)
        if followed and await waiting(tx, lane.p, followed) != set(followed):
            raise Stale(f"dead letters of lane {lane.p} were closed meanwhile")
        await bury(tx, lane.p, intake.dead)

    async def say(self, tx: AsyncConnection, lane: Lane, facts: Sequence[Fact], now: datetime) -> int:
        for fact in facts:
            if partition(fact.subject, self.around.speaker.partitions) != lane.p:
                raise BatonError(
                    f"{fact.event.kind()} about {fact.subject} was said in lane {lane.p}, which is not its own"
                )
        await self.around.speaker.say(tx, facts, now)
        return len(facts)

    def settle(self, lane: Lane, intake: Intake) -> None:
        """After the commit, memory follows the database."""
        lane.offsets.update(intake.offsets)
        for topic, progress in intake.progress.items():
            if progress.last_seq > lane.progress[topic].last_seq:
                lane.gaps.pop(topic, None)
                lane.scans.pop(topic, None)
            lane.progress[topic] = progress
        lane.dead |= intake.gone
        lane.failures = 0

    def tell(self, lane: Lane, intake: Intake, said: int, started: float | None) -> None:
        observe.READ.labels(self.service.name).inc(intake.count)
        observe.SAID.labels(self.service.name).inc(said)
        if started is not None:
            observe.BATCH.labels(self.service.name).observe(perf_counter() - started)
        if intake.dead:
            observe.DEAD.labels(self.service.name).inc(len(intake.dead))
            for dead in intake.dead:
                log.error(
                    "dead letter",
                    service=self.service.name,
                    topic=dead.record.topic,
                    p=lane.p,
                    seq=dead.record.seq,
                    reason=dead.reason,
                    follows=dead.follows,
                )
        log.debug("batch", service=self.service.name, p=lane.p, read=intake.count, said=said)
