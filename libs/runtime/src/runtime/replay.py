"""What follows a failed batch: find the poison one by one, try suspects with care, retry dead letters."""

from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from events.codec import decode
from runtime.deadletter import FOLLOWS, Asked, Dead, blocked, close, note_run, reopen, to_retry
from runtime.errors import BatonError, PoisonLimit
from runtime.fates import passing
from runtime.hand import Hand, Intake, Poisoned
from runtime.lane import Lane
from runtime.values import Batch

log = structlog.get_logger()
CRASHES: Final = 2
"""Workers that may die on a lane before it is worked with care."""
_STEPS: Final = 20
"""A careful batch is so many times smaller."""
TRIES: Final = 3
"""How often a record may kill its worker."""
_KILLER: Final = f"this record killed the worker that tried it, {TRIES} times"


async def one_by_one(hand: Hand, tx: AsyncConnection, lane: Lane, intake: Intake) -> None:
    """The same records, each under a savepoint; those that still raise are buried in the same transaction."""
    handler = hand.parts.handler
    if handler is None:
        return
    buried = Intake(intake.offsets, intake.progress, dead=list(intake.dead), count=intake.count)
    gone = set(lane.dead)
    async with tx.begin():
        fence = await lane.fence(tx, hand.settings.lease_seconds)
        now = hand.around.clock.read(fence.at)
        await lane.advance(tx, intake.offsets, intake.progress)
        run, said = fence.poison_run, 0
        for record, event in intake.taken:
            if event.subject in gone:
                buried.bury(Dead(record, event.subject, event.type, FOLLOWS, follows=True))
                continue
            try:
                async with tx.begin_nested():
                    facts = await handler(Batch(lane.p, [event], now), tx)
                    said += await hand.say(tx, lane, facts, now)
                run = 0
            except Exception as error:
                if passing(error):
                    raise
                run += 1
                if run > hand.settings.poison_limit:
                    raise PoisonLimit(f"{run} poison records in a row, the last: {error!r}") from error
                gone.add(event.subject)
                buried.bury(Dead(record, event.subject, event.type, f"{type(error).__name__}: {error}"))
        buried.gone |= intake.gone
        buried.dead.sort(key=lambda dead: (dead.record.topic, dead.record.seq))
        await hand.bury(tx, lane, buried)
        await note_run(tx, lane.p, run)
    hand.settle(lane, buried)
    hand.tell(lane, buried, said, None)


async def carefully(hand: Hand, tx: AsyncConnection, lane: Lane) -> bool:
    """Workers died here: small steps first, and if one dies in those, one record at a time, announced by its name.

    The lane is trusted again after as many records as were in what killed, or when the killer is found. True when
    there may be more to do.
    """
    step = max(1, hand.settings.batch_records // _STEPS)
    single = lane.crashes > CRASHES
    async with tx.begin():
        intake = await hand.take_in(tx, lane, 1 if single else step)
        place = "/".join(map(str, intake.place)) if single and intake.place else None
        killer = place is not None and await lane.suspect(tx, place) > TRIES
    if not intake.offsets:
        return lane.timers and await hand.batch(tx, lane, intake=intake, careful=True)
    if not lane.careful:
        log.warning("careful", service=hand.service.name, p=lane.p, crashes=lane.crashes)
    if killer:
        record, event = intake.taken.pop()
        intake.bury(Dead(record, event.subject, event.type, _KILLER))
    try:
        await hand.batch(tx, lane, intake=intake, careful=True)
    except Poisoned:
        await one_by_one(hand, tx, lane, intake)
    lane.harmless = place or lane.harmless
    lane.careful += max(1, intake.count)
    suspicious = (step if single else hand.settings.batch_records) * len(lane.offsets)
    if killer or lane.careful >= suspicious:
        async with tx.begin():
            await lane.trusted(tx)
    return True


async def retry(hand: Hand, tx: AsyncConnection, lane: Lane) -> None:
    """Dead letters somebody asked for, oldest first, each in a transaction; what fails again lies down again."""
    async with tx.begin():
        await lane.fence(tx, hand.settings.lease_seconds, careful=True)
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
                await _retry_one(hand, tx, lane, letter)
            await lane.cleared(tx, place)
    lane.retries = False


async def _retry_one(hand: Hand, tx: AsyncConnection, lane: Lane, letter: Asked) -> None:
    fence = await lane.fence(tx, hand.settings.lease_seconds)
    handler = hand.parts.handler
    now = hand.around.clock.read(fence.at)
    try:
        async with tx.begin_nested():
            if await blocked(tx, lane.p, letter):
                raise BatonError(FOLLOWS)
            if not await close(tx, letter.id):
                return
            event = decode(letter.body)
            if event is not None and handler is not None and event.type in handler.wants:
                await hand.say(tx, lane, await handler(Batch(lane.p, [event], now), tx), now)
    except Exception as error:
        if passing(error):
            raise
        await reopen(tx, letter.id, f"{type(error).__name__}: {error}")
