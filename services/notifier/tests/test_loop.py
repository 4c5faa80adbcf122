"""The loop itself: it wakes by itself, stops when told to, shares the queue, and tells the laboratory what is due."""

import asyncio
from datetime import timedelta

from services.notifier.tests.conftest import LeadLog, Notifier, StoryOf

from notifier.channels import channels
from notifier.deliver import DeliveryLoop
from notifier.service import SERVICE
from testing.events import NOON
from testing.waiting import eventually
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
    await asyncio.wait_for(asyncio.gather(*running), 3)


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
