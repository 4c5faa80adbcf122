"""The word of a rep and the clock that waits behind the leave come in two lanes at once: the clock hears of it."""

import asyncio
from contextlib import AsyncExitStack
from datetime import datetime
from functools import partial

import pytest

from events.handoffs import LeadAssigned
from events.sales import RepAvailability
from events.topics import partition
from runtime.database.connect import Database
from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.service import Context, Handler
from sla_monitor.service import build
from testing.events import EventBuilder
from testing.service import batch, fire
from testing.waiting import eventually

TOUCH = "lead-1/1/first_touch/lead-1.1"
_DUE = statement("SELECT record ->> 'due' FROM clock WHERE id = :clock")
_WAITS = statement("SELECT count(*) FROM pg_locks WHERE NOT granted")


@pytest.fixture
def handler(context: Context) -> Handler:
    found = build(context).handler
    assert found is not None
    return found


async def due(tx: Connection) -> datetime:
    return datetime.fromisoformat((await tx.execute(_DUE, {"clock": TOUCH})).scalar_one())


@pytest.mark.parametrize("first", ["the clock", "the word"])
async def test_whichever_is_kept_first_the_clock_is_due_as_the_rep_is_here(
    handler: Handler, database: Database, lead: EventBuilder, first: str
) -> None:
    """The one lane has read before the other has written: neither knows of the other's row."""
    say = partial(lead.make, RepAvailability, subject="rep-ana")
    away = say({"since": lead.at(1), "until": lead.at(23)}, at=lead.at(-1))
    offer, here = lead.make(LeadAssigned, at=lead.at(0)), say(state="active", at=lead.at(0.5))
    now = lead.at(0.5)
    async with database.begin() as tx:
        await handler(batch([away], lead.at(-1)), tx)
    async with AsyncExitStack() as clocks, AsyncExitStack() as words:
        lane = await clocks.enter_async_context(database.begin())
        other = await words.enter_async_context(database.begin())
        await handler(batch([offer], now), lane)
        assert await due(lane) == lead.at(26)
        await handler(batch([here], now), other)
        if first == "the word":
            await words.aclose()
        await clocks.aclose()
        async with database.begin() as again, database.begin() as look:
            woken = asyncio.create_task(fire(handler, again, partition(lead.subject), now))
            if first == "the clock":
                await eventually(partial(_waits, look), what="it waits for the word")
                assert not woken.done()
                await words.aclose()
            await woken
            assert await due(again) == lead.at(4)


async def _waits(tx: Connection) -> bool:
    return bool((await tx.execute(_WAITS)).scalar_one())
