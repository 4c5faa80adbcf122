"""Erasure, merge and withdrawal do not wait behind a dead letter; and dead letters are not kept for ever."""

import pytest

from events import Event, Fact
from events.leads import ConsentChanged, LeadErased, LeadMerged
from events.topics import partition
from probe.bench import LANES, NOON, Bench, engagement
from runtime.lanes import dead_letters
from testing.waiting import eventually

LEAD = "lead-0"
OTHER = next(f"x-{n}" for n in range(99) if partition(f"x-{n}", LANES) == partition(LEAD, LANES))


def about(kind: type[Event], data: object, subject: str = LEAD) -> Fact:
    return kind.fact(subject, data, time=NOON)  # type: ignore[arg-type]


ERASED = about(LeadErased, LeadErased.Data())
MERGED = about(LeadMerged, LeadMerged.Data(into=OTHER, reason="alias"))
WITHDRAWN = about(ConsentChanged, ConsentChanged.Data(channel="email", granted=False))
GRANTED = about(ConsentChanged, ConsentChanged.Data(channel="email", granted=True))


async def letters(bench: Bench) -> list[tuple[int, str, bool]]:
    """Number in the stream, state, and whether there is a body."""
    rows = await bench.rows("scoring", "SELECT seq, state, body FROM dead_letter ORDER BY seq")
    return [(row.seq, row.state, bool(row.body)) for row in rows]


async def worked(bench: Bench, subject: str = LEAD) -> int:
    tallies = await bench.tallies("scoring")
    return tallies[subject].n if subject in tallies else 0


@pytest.mark.parametrize("fact", [MERGED, WITHDRAWN], ids=["merge", "withdrawal"])
async def test_what_lets_go_of_a_lead_passes_its_dead_letters(postgres_bench: Bench, fact: Fact) -> None:
    async with postgres_bench.running("scoring"):
        await postgres_bench.write(engagement(LEAD, 1, "boom"), engagement(LEAD, 2))
        await postgres_bench.drain("scoring")
        await postgres_bench.write(fact, engagement(LEAD, 3))
        await postgres_bench.drain("scoring")
    assert await letters(postgres_bench) == [(1, "open", True), (2, "open", True), (4, "open", True)]
    assert await worked(postgres_bench) == 1


async def test_a_consent_that_is_given_waits_like_all_others(postgres_bench: Bench) -> None:
    await postgres_bench.write(engagement(LEAD, 1, "boom"), GRANTED)
    async with postgres_bench.running("scoring"):
        await postgres_bench.drain("scoring")
    assert [seq for seq, _, _ in await letters(postgres_bench)] == [1, 2]


@pytest.mark.fault("F23")
async def test_an_erasure_passes_and_empties_what_lay_there_and_the_lead_is_free(postgres_bench: Bench) -> None:
    async with postgres_bench.running("scoring"):
        await postgres_bench.write(
            engagement(LEAD, 1, "boom"), engagement(OTHER, 1, "boom"), engagement(LEAD, 2)
        )  # fmt: skip
        await postgres_bench.drain("scoring")
        await postgres_bench.write(ERASED)
        await postgres_bench.write(engagement(LEAD, 3))
        await postgres_bench.drain("scoring")
    assert await letters(postgres_bench) == [(1, "erased", False), (2, "open", True), (3, "erased", False)]
    assert await worked(postgres_bench) == 2, "the erasure, and what came after it"


async def test_an_erasure_in_the_very_batch_of_the_poison(postgres_bench: Bench) -> None:
    """What lay before it is never stored; what is poison after it is."""
    await postgres_bench.write(
        engagement(LEAD, 1, "boom"), engagement(LEAD, 2), ERASED, engagement(OTHER, 1, "boom"), engagement(LEAD, 3),
        engagement(LEAD, 4, "boom"), engagement(LEAD, 5),
    )  # fmt: skip
    async with postgres_bench.running("scoring"):
        await postgres_bench.drain("scoring")
    assert await letters(postgres_bench) == [(4, "open", True), (6, "open", True), (7, "open", True)]
    assert await worked(postgres_bench) == 2


async def test_an_erasure_behind_unreadable_bytes_of_its_lead(postgres_bench: Bench) -> None:
    await postgres_bench.write(engagement(LEAD, 1), ERASED, engagement(LEAD, 2))
    await postgres_bench.garble(f'"message_id":"{LEAD}-1"'.encode(), b'"message_id":[]')
    async with postgres_bench.running("scoring"):
        await postgres_bench.drain("scoring")
    assert await letters(postgres_bench) == []
    assert await worked(postgres_bench) == 2, "the erasure, and what came after it"


async def test_closed_letters_go_after_four_weeks_and_open_ones_lose_their_bodies(postgres_bench: Bench) -> None:
    others = [f"lead-{n}" for n in range(1, 6)]
    await postgres_bench.write(*(engagement(name, 1, "boom") for name in others))
    async with postgres_bench.running("scoring"):
        await postgres_bench.drain("scoring")
    for name, state, days in zip(
        others, ("open", "open", "done", "dropped", "done"), (29, 27, 29, 29, 27), strict=True
    ):
        await postgres_bench.change(
            "scoring",
            "UPDATE dead_letter SET state = :state, at = clock_timestamp() - make_interval(days => :days) "
            "WHERE subject = :name",
            state=state, days=days, name=name,
        )  # fmt: skip
    async with postgres_bench.databases["scoring"].begin() as tx:
        await dead_letters.prune(tx)
    rows = await postgres_bench.rows("scoring", "SELECT subject, state, body FROM dead_letter ORDER BY subject")
    assert [(row.subject, row.state, bool(row.body)) for row in rows] == [
        ("lead-1", "open", False),
        ("lead-2", "open", True),
        ("lead-5", "done", True),
    ]


@pytest.mark.slow
async def test_a_letter_without_a_body_cannot_be_retried_and_says_why(postgres_bench: Bench) -> None:
    await postgres_bench.write(engagement(LEAD, 1, "boom"))
    async with postgres_bench.running("scoring"):
        await postgres_bench.drain("scoring")
    await postgres_bench.change("scoring", "UPDATE dead_letter SET body = '', state = 'retry'")

    async def explained() -> bool:
        rows = await postgres_bench.rows("scoring", "SELECT reason FROM dead_letter WHERE state = 'open'")
        return ["its body was kept for 28 days and is gone" in row.reason for row in rows] == [True]

    async with postgres_bench.running("scoring"):
        await eventually(explained, within=60)


async def test_a_lead_still_waits_for_its_dead_letter_after_a_restart(postgres_bench: Bench) -> None:
    async with postgres_bench.running("scoring"):
        await postgres_bench.write(engagement(LEAD, 1, "boom"))
        await postgres_bench.drain("scoring")
    async with postgres_bench.databases["scoring"].begin() as tx:
        assert await dead_letters.waiting(tx, partition(LEAD, LANES), [LEAD, OTHER]) == {LEAD}
    async with postgres_bench.running("scoring"):
        await postgres_bench.write(engagement(LEAD, 2), engagement(OTHER, 1))
        await postgres_bench.drain("scoring")
    assert await letters(postgres_bench) == [(1, "open", True), (2, "open", True)]
    assert await worked(postgres_bench) == 0
    assert await worked(postgres_bench, OTHER) == 1
