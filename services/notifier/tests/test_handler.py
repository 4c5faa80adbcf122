"""The handler on a real database: a constant number of statements, and no quarrel with the loops."""

import asyncio
from dataclasses import replace

import pytest
from services.notifier.tests.conftest import LeadLog, Notifier, StoryOf

from events import Event
from events.leads import LeadCaptured
from events.slas import ClockBreached
from notifier.channels import channels
from notifier.deliver import DeliveryLoop, HandOver
from notifier.handler import MakeNotices
from notifier.store import leads
from runtime.values import Parts
from testing.events import NOON
from testing.service import batch
from testing.statements import statements_of
from testing.waiting import PATIENCE


async def statements(notifier: Notifier, events: list[Event]) -> int:
    """How many the handler needs for this batch."""
    async with notifier.context.database.begin() as tx:
        with statements_of(tx) as seen:
            await MakeNotices(notifier.terms, HandOver([]))(batch(events, NOON), tx)
    return len(seen)


async def test_the_number_of_statements_does_not_grow_with_the_batch(notifier: Notifier, story_of: StoryOf) -> None:
    one = await statements(notifier, story_of("lead-0").offer())
    many = [event for number in range(1, 40) for event in story_of(f"lead-{number}").offer()]
    assert await statements(notifier, many) == one <= 8


async def test_what_makes_no_notice_is_loaded_by_one_statement_and_saved_by_the_lane(
    notifier: Notifier, story: LeadLog
) -> None:
    captured = next(event for event in story.offer() if isinstance(event, LeadCaptured))
    saves = Parts()
    async with notifier.context.database.lane() as connection:
        with statements_of(connection) as seen:
            handler = MakeNotices(notifier.terms, HandOver([]))
            await handler(replace(batch([captured], NOON), saves=saves), connection)
    assert len(seen) == 1
    assert list(saves.expressions) == ["saved_person"]


async def test_nothing_happens_twice_when_a_batch_is_read_again(notifier: Notifier, story: LeadLog) -> None:
    events = story.offer()
    await notifier.read(*events)
    await notifier.deliver()
    await notifier.read(*events)
    await notifier.deliver()
    assert len(await notifier.events()) == 2


@pytest.mark.parametrize("configured", [False, True])
async def test_lanes_and_loops_do_not_block_one_another(
    notifier: Notifier, slack_notifier: Notifier, story_of: StoryOf, configured: bool
) -> None:
    at_work = slack_notifier if configured else notifier
    stories = [story_of(f"lead-{number}") for number in range(8)]
    loops = [
        DeliveryLoop(at_work.context, one, notifier.terms)
        for one in channels(at_work.context.settings, notifier.terms.notices)
    ]

    async def read(story: LeadLog) -> None:
        for events in (story.offer(), [story.accepted()], [story.clock(ClockBreached)], [story.erased()]):
            await notifier.read(*events)

    async def deliver() -> None:
        for _ in range(10):
            for loop in loops:
                await loop.round()

    await asyncio.wait_for(asyncio.gather(deliver(), deliver(), *map(read, stories)), PATIENCE)
    for _ in range(20):
        await at_work.deliver()
        notifier.advance(seconds=1)
    assert set((await notifier.states()).values()) <= {"sent", "dropped"}
    assert "Jane" not in str(await notifier.rows("SELECT body, payload FROM notice"))


async def test_what_was_stored_under_older_names_is_still_read(notifier: Notifier, story: LeadLog) -> None:
    at = NOON.isoformat()
    await notifier.execute(f"""INSERT INTO person (lead, body) VALUES ('lead-old', '{{
        "facts": {{"company": [{{"value": "Acme Ltd", "source": "form", "at": "{at}"}}]}},
        "doings": [{{"at": "{at}", "event": "leads/1/1", "kind": "demo_request", "name": "Demo"}}]}}')""")
    await notifier.execute("""INSERT INTO person (lead, body) VALUES ('lead-gone', '{"gone": "erased"}')""")
    async with notifier.context.database.begin() as tx:
        views = await leads.load(tx, ["lead-gone", "lead-old"])
    assert [activity.kind for activity in views["lead-old"].person.activities] == ["demo_request"]
    assert views["lead-gone"].person.removed == "erased"
    await notifier.read(story.captured(), story.engaged(), story.erased())
    (row,) = await notifier.rows(f"SELECT body FROM person WHERE lead = '{story.lead}'")
    assert row["body"] == {"gone": "erased"}, "the delivery's SQL looks at this key"
