"""The loop itself: it wakes by itself, stops when told to, shares the queue, and tells the laboratory what is due."""

import asyncio
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from services.notifier.tests.conftest import LeadLog, Notifier, StoryOf

from notifier.channels import channels
from notifier.deliver import DeliveryLoop, HandOver
from notifier.deliver.claim import ClaimResult, Claims
from notifier.service import SERVICE
from notifier.store.queue import Pace, next_change, save_paces
from runtime.database.connection import Connection
from testing.events import NOON
from testing.waiting import PATIENCE, eventually
from testing.world import Slack


async def test_the_loops_deliver_and_stop(notifier: Notifier, story: LeadLog) -> None:
    stop = asyncio.Event()
    components = SERVICE.build(notifier.context)
    running = [asyncio.ensure_future(loop(stop)) for loop in components.loops]
    await notifier.read(*story.offer())

    async def sent() -> bool:
        return set((await notifier.states()).values()) == {"sent"}

    await eventually(sent, what="all is sent")
    stop.set()
    await asyncio.wait_for(asyncio.gather(*running), PATIENCE)


async def test_a_loop_at_rest_looks_seldom_and_wakes_for_what_is_decided_or_due(
    notifier: Notifier, story: LeadLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked for the next instant at which time makes something due, it need not look before."""
    claims, claim = list[float](), Claims.claim
    clock = asyncio.get_running_loop().time

    async def noted(self: Claims, tx: Connection, now: datetime, most: int, ours: Collection[str] = ()) -> ClaimResult:
        claims.append(clock())
        return await claim(self, tx, now, most, ours)

    monkeypatch.setattr(Claims, "claim", noted)
    monkeypatch.setattr("notifier.deliver.loop._SELDOM", 0.8)
    (channel, _) = channels(notifier.context.settings, notifier.terms.notices)
    context = replace(notifier.context, settings=notifier.context.settings.model_copy(update={"laboratory": False}))
    loop, stop = DeliveryLoop(context, channel, notifier.terms), asyncio.Event()
    running = asyncio.ensure_future(loop(stop))

    async def looked() -> bool:
        return len(claims) > 2

    await eventually(looked)
    assert all(after - before > 0.75 for before, after in pairwise(claims))
    await notifier.read(*story.offer())
    monkeypatch.setattr("notifier.deliver.loop._SELDOM", 3600)
    HandOver([loop]).look_soon()

    async def sent() -> bool:
        return "sent" in (await notifier.states()).values()

    await eventually(sent)
    stop.set()
    await asyncio.wait_for(running, PATIENCE)


async def test_the_next_change_is_a_notice_or_a_place_that_becomes_free(notifier: Notifier, story: LeadLog) -> None:
    async with notifier.context.database.begin() as tx:
        assert await next_change(tx, "slack", NOON) is None
    await notifier.read(*story.offer())
    await notifier.execute(f"UPDATE notice SET next_at = '{NOON + timedelta(seconds=40)}'")
    async with notifier.context.database.begin() as tx:
        assert await next_change(tx, "slack", NOON) == NOON + timedelta(seconds=40)
        await save_paces(tx, [Pace("slack:U01", NOON + timedelta(seconds=20)), Pace("email", NOON)])
        assert await next_change(tx, "slack", NOON) == NOON + timedelta(seconds=20)
        assert await next_change(tx, "slack", NOON + timedelta(seconds=50)) is None


async def test_the_laboratory_hears_when_something_is_due(notifier: Notifier, story: LeadLog) -> None:
    waiting = SERVICE.build(notifier.context).waiting
    assert waiting
    await notifier.read(story.assigned())
    assert await waiting() is None
    await notifier.read(story.captured())
    assert await waiting() == NOON + timedelta(seconds=1.5)
    await notifier.read(*story.clocks())
    assert await waiting() == NOON
    await notifier.deliver()
    assert await waiting() is None


async def test_two_at_one_queue_send_each_notice_once(
    slack_notifier: Notifier, slack: Slack, story_of: StoryOf
) -> None:
    reps = ["rep-ana", "rep-ben", "rep-chloe", "rep-dan"]
    for number in range(12):
        await slack_notifier.read(*story_of(f"lead-{number}").offer(reps[number % 4]))
    (channel, _) = channels(slack_notifier.context.settings, slack_notifier.terms.notices)
    both = [DeliveryLoop(slack_notifier.context, channel, slack_notifier.terms) for _ in range(2)]
    for _ in range(3):
        await asyncio.gather(*(one.round() for one in both))
        slack_notifier.advance(seconds=1)
    sent = [message["metadata"]["event_payload"]["nid"] for message in slack.posted]
    assert len(sent) == len(set(sent)) == 12


async def test_one_notice_that_cannot_be_rendered_keeps_nobody_waiting(notifier: Notifier, story_of: StoryOf) -> None:
    good, bad = story_of("lead-good"), story_of("lead-bad")
    await notifier.read(*good.offer())
    await notifier.read(*bad.offer())
    await notifier.execute("""UPDATE notice SET kind = 'reminder', about = 'x:50', payload = '{}'
                     WHERE lead = 'lead-bad' AND channel = 'slack'""")
    await notifier.deliver()
    states = {(row["lead"], row["channel"]): row["state"] for row in await notifier.rows()}
    assert states["lead-bad", "slack"] == "failed"
    assert states["lead-good", "slack"] == "sent"


async def test_an_unknown_card_of_an_erased_person_is_found_and_redacted(
    slack_notifier: Notifier, slack: Slack, story: LeadLog
) -> None:
    slack.script.append("reset")
    await slack_notifier.read(*story.offer())
    await slack_notifier.deliver()
    await slack_notifier.read(story.erased())
    for _ in range(3):
        slack_notifier.advance(seconds=5)
        await slack_notifier.deliver()
    assert len(slack.posted) == 1
    assert "Jane" not in str(slack.posted[0])
