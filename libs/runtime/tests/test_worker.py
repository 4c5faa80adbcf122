"""Whole workers on both transports: what ingest says is folded twice downstream, once each."""

from events.leads import EngagementRecorded
from probe.bench import Bench, engagement
from probe.fold import fold


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
