"""What follows a failed batch: the poison in it is found one by one."""

from collections.abc import Sequence
from dataclasses import replace

from events import Event
from events.leads import LeadErased, lets_go
from runtime.database.connection import Connection
from runtime.database.fates import is_poison
from runtime.errors import PoisonLimit
from runtime.lanes.batch import BatchProcessor
from runtime.lanes.dead_letters import FOLLOWS, DeadLetter, note_run
from runtime.lanes.lane import Lane
from runtime.lanes.read_batch import ReadBatch
from runtime.observe.describe import describe
from runtime.values import Batch, Input, Timer


async def isolate_poison(processor: BatchProcessor, tx: Connection, lane: Lane, read: ReadBatch) -> None:
    """The same inputs, each under a savepoint; those that still raise are dead-lettered in the same transaction."""
    handler = processor.handler
    if handler is None:
        return
    result = ReadBatch(read.offsets, read.progress, dead=list(read.dead), erased=set(read.erased), count=read.count)
    blocked = lane.blocked - read.erased
    async with tx.begin():
        fence = await lane.fence(tx, processor.settings.lease_seconds)
        now = processor.context.clock.read(fence.at)
        await lane.advance(tx, read.offsets, read.progress)
        run, written = fence.poison_run, 0
        for one, letter in [*_records(read), *_timers(await processor.due(tx, lane, fence.at))]:
            if isinstance(one, LeadErased):
                result.erase(one.subject, keep=read.dead)
                blocked.discard(one.subject)
            if one.subject in blocked and not (isinstance(one, Event) and lets_go(one)):
                result.dead_letter(replace(letter, reason=FOLLOWS, follows=True))
                continue
            try:
                async with tx.begin_nested():
                    facts = await handler(Batch(lane.p, [one], now), tx)
                    written += len(await processor.emit(tx, lane, facts, now))
                processor.tell(result, facts)
                run = 0
            except Exception as error:
                if not is_poison(error):
                    raise
                run += 1
                if run > processor.settings.poison_limit:
                    raise PoisonLimit(f"{run} poison inputs in a row, the last: {describe(error)}") from error
                blocked.add(one.subject)
                result.dead_letter(replace(letter, reason=describe(error)))
        result.blocked |= read.blocked
        result.dead.sort(key=lambda letter: (letter.topic, letter.seq or 0))
        await processor.dead_letter(tx, lane, result)
        await note_run(tx, lane.p, run)
    processor.apply(lane, result)
    lane.certain = lane.outputs is None  # its streams went on without its memory
    processor.report(lane, result, written, None)


def _records(read: ReadBatch) -> list[tuple[Input, DeadLetter]]:
    """Each event with the letter that it becomes if it raises; the reason is filled in then."""
    return [(event, DeadLetter.of_record(record, event.subject, event.type, "")) for record, event in read.records]


def _timers(due: Sequence[Timer]) -> list[tuple[Input, DeadLetter]]:
    return [(timer, DeadLetter.of_timer(timer, "")) for timer in due]
