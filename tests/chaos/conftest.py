"""A house that reaches its database through a proxy, and five hundred clients."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from pydantic import SecretStr
from tests.chaos.clients import CLIENTS, Clients, Sdk

from probe.proxy import Proxy
from runtime.database.embedded import EmbeddedPostgres
from runtime.http.client import client as http_client
from runtime.settings import Settings
from standalone.house import House
from testing.house import Client

TOGETHER = 100
"""Connections that an HTTP client opens at most."""


@pytest.fixture
async def proxy(wheel_server: EmbeddedPostgres, tmp_path: Path) -> AsyncIterator[Proxy]:
    async with Proxy(wheel_server.data / "socket", tmp_path / "s") as found:
        yield found


@pytest.fixture
async def proxied(settings: Settings, proxy: Proxy, house_dsn: str) -> Settings:
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
