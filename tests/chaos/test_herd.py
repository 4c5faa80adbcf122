"""An outage ends, and everybody comes back at once: all are taken in the end, and nothing of them twice."""

import asyncio
from collections import Counter

import pytest
from tests.chaos.clients import Clients, kept_once

from probe.proxy import Proxy
from runtime.settings import Settings
from standalone.house import House
from testing.waiting import eventually

pytestmark = pytest.mark.chaos


@pytest.fixture
async def settings(proxied: Settings) -> Settings:
    return proxied


@pytest.mark.fault("F18")
async def test_five_hundred_clients_come_back_after_an_outage(clients: Clients, house: House, proxy: Proxy) -> None:
    """All are refused at least once; all are taken, and nothing of them twice."""
    herd = clients(2)
    proxy.away()
    sending = asyncio.gather(*(one.send() for one in herd))

    async def all_refused() -> bool:
        return all(one.answers[429] for one in herd)

    await eventually(all_refused, within=60)
    proxy.back()
    await asyncio.wait_for(sending, 300)
    assert sum((one.answers for one in herd), Counter[int]()).keys() == {200, 429}
    assert all(wait and float(wait) > 0 for one in herd for wait in one.waits)
    await kept_once(house, herd)
