"""A backlog that grew while the workers were off: caught up in flat memory, all lanes alike, the latest too."""

from pathlib import Path

import pytest

from events import Fact
from events.topics import partition
from probe.bench import LANES, Bench, engagement
from probe.nursery import Worker
from probe.oracle import verify
from testing.waiting import eventually

EVENTS = 20_000
TOGETHER = 500
BATCH = 100
SHARE = 3
"""Batches of each of its lanes that a worker may have done more in one than in another."""
MEGABYTE = 1024 * 1024


def resident(worker: Worker) -> int:
    """Bytes of its own memory."""
    pages = int(Path(f"/proc/{worker.pid}/statm").read_text().split()[1])
    return pages * 4096


async def behind(bench: Bench) -> dict[int, int]:
    """Events of `leads` that scoring has not read, by lane."""
    query = """SELECT o.p, o.last_seq - i.last_seq AS n FROM ingest.lane_output o
        JOIN lane_input i USING (topic, p) WHERE topic = 'leads'"""
    return {row.p: row.n for row in await bench.rows("scoring", query)}


@pytest.mark.chaos
@pytest.mark.fault("F24")
async def test_twenty_thousand_events_that_nobody_has_worked(bench: Bench) -> None:
    bench.settings = bench.settings.model_copy(update={"batch_records": BATCH})
    names = [next(f"{name}-{n}" for n in range(999) if partition(f"{name}-{n}", LANES) == p)
             for name in "abcde" for p in range(LANES)]  # fmt: skip
    facts: list[Fact] = [engagement(names[n % len(names)], n) for n in range(EVENTS)]
    for at in range(0, EVENTS, TOGETHER):
        await bench.write(*facts[at : at + TOGETHER])
    worker = bench.spawn()
    await bench.up(worker)
    early, samples, fresh = resident(worker), list[dict[int, int]](), list[Fact]()
    most = early

    async def caught_up() -> bool:
        nonlocal most
        most = max(most, resident(worker))
        samples.append(await behind(bench))
        if len(fresh) < LANES and max(samples[-1].values()) < EVENTS / LANES / 2:
            for p in range(LANES):  # leads that come when half of it is done: each plans a timer, which must fire
                fresh.append(engagement(names[p], EVENTS + p, "wake"))
                await bench.write(fresh[-1])
        return len(fresh) == LANES and await bench.caught_up()

    await eventually(caught_up, within=180, what="caught up")
    apart = [max(one.values()) - min(one.values()) for one in samples if min(one.values()) > 0]
    assert max(apart, default=0) <= SHARE * BATCH * LANES, "lanes are worked in turn"
    assert most - early < 100 * MEGABYTE, f"{(most - early) / MEGABYTE:.0f} MB more than at its start"
    assert await bench.stop(worker) == 0
    await verify(bench, [*facts, *fresh])
