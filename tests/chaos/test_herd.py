"""An outage ends, and everybody comes back at once: all are taken in the end, and nothing of them twice."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import SecretStr
from tests.chaos.streams import engagements

from probe.proxy import Proxy
from runtime.database.embedded import EmbeddedPostgres
from runtime.http.client import HTTPError
from runtime.http.client import client as http_client
from runtime.settings import Settings
from standalone.house import House
from testing.house import Client
from testing.waiting import eventually

pytestmark = pytest.mark.chaos
Clients = Callable[[int], list["Sdk"]]
CLIENTS = 500
TOGETHER = 100
"""Connections that an HTTP client opens at most."""


@pytest.fixture
async def proxy(wheel_server: EmbeddedPostgres, tmp_path: Path) -> AsyncIterator[Proxy]:
    async with Proxy(wheel_server.data / "socket", tmp_path / "s") as found:
        yield found


@pytest.fixture
async def settings(settings: Settings, proxy: Proxy, house_dsn: str) -> Settings:
    """The house reaches its database through the proxy."""
    return settings.model_copy(update={"database": SecretStr(proxy.dsn(house_dsn)), "laboratory": False})


@pytest.fixture
async def clients(house: House) -> AsyncIterator[Clients]:
    """Makes five hundred clients with so many messages each; they share a few sets of connections."""
    async with AsyncExitStack() as stack:
        https = [
            await stack.enter_async_context(http_client(base_url=house.url, timeout=300))
            for _ in range(CLIENTS // TOGETHER)
        ]
        keys = house.keys
        together = [Client(http, keys["write_key"], keys["server_key"]) for http in https]
        yield lambda messages: [Sdk(together[n // TOGETHER], n, messages) for n in range(CLIENTS)]


@dataclass
class Sdk:
    """A tracking client: what it has is sent until it is taken, and it comes again when it is told to."""

    client: Client
    number: int
    messages: int
    answers: Counter[int] = field(default_factory=Counter)
    waits: list[str] = field(default_factory=list)

    @property
    def batch(self) -> list[dict[str, object]]:
        """Its messages, all of one person."""
        traits = {"email": f"vp{self.number}@company{self.number}.io"}
        return [
            {"type": "track", "userId": f"u{self.number}", "messageId": f"{self.number}-{n}", "event": "Blog Read",
             "context": {"traits": traits}}
            for n in range(self.messages)
        ]  # fmt: skip

    async def send(self) -> None:
        """Until 200. Any answer but 200 and 429 fails the test by being counted."""
        while not self.answers[200]:
            try:
                answer = await self.client.http.post(
                    "/v1/batch", json={"batch": self.batch}, auth=(self.client.write_key, "")
                )
            except HTTPError:  # a connection that was kept open ended at this very moment
                await asyncio.sleep(0.5)
                continue
            self.answers[answer.status_code] += 1
            if answer.status_code != 200:
                self.waits.append(answer.headers.get("retry-after", ""))
                await asyncio.sleep(min(float(self.waits[-1] or 1), 5.0))


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


async def kept_once(house: House, herd: Sequence[Sdk]) -> None:
    expected = Counter(message["messageId"] for one in herd for message in one.batch)
    assert await engagements(house.dsn) == expected
