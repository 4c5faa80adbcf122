"""A notice that is due when it is decided: claimed in the lane's transaction, sent after its commit, never in doubt."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest
from services.notifier.tests.conftest import LeadLog, Notifier, StoryOf

from events import Event
from notifier.channels import channels
from notifier.deliver import DeliveryLoop, HandOver
from notifier.handler import MakeNotices
from runtime.database.connection import Connection
from testing.events import NOON
from testing.service import batch
from testing.waiting import eventually
from testing.world import Slack


@pytest.fixture
def loop(slack_notifier: Notifier) -> DeliveryLoop:
    """Slack's."""
    (slack_channel, _) = channels(slack_notifier.context.settings, slack_notifier.terms.notices)
    return DeliveryLoop(slack_notifier.context, slack_channel, slack_notifier.terms)


async def decided(notifier: Notifier, loop: DeliveryLoop, tx: Connection, *events: Event) -> list[Callable[[], None]]:
    """What is to be called after the commit."""
    calls: list[Callable[[], None]] = []
    handler = MakeNotices(notifier.terms, HandOver([loop]))
    await handler(replace(batch(events, NOON), after_commit=calls), tx)
    return calls


async def commit(notifier: Notifier, loop: DeliveryLoop, *events: Event) -> list[Callable[[], None]]:
    async with notifier.context.database.begin() as tx:
        return await decided(notifier, loop, tx, *events)


HELD = "SELECT state, attempts, held_until IS NOT NULL AS held FROM notice WHERE channel = 'slack'"


async def test_it_is_claimed_by_the_time_it_is_committed_and_sent_when_handed_over(
    slack_notifier: Notifier, slack: Slack, story: LeadLog, loop: DeliveryLoop
) -> None:
    calls = await commit(slack_notifier, loop, *story.offer())
    assert await slack_notifier.rows(HELD) == [{"state": "pending", "attempts": 0, "held": True}]
    assert await loop.round() is False, "the loop itself finds nothing left to claim"
    assert slack.posted == []
    for call in calls:
        call()
    await loop.round()
    assert len(slack.posted) == 1
    assert "Jane Doe" in slack.posted[0]["text"]
    assert await slack_notifier.rows(HELD) == [{"state": "sent", "attempts": 1, "held": False}]


async def test_a_card_that_waited_for_its_due_times_is_claimed_by_the_batch_that_brings_them(
    slack_notifier: Notifier, slack: Slack, story: LeadLog, loop: DeliveryLoop
) -> None:
    await commit(slack_notifier, loop, story.captured(), story.assigned())
    assert await slack_notifier.rows(HELD) == [{"state": "pending", "attempts": 0, "held": False}]
    for call in await commit(slack_notifier, loop, *story.clocks()):
        call()
    await slack_notifier.execute("UPDATE notice SET next_at = NULL WHERE held_until IS NULL")
    await loop.round()
    assert len(slack.posted) == 1
    assert "First touch by" in slack.posted[0]["text"]


async def test_who_dies_before_handing_over_leaves_it_to_be_sent_and_not_in_doubt(
    slack_notifier: Notifier, slack: Slack, story: LeadLog, loop: DeliveryLoop
) -> None:
    await commit(slack_notifier, loop, *story.offer())
    await slack_notifier.execute("UPDATE notice SET held_until = clock_timestamp() - interval '1 second'")
    slack_notifier.advance(seconds=1)
    await slack_notifier.deliver()
    assert slack.methods() == ["chat.postMessage"], "it was not looked for"
    assert [event.type for event in await slack_notifier.events("slack")] == ["notice.sent.v1"]


async def test_what_is_rolled_back_is_not_handed_over(
    slack_notifier: Notifier, slack: Slack, story: LeadLog, loop: DeliveryLoop
) -> None:
    async def fail() -> None:
        async with slack_notifier.context.database.begin() as tx:
            calls.extend(await decided(slack_notifier, loop, tx, *story.offer()))
            raise OSError("the database went away")

    calls: list[Callable[[], None]] = []
    with pytest.raises(OSError, match="away"):
        await fail()
    assert calls
    assert await loop.round() is False
    assert slack.calls == []


async def test_nothing_is_claimed_where_nobody_calls_after_the_commit(
    slack_notifier: Notifier, story: LeadLog, loop: DeliveryLoop
) -> None:
    async with slack_notifier.context.database.begin() as tx:
        await MakeNotices(slack_notifier.terms, HandOver([loop]))(batch(story.offer(), NOON), tx)
    assert await slack_notifier.rows(HELD) == [{"state": "pending", "attempts": 0, "held": False}]


async def test_a_crowd_is_left_to_the_loop(slack_notifier: Notifier, story_of: StoryOf, loop: DeliveryLoop) -> None:
    await commit(slack_notifier, loop, *(event for n in range(9) for event in story_of(f"lead-{n}").offer()))
    assert not any(row["held"] for row in await slack_notifier.rows(HELD))


async def test_a_card_that_changed_between_the_claim_and_the_call_is_drawn_anew_before_it_is_sent(
    slack_notifier: Notifier, slack: Slack, story: LeadLog, loop: DeliveryLoop
) -> None:
    calls = await commit(slack_notifier, loop, *story.offer())
    await slack_notifier.read(story.accepted())
    for call in calls:
        call()
    await loop.round()
    slack_notifier.advance(seconds=1)
    await slack_notifier.deliver()
    assert slack.methods() == ["chat.postMessage"]
    assert "Accepted by Ana Lima" in str(slack.posted[0]["blocks"])


@pytest.mark.fault("F23")
async def test_of_who_left_between_the_claim_and_the_call_nothing_is_sent(
    slack_notifier: Notifier, slack: Slack, story: LeadLog, loop: DeliveryLoop
) -> None:
    calls = await commit(slack_notifier, loop, *story.offer())
    await slack_notifier.read(story.erased())
    for call in calls:
        call()
    await loop.round()
    slack_notifier.advance(seconds=1)
    await slack_notifier.deliver()
    assert slack.calls == []
    assert [row["state"] for row in await slack_notifier.rows(HELD)] == ["dropped"]


async def test_what_is_handed_over_to_a_house_that_stopped_is_given_back(
    slack_notifier: Notifier, story: LeadLog, loop: DeliveryLoop
) -> None:
    calls = await commit(slack_notifier, loop, *story.offer())
    stop = asyncio.Event()
    stop.set()
    await loop(stop)
    for call in calls:
        call()

    async def given_back() -> bool:
        return await slack_notifier.rows(HELD) == [{"state": "pending", "attempts": 0, "held": False}]

    await eventually(given_back)


async def test_a_mail_is_left_to_its_loop_so_that_it_keeps_no_card_waiting(
    slack_notifier: Notifier, story: LeadLog, loop: DeliveryLoop
) -> None:
    (_, mail) = channels(slack_notifier.context.settings, slack_notifier.terms.notices)
    mails = DeliveryLoop(slack_notifier.context, mail, slack_notifier.terms)
    async with slack_notifier.context.database.begin() as tx:
        calls: list[Callable[[], None]] = []
        handler = MakeNotices(slack_notifier.terms, HandOver([loop, mails]))
        await handler(replace(batch(story.offer(), NOON), after_commit=calls), tx)
    held = await slack_notifier.rows("SELECT DISTINCT channel, held_until IS NOT NULL AS held FROM notice ORDER BY 1")
    assert held == [{"channel": "email", "held": False}, {"channel": "slack", "held": True}]
    for call in calls:
        call()
    assert await mails.round()


async def test_nobody_looks_again_for_what_was_handed_over(
    slack_notifier: Notifier, story: LeadLog, loop: DeliveryLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[DeliveryLoop] = []
    monkeypatch.setattr(loop, "wake", lambda: woken.append(loop))
    for events in ([story.captured()], [story.assigned()], story.clocks()):
        for call in await commit(slack_notifier, loop, *events):
            call()
    assert woken == []


async def test_a_card_that_was_sent_and_changed_is_looked_for(
    slack_notifier: Notifier, story: LeadLog, loop: DeliveryLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for call in await commit(slack_notifier, loop, *story.offer()):
        call()
    await loop.round()
    woken: list[DeliveryLoop] = []
    monkeypatch.setattr(loop, "wake", lambda: woken.append(loop))
    for call in await commit(slack_notifier, loop, story.accepted()):
        call()
    assert woken == [loop]


@pytest.mark.parametrize(("others", "wakes"), [({"slack"}, True), ({"email"}, False), ((), False)])
async def test_what_else_is_due_is_looked_for_by_the_loop_of_its_channel(
    slack_notifier: Notifier, loop: DeliveryLoop, monkeypatch: pytest.MonkeyPatch, others: set[str], wakes: bool
) -> None:
    woken: list[DeliveryLoop] = []
    monkeypatch.setattr(loop, "wake", lambda: woken.append(loop))
    async with slack_notifier.context.database.begin() as tx:
        call = await HandOver([loop]).claim(tx, [], {}, NOON, others)
    call()
    assert woken == ([loop] if wakes else [])
