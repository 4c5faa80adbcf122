"""Dead letters are listed, tried again in their order, or dropped; the lead goes on when nothing of it lies there."""

import re

import pytest
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


class LetterRow(TypedDict):
    id: int
    topic: str
    seq: int | None
    type: str | None
    subject: str | None
    reason: str
    state: str
    follows: bool


async def letters(postgres_bench: Bench) -> list[LetterRow]:
    async with postgres_bench.databases["scoring"].begin() as tx:
        return as_shape(list[LetterRow], await dead_letters.every(tx, closed=True))


async def ask(postgres_bench: Bench, *ids: int) -> list[int]:
    async with postgres_bench.databases["scoring"].begin() as tx:
        return await dead_letters.request_retry(tx, ids)


async def drop(postgres_bench: Bench, *ids: int) -> list[int]:
    async with postgres_bench.databases["scoring"].begin() as tx:
        return await dead_letters.drop(tx, ids, "not worth it")


async def states(postgres_bench: Bench) -> dict[int | None, str]:
    """By number in the stream."""
    return {row["seq"]: row["state"] for row in await letters(postgres_bench)}


async def poison(postgres_bench: Bench) -> list[int]:
    """One good, one poison, two that follow it; the ids of the three letters."""
    await postgres_bench.write(
        engagement(LEAD, 1), engagement(LEAD, 2, "boom"), engagement(LEAD, 3), engagement(LEAD, 4)
    )
    async with postgres_bench.running("scoring"):
        await postgres_bench.drain("scoring")
    found = await letters(postgres_bench)
    assert [(row["seq"], row["follows"]) for row in found] == [(2, False), (3, True), (4, True)]
    return [row["id"] for row in found]


async def mend(postgres_bench: Bench, kind: str = "boom") -> None:
    await postgres_bench.change("scoring", "INSERT INTO mended VALUES (:kind)", kind=kind)


async def await_retries(postgres_bench: Bench) -> None:
    async def nobody_waits() -> bool:
        return not await postgres_bench.rows("scoring", "SELECT 1 FROM dead_letter WHERE state = 'retry'")

    await eventually(nobody_waits)


async def test_a_letter_can_be_shown_whole(postgres_bench: Bench) -> None:
    first, *_ = await poison(postgres_bench)
    async with postgres_bench.databases["scoring"].begin() as tx:
        shown = await dead_letters.show(tx, first)
        assert await dead_letters.show(tx, 999) is None
    assert shown is not None
    assert re.fullmatch(r"ValueError at probe/service\.py:\d+", str(shown["reason"])), "and no word of the input"
    assert isinstance(shown["body"], bytes)
    assert b'"message_id":"lead-0-2"' in shown["body"]


async def test_what_was_mended_is_tried_again_with_its_followers_and_the_lead_goes_on(postgres_bench: Bench) -> None:
    first, *_ = await poison(postgres_bench)
    await mend(postgres_bench)
    assert len(await ask(postgres_bench, first)) == 3
    async with postgres_bench.running("scoring"):
        await await_retries(postgres_bench)
        await postgres_bench.write(engagement(LEAD, 5))
        await postgres_bench.drain("scoring")
    assert set((await states(postgres_bench)).values()) == {"done"}
    assert await postgres_bench.tallies("scoring") == fold({}, await postgres_bench.events("leads"))[0]


async def test_what_fails_again_lies_down_again_with_its_followers(postgres_bench: Bench) -> None:
    first, *_ = await poison(postgres_bench)
    await ask(postgres_bench, first)
    async with postgres_bench.running("scoring"):
        await await_retries(postgres_bench)
    assert await states(postgres_bench) == {2: "open", 3: "open", 4: "open"}
    assert (await postgres_bench.tallies("scoring"))[LEAD].n == 1


async def test_a_follower_is_not_tried_before_its_leader(postgres_bench: Bench) -> None:
    _, second, third = await poison(postgres_bench)
    await mend(postgres_bench)
    await ask(postgres_bench, second, third)
    async with postgres_bench.running("scoring"):
        await await_retries(postgres_bench)
    assert await states(postgres_bench) == {2: "open", 3: "open", 4: "open"}
    assert (await postgres_bench.tallies("scoring"))[LEAD].n == 1


async def test_one_that_came_after_the_asking_is_tried_too(postgres_bench: Bench) -> None:
    """Else it would keep the lead waiting for ever."""
    first, *_ = await poison(postgres_bench)
    await mend(postgres_bench)
    await ask(postgres_bench, first)
    await postgres_bench.change("scoring", "UPDATE dead_letter SET state = 'open' WHERE seq = 4")
    async with postgres_bench.running("scoring"):
        await await_retries(postgres_bench)
    assert set((await states(postgres_bench)).values()) == {"done"}


async def test_a_lead_goes_on_once_all_its_letters_are_dropped(postgres_bench: Bench) -> None:
    """Also in a worker that remembers them."""
    async with postgres_bench.running("scoring"):
        await postgres_bench.write(engagement(LEAD, 1), engagement(LEAD, 2, "boom"), engagement(LEAD, 3))
        await postgres_bench.drain("scoring")
        ids = [row["id"] for row in await letters(postgres_bench)]
        assert len(await drop(postgres_bench, *ids)) == 2
        await postgres_bench.write(engagement(LEAD, 4))
        await postgres_bench.drain("scoring")
        assert (await postgres_bench.tallies("scoring"))[LEAD].n == 2
    assert [row.note for row in await postgres_bench.rows("scoring", "SELECT note FROM dead_letter")] == [
        "not worth it"
    ] * 2


async def test_dropping_the_poison_and_retrying_the_rest_skips_just_the_poison(postgres_bench: Bench) -> None:
    first, second, third = await poison(postgres_bench)
    await drop(postgres_bench, first)
    assert await ask(postgres_bench, second) == [second, third]
    async with postgres_bench.running("scoring"):
        await await_retries(postgres_bench)
    assert await states(postgres_bench) == {2: "dropped", 3: "done", 4: "done"}
    good = [event for event in await postgres_bench.events("leads") if event.data.kind != "boom"]
    assert await postgres_bench.tallies("scoring") == fold({}, good)[0]


@pytest.mark.slow
async def test_hundreds_are_tried_in_order(postgres_bench: Bench) -> None:
    await postgres_bench.write(engagement(LEAD, 0, "boom"), *(engagement(LEAD, n) for n in range(1, 150)))
    async with postgres_bench.running("scoring"):
        await postgres_bench.drain("scoring")
    await mend(postgres_bench)
    first = (await letters(postgres_bench))[0]["id"]
    await ask(postgres_bench, first)
    async with postgres_bench.running("scoring"):
        await await_retries(postgres_bench)
    assert await postgres_bench.tallies("scoring") == fold({}, await postgres_bench.events("leads"))[0]


async def plan(postgres_bench: Bench, *keys: str, subject: str = LEAD) -> None:
    timers = [Timer(subject, "ring", key, NOON) for key in keys]
    async with postgres_bench.databases["scoring"].begin() as tx:
        await Timers(LANES).plan(tx, timers)


async def rung(postgres_bench: Bench) -> dict[str, int]:
    return {row.key: row.times for row in await postgres_bench.rows("scoring", "SELECT key, times FROM rung")}


async def test_a_timer_that_raises_lies_among_the_dead_letters_and_its_lane_goes_on(postgres_bench: Bench) -> None:
    other = next(f"x-{n}" for n in range(99) if partition(f"x-{n}", LANES) == partition(LEAD, LANES))
    await plan(postgres_bench, "boom-1")
    await plan(postgres_bench, "fine", subject=other)
    await postgres_bench.write(engagement(other, 1))
    async with postgres_bench.running("scoring"):
        await eventually(lambda: letters(postgres_bench))
        await postgres_bench.drain("scoring")

        async def fired() -> bool:
            return await rung(postgres_bench) == {"fine": 1}

        await eventually(fired)
    (letter,) = await letters(postgres_bench)
    assert (letter["topic"], letter["seq"], letter["type"], letter["subject"]) == ("timer", None, "ring", LEAD)
    assert letter["reason"].startswith("ValueError at probe/service.py:")
    assert not await postgres_bench.rows("scoring", "SELECT 1 FROM lane WHERE stopped IS NOT NULL")


@pytest.mark.slow
async def test_events_and_timers_of_a_lead_follow_its_dead_timer_and_go_on_with_it(postgres_bench: Bench) -> None:
    await plan(postgres_bench, "boom-1")
    async with postgres_bench.running("scoring"):
        await eventually(lambda: letters(postgres_bench))
        await plan(postgres_bench, "later")
        await postgres_bench.write(engagement(LEAD, 1))

        async def three() -> bool:
            return len(await letters(postgres_bench)) == 3

        await eventually(three)
        assert sorted((row["topic"], row["follows"]) for row in await letters(postgres_bench)) == [
            ("leads", True),
            ("timer", False),
            ("timer", True),
        ]
        await mend(postgres_bench, "ring")
        await ask(postgres_bench, min(row["id"] for row in await letters(postgres_bench)))
        await await_retries(postgres_bench)
        await postgres_bench.drain("scoring")
    assert {row["state"] for row in await letters(postgres_bench)} == {"done"}
    assert await rung(postgres_bench) == {"boom-1": 1, "later": 1}
    assert (await postgres_bench.tallies("scoring"))[LEAD].n == 1


@pytest.mark.parametrize("written", ["a poison", "unreadable bytes"])
async def test_a_timer_waits_behind_a_dead_letter_of_its_own_batch(postgres_bench: Bench, written: str) -> None:
    await postgres_bench.write(engagement(LEAD, 1, "boom"))
    if written == "unreadable bytes":
        await postgres_bench.garble(f'"message_id":"{LEAD}-1"'.encode(), b'"message_id":[]')
    await plan(postgres_bench, "later")

    async def both() -> list[tuple[str, bool]] | None:
        found = sorted((row["topic"], row["follows"]) for row in await letters(postgres_bench))
        return found if len(found) == 2 else None

    async with postgres_bench.running("scoring"):
        assert await eventually(both) == [("leads", False), ("timer", True)]
    assert await rung(postgres_bench) == {}


@pytest.mark.parametrize("service", ["scoring", "routing"])
async def test_a_timer_of_a_kind_nobody_knows_lies_among_the_dead_letters(postgres_bench: Bench, service: str) -> None:
    """As after a release that dropped it, also where the service plans no timers at all any more."""
    async with postgres_bench.databases[service].begin() as tx:
        await Timers(LANES).plan(tx, [Timer(LEAD, "ghost", "g-1", NOON)])

    async def dead() -> list[tuple[object, ...]]:
        rows = await postgres_bench.rows(service, "SELECT type, split_part(reason, ':', 1) FROM dead_letter")
        return [tuple(row) for row in rows]

    async with postgres_bench.running(service):
        assert await eventually(dead) == [("ghost", "KeyError at probe/service.py")]
    assert not await postgres_bench.rows(service, "SELECT 1 FROM timer")
