"""Puts recorded streams on topics of one run alone, as their writers would have shipped them."""

import asyncio
from collections.abc import Iterable
from time import perf_counter

from runtime.emit.stored import Stored
from runtime.transport.kafka import KafkaTransport, NotConnected

PATIENCE = 60.0


async def ship(kafka: str, prefix: str, stored: Iterable[Stored]) -> None:
    """Returns when all is acknowledged. The topics must be there; raises NotConnected when no broker answers."""
    transport = KafkaTransport(kafka, (), group="bench", prefix=prefix)
    await transport.start(lambda _p, _topic: None)
    try:
        deadline = perf_counter() + PATIENCE
        for one in stored:
            while True:
                try:
                    await transport.ship(one)
                    break
                except NotConnected:  # it connects in the background
                    if perf_counter() > deadline:
                        raise
                    await asyncio.sleep(0.02)
    finally:
        await transport.stop()
