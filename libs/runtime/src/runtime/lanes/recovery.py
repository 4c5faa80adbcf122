"""What follows a failed batch: find the poison one by one, try suspects with care, retry dead letters."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import structlog

from runtime.database.connection import Connection
from runtime.database.fates import is_poison
from runtime.errors import PoisonLimit
from runtime.lanes.batch import BatchProcessor
from runtime.lanes.dead_letters import FOLLOWS, DeadLetter, StoredLetter, blocked, close, note_run, reopen, to_retry
from runtime.lanes.lane import Lane
from runtime.lanes.read_batch import Poisoned, ReadBatch
from runtime.values import Batch, Input, Timer, key_of

log = structlog.get_logger()
CRASHES: Final = 2
"""Workers that may die on a lane before it is worked with care."""
_STEPS: Final = 20
"""A batch on probation is so many times smaller."""
TRIES: Final = 3
"""How often a record may kill its worker."""
_KILLER: Final = f"this record killed the worker that tried it, {TRIES} times"


async def isolate_poison(processor: BatchProcessor, tx: Connection, lane: Lane, read: ReadBatch) -> None:
    """The same inputs, each under a savepoint; those that still raise are dead-lettered in the same transaction."""
    handler = processor.handler
    if handler is None:
        return
    result = ReadBatch(read.offsets, read.progress, dead=list(read.dead), count=read.count)
    blocked = set(lane.blocked)
    async with tx.begin():
        fence = await lane.fence(tx, processor.settings.lease_seconds)
        now = processor.context.clock.read(fence.at)
        await lane.advance(tx, read.offsets, read.progress)
        run, written = fence.poison_run, 0
        for one, letter in [*_records(read), *_timers(await processor.due(tx, lane, now))]:
            if one.subject in blocked:
                result.dead_letter(replace(letter, reason=FOLLOWS, follows=True))
                continue
            try:
                async with tx.begin_nested():
                    written += await processor.emit(tx, lane, await handler(Batch(lane.p, [one], now), tx), now)
                run = 0
            except Exception as error:
                if not is_poison(error):
                    raise
                run += 1
                if run > processor.settings.poison_limit:
                    raise PoisonLimit(f"{run} poison inputs in a row, the last: {error!r}") from error
                blocked.add(one.subject)
                result.dead_letter(replace(letter, reason=f"{type(error).__name__}: {error}"))
        result.blocked |= read.blocked
        result.dead.sort(key=lambda letter: (letter.topic, letter.seq or 0))
        await processor.dead_letter(tx, lane, result)
        await note_run(tx, lane.p, run)
    processor.apply(lane, result)
    processor.report(lane, result, written, None)


def _records(read: ReadBatch) -> list[tuple[Input, DeadLetter]]:
    """Each event with the letter that it becomes if it raises; the reason is filled in then."""
    return [(event, DeadLetter.of_record(record, event.subject, event.type, "")) for record, event in read.records]


def _timers(due: Sequence[Timer]) -> list[tuple[Input, DeadLetter]]:
    return [(timer, DeadLetter.of_timer(timer, "")) for timer in due]


async def probation(processor: BatchProcessor, tx: Connection, lane: Lane) -> bool:
    """Workers died here: small batches first, and if one dies in those, one record at a time, announced by its name.

    The lane is trusted again after as many records as were in what killed, or when the killer is found. True when
    there may be more to do.
    """
    step = max(1, processor.settings.batch_records // _STEPS)
    single = lane.crashes > CRASHES
    async with tx.begin():
        read = await processor.read(tx, lane, 1 if single else step)
        place = "/".join(map(str, read.position)) if single and read.position else None
        killer = place is not None and await lane.suspect(tx, place) > TRIES
    if not read.offsets and not lane.timers:
        return False
    if not lane.probation_records:
        log.warning("lane on probation", service=processor.service.name, p=lane.p, crashes=lane.crashes)
    if killer:
        record, event = read.records.pop()
        read.dead_letter(DeadLetter.of_record(record, event.subject, event.type, _KILLER))
    try:
        await processor.process(tx, lane, read=read, on_probation=True)
    except Poisoned:
        await isolate_poison(processor, tx, lane, read)
    if not read.offsets:
        return True
    lane.harmless = place or lane.harmless
    lane.probation_records += max(1, read.count)
    suspicious = (step if single else processor.settings.batch_records) * len(lane.offsets)
    if killer or lane.probation_records >= suspicious:
        async with tx.begin():
            await lane.trusted(tx)
    return True


async def retry(processor: BatchProcessor, tx: Connection, lane: Lane) -> None:
    """Works the dead letters whose retry was asked for, oldest first, each in a transaction of its own; what fails
    again is open again."""
    async with tx.begin():
        await lane.fence(tx, processor.settings.lease_seconds, on_probation=True)
        letters = await to_retry(tx, lane.p)
    lane.certain = False  # the set of subjects that wait will have changed
    for letter in letters:
        place = f"letter {letter.id}"
        async with tx.begin():
            killer = await lane.suspect(tx, place) > TRIES
        async with tx.begin():
            if killer:
                await reopen(tx, letter.id, _KILLER)
            else:
                await _retry_one(processor, tx, lane, letter)
            await lane.cleared(tx, place)
    lane.retries = False


async def _retry_one(processor: BatchProcessor, tx: Connection, lane: Lane, letter: StoredLetter) -> None:
    fence = await lane.fence(tx, processor.settings.lease_seconds)
    now = processor.context.clock.read(fence.at)
    if await blocked(tx, lane.p, letter):
        await reopen(tx, letter.id, FOLLOWS)
        return
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
        await reopen(tx, letter.id, f"{type(error).__name__}: {error}")
