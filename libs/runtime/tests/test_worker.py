"""Whole workers on both transports: what ingest says is folded twice downstream, once each."""

from events.leads import EngagementRecorded
from events.topics import partition
from probe.bench import LANES, Bench, engagement
from probe.fold import fold
from testing.waiting import eventually


async def test_what_is_said_is_worked_downstream_once_and_in_order(bench: Bench) -> None:
    facts = [engagement(f"lead-{n % 7}", n) for n in range(50)]
    async with bench.running():
        for at in range(0, 50, 10):
            await bench.write(*facts[at : at + 10])
        await bench.drain()
    sent = await bench.events("leads")
    assert len(sent) == 50
    assert all(isinstance(event, EngagementRecorded) for event in sent)
    expected, scored = fold({}, sent)
    assert await bench.tallies("scoring") == expected
    heard = await bench.events("scores")
    assert [(e.subject, e.data, e.causationid) for e in heard] == [(f.subject, f.data, f.cause) for f in scored]
    expected, _ = fold({}, heard)
    assert await bench.tallies("routing") == expected


async def test_a_lane_that_has_read_all_is_not_visited_again_and_one_that_was_cut_is(postgres_bench: Bench) -> None:
    """By one wake-up: nobody looks for a minute."""
    async with postgres_bench.running("scoring", batch_records=2, transport_poll_seconds=60.0) as assembly:
        lanes = assembly.running[0].worker.lanes

        async def at_rest() -> bool:
            return len(lanes) == LANES and assembly.is_quiet

        await eventually(at_rest)
        lane, before = lanes[partition("lead-1", LANES)], assembly.visits
        await postgres_bench.write(*(engagement("lead-1", n) for n in range(5)))
        await postgres_bench.drain("scoring")
        await eventually(at_rest)
    assert lane.more is False
    assert assembly.visits - before == 4, "three batches out of a row of five, and a look behind it"
