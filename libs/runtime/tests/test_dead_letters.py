"""Dead letters are listed, tried again in their order, or dropped; the lead goes on when nothing of it lies there."""

from typing_extensions import TypedDict

from events.topics import partition
from probe.bench import LANES, NOON, Bench, engagement
from probe.fold import fold
from runtime.emit.timers import Timers
from runtime.lanes import dead_letters
from runtime.values import Timer
from testing.json import as_shape
from testing.waiting import eventually

LEAD = "lead-0"


class Letter(TypedDict):
    id: int
    topic: str
    seq: int | None
    type: str | None
    subject: str | None
    reason: str
    state: str
    follows: bool


async def letters(desk: Bench) -> list[Letter]:
    async with desk.databases["scoring"].begin() as tx:
        return as_shape(list[Letter], await dead_letters.every(tx, closed=True))


async def ask(desk: Bench, *ids: int) -> list[int]:
    async with desk.databases["scoring"].begin() as tx:
        return await dead_letters.request_retry(tx, ids)


async def drop(desk: Bench, *ids: int) -> list[int]:
    async with desk.databases["scoring"].begin() as tx:
        return await dead_letters.drop(tx, ids, "not worth it")


async def states(desk: Bench) -> dict[int | None, str]:
    """By number in the stream."""
    return {row["seq"]: row["state"] for row in await letters(desk)}


async def poisoned(desk: Bench) -> list[int]:
    """One good, one poison, two that follow it; the ids of the three letters."""
    await desk.write(engagement(LEAD, 1), engagement(LEAD, 2, "boom"), engagement(LEAD, 3), engagement(LEAD, 4))
    async with desk.running("scoring"):
        await desk.drained("scoring")
    found = await letters(desk)
    assert [(row["seq"], row["follows"]) for row in found] == [(2, False), (3, True), (4, True)]
    return [row["id"] for row in found]


async def mend(desk: Bench, kind: str = "boom") -> None:
    await desk.change("scoring", "INSERT INTO mended VALUES (:kind)", kind=kind)


async def settled(desk: Bench) -> None:
    async def nobody_waits() -> bool:
        return not await desk.rows("scoring", "SELECT 1 FROM dead_letter WHERE state = 'retry'")

    await eventually(nobody_waits)


async def test_a_letter_can_be_shown_whole(desk: Bench) -> None:
    first, *_ = await poisoned(desk)
    async with desk.databases["scoring"].begin() as tx:
        shown = await dead_letters.show(tx, first)
        assert await dead_letters.show(tx, 999) is None
    assert shown is not None
    assert shown["reason"] == "ValueError: boom lead-0-2"
    assert isinstance(shown["body"], bytes)
    assert b'"message_id":"lead-0-2"' in shown["body"]


async def test_what_was_mended_is_tried_again_with_its_followers_and_the_lead_goes_on(desk: Bench) -> None:
    first, *_ = await poisoned(desk)
    await mend(desk)
    assert len(await ask(desk, first)) == 3
    async with desk.running("scoring"):
        await settled(desk)
        await desk.write(engagement(LEAD, 5))
        await desk.drained("scoring")
    assert set((await states(desk)).values()) == {"done"}
    assert await desk.tallies("scoring") == fold({}, await desk.events("leads"))[0]


async def test_what_fails_again_lies_down_again_with_its_followers(desk: Bench) -> None:
    first, *_ = await poisoned(desk)
    await ask(desk, first)
    async with desk.running("scoring"):
        await settled(desk)
    assert await states(desk) == {2: "open", 3: "open", 4: "open"}
    assert (await desk.tallies("scoring"))[LEAD].n == 1


async def test_a_follower_is_not_tried_before_its_leader(desk: Bench) -> None:
    _, second, third = await poisoned(desk)
    await mend(desk)
    await ask(desk, second, third)
    async with desk.running("scoring"):
        await settled(desk)
    assert await states(desk) == {2: "open", 3: "open", 4: "open"}
    assert (await desk.tallies("scoring"))[LEAD].n == 1


async def test_one_that_came_after_the_asking_is_tried_too(desk: Bench) -> None:
    """Else it would keep the lead waiting for ever."""
    first, *_ = await poisoned(desk)
    await mend(desk)
    await ask(desk, first)
    await desk.change("scoring", "UPDATE dead_letter SET state = 'open' WHERE seq = 4")
    async with desk.running("scoring"):
        await settled(desk)
    assert set((await states(desk)).values()) == {"done"}


async def test_a_lead_goes_on_once_all_its_letters_are_dropped(desk: Bench) -> None:
    """Also in a worker that remembers them."""
    async with desk.running("scoring"):
        await desk.write(engagement(LEAD, 1), engagement(LEAD, 2, "boom"), engagement(LEAD, 3))
        await desk.drained("scoring")
        ids = [row["id"] for row in await letters(desk)]
        assert len(await drop(desk, *ids)) == 2
        await desk.write(engagement(LEAD, 4))
        await desk.drained("scoring")
        assert (await desk.tallies("scoring"))[LEAD].n == 2
    assert [row.note for row in await desk.rows("scoring", "SELECT note FROM dead_letter")] == ["not worth it"] * 2


async def test_dropping_the_poison_and_retrying_the_rest_skips_just_the_poison(desk: Bench) -> None:
    first, second, third = await poisoned(desk)
    await drop(desk, first)
    assert await ask(desk, second) == [second, third]
    async with desk.running("scoring"):
        await settled(desk)
    assert await states(desk) == {2: "dropped", 3: "done", 4: "done"}
    good = [event for event in await desk.events("leads") if event.data.kind != "boom"]
    assert await desk.tallies("scoring") == fold({}, good)[0]


async def test_hundreds_are_tried_in_order(desk: Bench) -> None:
    await desk.write(engagement(LEAD, 0, "boom"), *(engagement(LEAD, n) for n in range(1, 150)))
    async with desk.running("scoring"):
        await desk.drained("scoring")
    await mend(desk)
    first = (await letters(desk))[0]["id"]
    await ask(desk, first)
    async with desk.running("scoring"):
        await settled(desk)
    assert await desk.tallies("scoring") == fold({}, await desk.events("leads"))[0]


async def test_a_letter_that_kills_its_worker_lies_down_again(desk: Bench) -> None:
    await desk.write(engagement(LEAD, 1, "boom"))
    async with desk.running("scoring"):
        await desk.drained("scoring")
    await desk.change("scoring", "UPDATE dead_letter SET body = replace(encode(body, 'escape'), 'boom', 'die')::bytea")
    await ask(desk, (await letters(desk))[0]["id"])
    deaths = 0
    worker = desk.spawn("scoring")

    async def given_up() -> bool:
        nonlocal deaths, worker
        if worker.gone:
            deaths += 1
            worker = desk.spawn("scoring")
        return (await states(desk))[1] == "open"

    await eventually(given_up, within=60)
    assert deaths == 3
    await desk.stopped(worker)


async def plan(desk: Bench, *keys: str, subject: str = LEAD) -> None:
    timers = [Timer(subject, "ring", key, NOON) for key in keys]
    async with desk.databases["scoring"].begin() as tx:
        await Timers(LANES).plan(tx, timers)


async def rung(desk: Bench) -> dict[str, int]:
    return {row.key: row.times for row in await desk.rows("scoring", "SELECT key, times FROM rung")}


async def test_a_timer_that_raises_lies_among_the_dead_letters_and_its_lane_goes_on(desk: Bench) -> None:
    other = next(f"x-{n}" for n in range(99) if partition(f"x-{n}", LANES) == partition(LEAD, LANES))
    await plan(desk, "boom-1")
    await plan(desk, "fine", subject=other)
    await desk.write(engagement(other, 1))
    async with desk.running("scoring"):
        await eventually(lambda: letters(desk))
        await desk.drained("scoring")

        async def fired() -> bool:
            return await rung(desk) == {"fine": 1}

        await eventually(fired)
    (letter,) = await letters(desk)
    assert (letter["topic"], letter["seq"], letter["type"], letter["subject"]) == ("timer", None, "ring", LEAD)
    assert letter["reason"] == "ValueError: a timer went boom"
    assert not await desk.rows("scoring", "SELECT 1 FROM lane WHERE stopped IS NOT NULL")


async def test_events_and_timers_of_a_lead_follow_its_dead_timer_and_go_on_with_it(desk: Bench) -> None:
    await plan(desk, "boom-1")
    async with desk.running("scoring"):
        await eventually(lambda: letters(desk))
        await plan(desk, "later")
        await desk.write(engagement(LEAD, 1))

        async def three() -> bool:
            return len(await letters(desk)) == 3

        await eventually(three)
        assert sorted((row["topic"], row["follows"]) for row in await letters(desk)) == [
            ("leads", True),
            ("timer", False),
            ("timer", True),
        ]
        await mend(desk, "ring")
        await ask(desk, min(row["id"] for row in await letters(desk)))
        await settled(desk)
        await desk.drained("scoring")
    assert {row["state"] for row in await letters(desk)} == {"done"}
    assert await rung(desk) == {"boom-1": 1, "later": 1}
    assert (await desk.tallies("scoring"))[LEAD].n == 1
