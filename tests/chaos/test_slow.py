"""Everything is slow (F15): the door says so and takes no more than it can hold, and in the end all is kept once."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.bench.linux_process import memory
from tests.chaos.clients import Clients, kept_once

from events.topics import FLOW
from ingest.intake import MOST_SUBMISSIONS, MOST_WAITING
from probe.proxy import Proxy
from runtime.database.connect import admin
from runtime.lanes.lane_status import unread
from runtime.settings import Settings
from standalone.house import House
from testing.broker_behind_link import LinkedBroker, broker_behind_link
from testing.waiting import eventually

pytestmark = [pytest.mark.chaos, pytest.mark.kafka, pytest.mark.fault("F15")]
SENDERS, MESSAGES = 26, 500
"""Few clients with many messages each, together more than the door lets wait: they share a process with the house."""
SLOW_DATABASE, SLOW_KAFKA = 0.2, 0.5
"""Seconds from a question to its answer."""
FLAT = 200 * 1024 * 1024
"""Bytes by which the house and its clients, one process here, may grow."""


@dataclass
class Peak:
    """What the process held at most while it was watched."""

    start: int
    most: int = 0

    async def watch(self) -> None:
        """Until it is cancelled."""
        while True:
            self.most = max(self.most, memory(os.getpid(), "Rss"))
            await asyncio.sleep(0.5)


@pytest.fixture
async def kafka(tmp_path: Path) -> AsyncIterator[LinkedBroker]:
    async with broker_behind_link(tmp_path / "kafka") as found:
        yield found


@pytest.fixture
async def settings(proxied: Settings, kafka: LinkedBroker) -> Settings:
    return proxied.model_copy(update={"kafka": kafka.bootstrap})


async def test_a_house_whose_database_and_kafka_are_slow_pushes_back(
    house: House, clients: Clients, proxy: Proxy, kafka: LinkedBroker
) -> None:
    assert SENDERS * MESSAGES > MOST_WAITING + MOST_SUBMISSIONS
    proxy.delay, kafka.link.delay = SLOW_DATABASE / 2, SLOW_KAFKA / 2
    herd, peak = clients(MESSAGES)[:SENDERS], Peak(memory(os.getpid(), "Rss"))
    watching = asyncio.create_task(peak.watch())
    await asyncio.wait_for(asyncio.gather(*(one.send() for one in herd)), 480)
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    answers = sum((one.answers for one in herd), Counter[int]())
    assert answers.keys() == {200, 429}, "it pushed back, and nothing else went wrong"
    assert all(wait and float(wait) > 0 for one in herd for wait in one.waits)
    assert peak.most - peak.start < FLAT
    await kept_once(house, herd)

    async def at_rest() -> bool:
        async with admin(house.dsn) as tx:
            return await unread(tx, FLOW) == 0

    await eventually(at_rest, within=240, what="all was read, slow as everything is")
