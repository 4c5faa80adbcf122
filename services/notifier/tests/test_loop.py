"""The loop itself: it wakes by itself, stops when told to, shares the queue, and tells the laboratory what is due."""

import asyncio
from datetime import timedelta
from typing import Any

from notifier.channels import channels
from notifier.deliver import Deliver
from notifier.service import SERVICE
from testing.events import NOON


async def until(condition: Any, seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.02)


async def test_the_loops_deliver_and_stop(desk: Any, story: Any) -> None:
    stop = asyncio.Event()
    parts = SERVICE.build(desk.context)
    running = [asyncio.ensure_future(loop(stop)) for loop in parts.loops]
    await desk.read(*story.offer())

    async def sent() -> bool:
        return set((await desk.states()).values()) == {"sent"}

    await until(sent)
    stop.set()
    await asyncio.wait_for(asyncio.gather(*running), 3)


async def test_the_laboratory_hears_when_something_is_due(desk: Any, story: Any) -> None:
    waiting = SERVICE.build(desk.context).waiting
    assert waiting
    await desk.read(story.assigned())
    assert await waiting() is None
    await desk.read(story.captured())
    assert await waiting() == NOON + timedelta(seconds=1.5)
    await desk.read(story.clock(), story.clock(promise="first_touch"))
    assert await waiting() == NOON
    await desk.deliver()
    assert await waiting() is None


async def test_two_at_one_queue_send_each_notice_once(slack_desk: Any, slack: Any, tell_of: Any) -> None:
    reps = ["rep-ana", "rep-ben", "rep-chloe", "rep-dan"]
    for number in range(12):
        await slack_desk.read(*tell_of(f"lead-{number}").offer(rep=reps[number % 4]))
    (channel, _) = channels(slack_desk.context.settings, slack_desk.terms.notices)
    both = [Deliver(slack_desk.context, channel, slack_desk.terms) for _ in range(2)]
    for _ in range(3):
        await asyncio.gather(*(one.round() for one in both))
        await slack_desk.pass_(seconds=1)
    sent = [message["metadata"]["event_payload"]["nid"] for message in slack.posted]
    assert len(sent) == len(set(sent)) == 12


async def test_one_notice_that_cannot_be_rendered_keeps_nobody_waiting(desk: Any, tell_of: Any) -> None:
    good, bad = tell_of("lead-good"), tell_of("lead-bad")
    await desk.read(*good.offer())
    await desk.read(*bad.offer())
    await desk.do("""UPDATE notice SET kind = 'reminder', about = 'x:50', payload = '{}'
                     WHERE lead = 'lead-bad' AND channel = 'slack'""")
    await desk.deliver()
    states = {(row["lead"], row["channel"]): row["state"] for row in await desk.rows()}
    assert states["lead-bad", "slack"] == "failed"
    assert states["lead-good", "slack"] == "sent"


async def test_an_unknown_card_of_an_erased_person_is_found_and_redacted(
    slack_desk: Any, slack: Any, story: Any
) -> None:
    slack.script.append("reset")
    await slack_desk.read(*story.offer())
    await slack_desk.deliver()
    await slack_desk.read(story.erased())
    for _ in range(3):
        await slack_desk.pass_(seconds=5)
        await slack_desk.deliver()
    assert len(slack.posted) == 1
    assert "Jane" not in str(slack.posted[0])
