"""The handler on a real database: a constant number of statements, and no quarrel with the loops."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import event as sqlalchemy_event

from events.slas import ClockBreached
from notifier.channels import channels
from notifier.deliver import Deliver
from notifier.handler import OweNotices
from testing.events import NOON
from testing.service import batch


async def statements(desk: Any, events: list[Any]) -> int:
    """How many the handler needs for this batch."""
    seen = list[str]()
    async with desk.context.database.begin() as tx:
        sqlalchemy_event.listen(tx.sync_connection, "before_cursor_execute", lambda *given: seen.append(given[2]))
        await OweNotices(desk.terms, lambda: None)(batch(events, NOON), tx)
    return len(seen)


async def test_the_number_of_statements_does_not_grow_with_the_batch(desk: Any, tell_of: Any) -> None:
    one = await statements(desk, tell_of("lead-0").offer())
    many = [event for number in range(1, 40) for event in tell_of(f"lead-{number}").offer()]
    assert await statements(desk, many) == one <= 8


async def test_nothing_happens_twice_when_a_batch_is_read_again(desk: Any, story: Any) -> None:
    events = story.offer()
    await desk.read(*events)
    await desk.deliver()
    await desk.read(*events)
    await desk.deliver()
    assert len(await desk.said()) == 2


@pytest.mark.parametrize("configured", [False, True])
async def test_lanes_and_loops_do_not_block_one_another(
    desk: Any, slack_desk: Any, tell_of: Any, configured: bool
) -> None:
    at_work = slack_desk if configured else desk
    stories = [tell_of(f"lead-{number}") for number in range(8)]
    loops = [
        Deliver(at_work.context, one, desk.terms) for one in channels(at_work.context.settings, desk.terms.notices)
    ]

    async def read(story: Any) -> None:
        for events in (story.offer(), [story.accepted()], [story.clock(ClockBreached)], [story.erased()]):
            await desk.read(*events)

    async def deliver() -> None:
        for _ in range(10):
            for loop in loops:
                await loop.round()

    await asyncio.wait_for(asyncio.gather(deliver(), deliver(), *map(read, stories)), 20)
    for _ in range(20):
        await at_work.deliver()
        await desk.pass_(seconds=1)
    assert set((await desk.states()).values()) <= {"sent", "dropped"}
    assert "Jane" not in str(await desk.rows("SELECT body, payload FROM notice"))
