"""What follows a failed batch: find the poison one by one, try suspects with care, retry dead letters."""

from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from events.codec import decode
from runtime.deadletter import Dead, bury, close, note_run, reopen, to_retry
from runtime.errors import BatonError
from runtime.fates import passing
from runtime.hand import Hand, Intake
from runtime.lane import Lane
from runtime.values import Batch

log = structlog.get_logger()
CRASHES: Final = 2
"""Workers that may die on a lane before its records are tried one at a time."""
TRIES: Final = 3
"""How often a record may kill its worker."""


class PoisonLimit(BatonError):
    """Too many poison records in a row: not the records are wrong, the code or the terms are."""


async def one_by_one(hand: Hand, tx: AsyncConnection, lane: Lane, intake: Intake) -> None:
    """The same records, each under a savepoint; those that still raise are buried in the same transaction."""
    handler = hand.parts.handler
    if handler is None:
        return
    async with tx.begin():
        fence = await lane.fence(tx, hand.settings.lease_seconds)
        now = hand.around.clock.read(fence.at)
        await lane.advance(tx, intake.offsets, intake.progress)
        run, said = fence.poison_run, 0
        dead, gone = list(intake.dead), set(lane.dead)
        for record, event in intake.taken:
            if event.subject in gone:
                reason = "an earlier event of this lead lies here"
                dead.append(Dead(record, event.subject, event.type, reason, follows=True))
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
                dead.append(Dead(record, event.subject, event.type, f"{type(error).__name__}: {error}"))
        intake.dead = dead
        await bury(tx, lane.p, dead)
        await note_run(tx, lane.p, run)
    hand.settle(lane, intake)
    hand.tell(lane, intake, said, None)


async def carefully(hand: Hand, tx: AsyncConnection, lane: Lane) -> None:
    """Workers died here. One record at a time, each announced first, so that the killer is known by its name."""
    log.warning("careful", service=hand.service.name, p=lane.p, crashes=lane.crashes)
    for _ in range(hand.settings.batch_records):
        async with tx.begin():
            intake = await hand.take_in(tx, lane, 1)
            if not intake.offsets:
                break
            if intake.taken:
                record = intake.taken[0][0]
                place = f"{record.topic}/{record.p}/{record.seq}"
                tries = await lane.suspect(tx, place)
                lane.condemned = place if tries > TRIES else None
        await hand.batch(tx, lane, limit=1, careful=True)
    async with tx.begin():
        await lane.fence(tx, hand.settings.lease_seconds)
    lane.crashes, lane.condemned = 0, None


async def retry(hand: Hand, tx: AsyncConnection, lane: Lane) -> None:
    """Dead letters somebody asked for, oldest first; what fails again lies down again."""
    handler = hand.parts.handler
    async with tx.begin():
        fence = await lane.fence(tx, hand.settings.lease_seconds)
        now = hand.around.clock.read(fence.at)
        failed = set[str]()
        for letter in await to_retry(tx, lane.p):
            event = None
            try:
                async with tx.begin_nested():
                    event = decode(letter.body)
                    if event is not None and event.subject in failed:
                        raise BatonError("an earlier event of this lead failed again")
                    if event is not None and handler is not None and event.type in handler.wants:
                        await hand.say(tx, lane, await handler(Batch(lane.p, [event], now), tx), now)
                    await close(tx, letter.id)
            except Exception as error:
                if passing(error):
                    raise
                if event is not None:
                    failed.add(event.subject)
                await reopen(tx, letter.id, f"{type(error).__name__}: {error}")
    lane.retries = False
    lane.certain = False  # the set of subjects that wait has changed
