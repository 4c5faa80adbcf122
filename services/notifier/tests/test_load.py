"""Under load: a slow channel is given no more than it can hold, keeps what it holds, and drains; a stop gives back."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from services.notifier.tests.conftest import Notifier, StoryOf

from notifier.channels.base import Delivered, OutgoingMessage, SendOutcome
from notifier.deliver import DeliveryLoop
from notifier.render import Message
from testing.waiting import eventually

NOTICES = 1200


@dataclass
class SlowChannel:
    """Writes one message at a time and takes a moment for each; with `gate` closed it writes none to its end."""

    name: str = "slack"
    outbox: bool = True
    pace: timedelta | None = None
    hold: timedelta = timedelta(seconds=0.15)
    calls: int = 50
    prompt: bool = True
    seconds: float = 0.002
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    began: list[str] = field(default_factory=list)
    delivered: list[str] = field(default_factory=list)

    def compose(self, message: Message, notice: str) -> dict[str, object]:
        return {"call": {"text": message.title}}

    async def send(self, message: OutgoingMessage, body: Mapping[str, object]) -> SendOutcome:
        self.began.append(message.id)
        async with self.turn:
            await self.gate.wait()
            await asyncio.sleep(self.seconds)
            self.delivered.append(message.id)
        return Delivered(place=message.address, reference=message.id)

    @classmethod
    def open(cls, name: str = "slack") -> "SlowChannel":
        channel = cls(name)
        channel.gate.set()
        return channel


@asynccontextmanager
async def at_work(*loops: DeliveryLoop) -> AsyncIterator[None]:
    stop = asyncio.Event()
    running = [asyncio.create_task(loop(stop)) for loop in loops]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*running)


async def crowd(notifier: Notifier, story_of: StoryOf, count: int) -> None:
    """So many notices that are due, on one channel, each for an address of its own."""
    await notifier.read(*story_of("lead-0").offer())
    await notifier.execute(f"""
        INSERT INTO notice (id, lead, kind, about, recipient, channel, address, assignment, personal, payload, state,
                            next_at, made_at, at)
        SELECT 'notice-' || n, lead, kind, about, recipient || n, channel, 'U' || n, assignment, personal, payload,
               state, next_at, made_at, at
        FROM notice, generate_series(1, {count}) AS n WHERE channel = 'slack'""")
    await notifier.execute("DELETE FROM notice WHERE id NOT LIKE 'notice-%'")


async def counts(notifier: Notifier) -> dict[object, object]:
    rows = await notifier.rows("SELECT state, count(*) AS n FROM notice GROUP BY state")
    return {row["state"]: row["n"] for row in rows}


@pytest.mark.slow
async def test_a_slow_channel_drains_and_says_nothing_twice(notifier: Notifier, story_of: StoryOf) -> None:
    await crowd(notifier, story_of, NOTICES)
    channel = SlowChannel.open()

    async def drained() -> bool:
        return await counts(notifier) == {"sent": NOTICES}

    async with at_work(DeliveryLoop(notifier.context, channel, notifier.terms)):
        await eventually(drained, within=60, what="all is sent")
    assert Counter(channel.delivered).most_common(1)[0][1] == 1
    assert len(channel.delivered) == len(await notifier.events()) == NOTICES


async def test_holds_are_renewed_as_long_as_the_work_takes(notifier: Notifier, story_of: StoryOf) -> None:
    await crowd(notifier, story_of, 3)
    channel, seen = SlowChannel(), set[object]()

    async def renewed() -> bool:
        seen.update(row["held_until"] for row in await notifier.rows("SELECT held_until FROM notice"))
        return len(seen - {None}) > 3

    async with at_work(DeliveryLoop(notifier.context, channel, notifier.terms)):
        await eventually(renewed, what="holds are renewed")
        assert len(channel.began) == 3
        channel.gate.set()


async def test_what_is_in_hand_is_bounded_and_nobody_else_takes_it(notifier: Notifier, story_of: StoryOf) -> None:
    await crowd(notifier, story_of, 300)
    channel, other = SlowChannel(hold=timedelta(minutes=1)), SlowChannel.open()

    async def held() -> int:
        return len(await notifier.rows("SELECT id FROM notice WHERE held_until > clock_timestamp()"))

    async def full() -> bool:
        return len(channel.began) == channel.calls < await held()

    async with at_work(DeliveryLoop(notifier.context, channel, notifier.terms)):
        await eventually(full, what="the queue is full")
        loop = DeliveryLoop(notifier.context, other, notifier.terms)
        while await loop.round():
            pass
        assert await held() == 100
        assert len(other.delivered) == 200
        channel.gate.set()
    assert not set(channel.began) & set(other.delivered)


@pytest.mark.slow
async def test_a_stop_gives_back_what_it_holds(notifier: Notifier, story_of: StoryOf) -> None:
    await crowd(notifier, story_of, 60)
    channel = SlowChannel()
    async with at_work(DeliveryLoop(notifier.context, channel, notifier.terms)):

        async def begun() -> bool:
            return bool(channel.began)

        await eventually(begun)
    assert await counts(notifier) == {"pending": 60}
    assert await notifier.rows("SELECT id FROM notice WHERE held_until IS NOT NULL") == []
    channel.gate.set()
    await DeliveryLoop(notifier.context, channel, notifier.terms).round()
    assert await counts(notifier) == {"sent": 60}


async def test_a_call_that_a_stop_cuts_off_is_unknown_at_once(notifier: Notifier, story_of: StoryOf) -> None:
    """At a provider it may have been delivered; what was only claimed was not, and stays pending."""
    await crowd(notifier, story_of, 60)
    channel = SlowChannel(outbox=False, calls=1)
    async with at_work(DeliveryLoop(notifier.context, channel, notifier.terms)):

        async def begun() -> bool:
            return bool(channel.began)

        await eventually(begun)
    assert await counts(notifier) == {"pending": 59, "unknown": 1}
    assert await notifier.rows("SELECT id FROM notice WHERE held_until IS NOT NULL") == []
    assert [event.type for event in await notifier.events()] == ["notice.unknown.v1"]


async def test_who_dies_leaves_unknown_only_what_was_being_sent(notifier: Notifier, story_of: StoryOf) -> None:
    await crowd(notifier, story_of, 60)
    dying, next_one = SlowChannel(outbox=False, calls=1), SlowChannel.open()
    next_one.outbox = False
    running = asyncio.create_task(DeliveryLoop(notifier.context, dying, notifier.terms)(asyncio.Event()))

    async def begun() -> bool:
        return bool(dying.began)

    await eventually(begun)
    running.cancel()  # as kill -9: nothing is given back
    await asyncio.gather(running, return_exceptions=True)

    async def run_out() -> bool:
        return not await notifier.rows("SELECT id FROM notice WHERE held_until > clock_timestamp()")

    await eventually(run_out)
    loop = DeliveryLoop(notifier.context, next_one, notifier.terms)
    while await loop.round():
        pass
    assert await counts(notifier) == {"sent": 59, "unknown": 1}
    assert [event.data.notice for event in await notifier.events() if event.type == "notice.unknown.v1"] == dying.began


async def test_a_hold_that_was_lost_loses_one_record_alone(notifier: Notifier, story_of: StoryOf) -> None:
    await crowd(notifier, story_of, 3)
    channel = SlowChannel()
    loop = DeliveryLoop(notifier.context, channel, notifier.terms)
    working = asyncio.create_task(loop.round())

    async def begun() -> bool:
        return len(channel.began) == 3

    await eventually(begun)
    await notifier.execute("UPDATE notice SET attempts = attempts + 1 WHERE id = 'notice-2'")  # somebody took it over
    channel.gate.set()
    await working
    rows = await notifier.rows("SELECT id, state FROM notice ORDER BY id")
    assert [row["state"] for row in rows] == ["sent", "sending", "sent"]
    assert {event.data.notice for event in await notifier.events()} == {"notice-1", "notice-3"}


async def test_a_channel_that_hangs_keeps_no_other_waiting(notifier: Notifier, story_of: StoryOf) -> None:
    await crowd(notifier, story_of, 200)
    await notifier.execute("UPDATE notice SET channel = 'email' WHERE substr(id, 8)::int > 100")
    hanging, other = SlowChannel(), SlowChannel.open("email")

    async def drained() -> bool:
        rows = await notifier.rows("SELECT id FROM notice WHERE channel = 'email' AND state <> 'sent'")
        return not rows

    loops = [DeliveryLoop(notifier.context, one, notifier.terms) for one in (hanging, other)]
    async with at_work(*loops):
        await eventually(drained, what="the other channel is empty")
        assert len(other.delivered) == 100
        assert hanging.delivered == []
        hanging.gate.set()
