"""A broker that its clients reach through a cable, which tests make slow, break, or unplug."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from testing.broker import Broker
from testing.kafka_jars import jars_missing
from testing.link import Link
from testing.ports import free_port
from testing.servers import missing


class LinkedBroker(NamedTuple):
    """A broker, the cable before it, and where clients find its end."""

    broker: Broker
    link: Link
    bootstrap: str
    """`host:port` of the clients' end, the only address that the broker tells of itself."""


@asynccontextmanager
async def broker_behind_link(data: Path) -> AsyncIterator[LinkedBroker]:
    """Both stop with the context; the test is left out, with the reason, where no broker can be had."""
    if reason := jars_missing():
        missing(reason)
    port = free_port()
    bootstrap = f"127.0.0.1:{port}"
    broker = Broker(data, properties={"advertised.listeners": f"PLAINTEXT://{bootstrap}"})
    async with Link(broker.port, port) as link:  # before the start, which is over when a client got its answer
        await asyncio.to_thread(broker.start)
        try:
            yield LinkedBroker(broker, link, bootstrap)
        finally:
            await asyncio.to_thread(broker.stop)
