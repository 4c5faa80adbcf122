"""Lanes that wait for the broker: they take nobody's place."""

import asyncio

import pytest

from events.topics import partition
from probe.bench import LANES, Bench, engagement
from runtime.emit.stored import Stored
from testing.waiting import eventually


@pytest.mark.kafka
@pytest.mark.parametrize("transport", ["kafka"])
async def test_while_a_lane_waits_for_the_broker_another_one_is_worked(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though only one at a time may use the database."""
    other = next(name for n in range(1, 50) if partition(name := f"lead-{n}", LANES) != partition("lead-0", LANES))
    leads = ["lead-0", other]
    answered, waiting = asyncio.Event(), list[int]()
    async with bench.running("ingest", "scoring", concurrency=1) as assembly:
        transport = assembly.running[1].worker.transport
        ship = transport.ship

        async def slowly(stored: Stored) -> None:
            waiting.append(stored.p)
            await answered.wait()
            await ship(stored)

        monkeypatch.setattr(transport, "ship", slowly)
        await bench.write(*(engagement(lead, 1) for lead in leads))

        async def both_wait() -> bool:
            return len(waiting) == len(leads)

        try:
            await eventually(both_wait)
            assert set(await bench.tallies("scoring")) == set(leads)
        finally:
            answered.set()

        async def all_read() -> bool:
            return not assembly.running[1].worker.unready()

        await eventually(all_read)
