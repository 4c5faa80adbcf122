"""What a child process does with its lane: one input at a time, each announced before it is looked at."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, Literal

from events.codec import head
from runtime.clock import DatabaseClock, are_apart, wall
from runtime.database.connection import Connection
from runtime.database.fates import is_poison
from runtime.lanes.batch import BatchProcessor
from runtime.lanes.batch_reader import BatchReader
from runtime.lanes.dead_letters import (
    FOLLOWS,
    KILLED,
    DeadLetter,
    StoredLetter,
    blocked,
    close,
    follow,
    reopen,
    to_retry,
)
from runtime.lanes.lane import Lane, due_lanes
from runtime.lanes.look import Look
from runtime.lanes.read_batch import Poisoned, ReadBatch
from runtime.lanes.recovery import isolate_poison
from runtime.observe.describe import describe
from runtime.service import Components, Context, Service
from runtime.settings import Settings
from runtime.transport.base import Record, Transport
from runtime.values import Batch, Timer, key_of

QUIET: Final = 5.0
"""Seconds in which nothing can be read although the writer has gone on: a gap, which harms nobody here."""
InputId = str
"""Names one input of a lane: `leads/3/17`, `timer/KIND/KEY/SUBJECT`, or `letter 4` for a dead letter to be retried."""
Announce = Callable[[InputId], None]


def id_of(timer: Timer) -> InputId:
    """A timer has no number: its whole key names it."""
    return f"timer/{timer.kind}/{timer.key}/{timer.subject}"


class ProbationReader(BatchReader):
    """One record at a time; each is announced before it is looked at, the `killer` becomes a dead letter untried."""

    def __init__(
        self, service: Service, components: Components, transport: Transport, settings: Settings, *,
        announce: Announce, killer: InputId | None,
    ) -> None:  # fmt: skip
        super().__init__(service, components, transport, settings)
        self._announce = announce
        self._killer = killer

    def sort(self, lane: Lane, read: ReadBatch, record: Record) -> None:
        """As `BatchReader.sort`."""
        number = f"{record.topic}/{record.p}/{record.seq}"
        if number == self._killer:
            top = head(record.value)
            read.dead_letter(DeadLetter.of_record(record, top.subject, top.type, KILLED))
            return
        self._announce(number)
        super().sort(lane, read, record)


class ProbationProcessor(BatchProcessor):
    """Works what `ProbationReader` reads, and treats timers as that one does records."""

    def __init__(
        self, service: Service, components: Components, context: Context, transport: Transport, *,
        announce: Announce, killer: InputId | None = None,
    ) -> None:  # fmt: skip
        settings = context.settings.model_copy(update={"batch_records": 1})
        reader = ProbationReader(service, components, transport, settings, announce=announce, killer=killer)
        super().__init__(service, components, context, transport, reader)
        self.settings = settings
        self.announce = announce
        self.killer = killer

    def _runnable(self, lane: Lane, read: ReadBatch, timers: Sequence[Timer]) -> list[Timer]:
        runnable = super()._runnable(lane, read, timers)
        for timer in runnable:
            if id_of(timer) == self.killer:
                read.dead_letter(DeadLetter.of_timer(timer, KILLED))
            else:
                self.announce(id_of(timer))
        return [timer for timer in runnable if id_of(timer) != self.killer]


async def work_on_probation(
    processor: ProbationProcessor, tx: Connection, lane: Lane, stop: asyncio.Event
) -> Literal["well", "stopped"]:
    """Retries letters, then works records and due timers, until none is left or more passed than a batch may hold.

    Raises what the lane's worker would: Fenced, transient errors, bugs.
    """
    async with tx.begin():
        await lane.learn(tx)
    await processor.transport.hold(lane.p, lane.offsets)
    await retry(processor, tx, lane)
    if not lane.on_probation:
        return "well"
    enough = processor.context.settings.batch_records * (len(lane.offsets) + 1)
    passed, loop = 0, asyncio.get_running_loop()
    moved_at = loop.time()
    while not stop.is_set():
        moved = await _record(processor, tx, lane) + await _timer(processor, tx, lane)
        passed += moved
        if passed >= enough or (not moved and not await _behind(processor, tx, lane)):
            return "well"
        if moved:
            moved_at = loop.time()
        elif loop.time() - moved_at > QUIET:
            return "well"
        else:
            await asyncio.sleep(0.05)
    return "stopped"


async def _behind(processor: ProbationProcessor, tx: Connection, lane: Lane) -> bool:
    async with tx.begin():
        look = Look(processor.service, processor.settings.lease_seconds, ships=processor.transport.ships)
        return any(p == lane.p for p, _ in (await look(tx)).behind)


async def _record(processor: ProbationProcessor, tx: Connection, lane: Lane) -> bool:
    lane.timers = False
    async with tx.begin():
        read = await processor.read(tx, lane)
    return await _process(processor, tx, lane, read) if read.offsets else False


async def _timer(processor: ProbationProcessor, tx: Connection, lane: Lane) -> bool:
    async with tx.begin():
        at = await DatabaseClock().now(tx)
        is_due = not are_apart(at, wall()) and lane.p in await due_lanes(tx, processor.context.clock.read(at))
        lane.timers = processor.handler is not None and is_due
    return await _process(processor, tx, lane, ReadBatch()) if lane.timers else False


async def _process(processor: ProbationProcessor, tx: Connection, lane: Lane, read: ReadBatch) -> bool:
    try:
        await processor.process(tx, lane, read=read)
    except Poisoned:
        await isolate_poison(processor, tx, lane, read)
    return True


async def retry(processor: ProbationProcessor, tx: Connection, lane: Lane) -> None:
    """Works the dead letters whose retry was asked for, oldest first, each in a transaction of its own; what fails
    again is open again."""
    async with tx.begin():
        await follow(tx, lane.p)
    while True:
        async with tx.begin():
            letters = await to_retry(tx, lane.p)
        if not letters:
            break
        for letter in letters:
            async with tx.begin():
                await _retry_one(processor, tx, lane, letter)
    async with tx.begin():
        await lane.learn(tx)  # the set of subjects that wait has changed


async def _retry_one(processor: ProbationProcessor, tx: Connection, lane: Lane, letter: StoredLetter) -> None:
    fence = await lane.fence(tx, processor.settings.lease_seconds)
    now = processor.context.clock.read(fence.at)
    place = f"letter {letter.id}"
    if place == processor.killer:
        await reopen(tx, letter.id, KILLED)
        return
    if await blocked(tx, lane.p, letter):
        await reopen(tx, letter.id, FOLLOWS)
        return
    processor.announce(place)
    try:
        async with tx.begin_nested():
            if not await close(tx, letter.id):
                return
            one = letter.input
            if one is not None and processor.handler is not None and key_of(one) in processor.handler.handles:
                await processor.emit(tx, lane, await processor.handler(Batch(lane.p, [one], now), tx), now)
    except Exception as error:
        if not is_poison(error):
            raise
        await reopen(tx, letter.id, describe(error))
