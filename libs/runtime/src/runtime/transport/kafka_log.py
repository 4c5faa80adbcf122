"""Partitions of our topics read from an offset to their end, for operators' commands. Nothing is consumed by it."""

from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Self

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from runtime.errors import Misconfigured
from runtime.transport.base import Record
from runtime.transport.kafka_clients import new_consumer, stop_client
from runtime.transport.kafka_headers import record_of


class KafkaLog:
    """Open while its context is. Raises Misconfigured when no broker answers."""

    def __init__(self, servers: str, prefix: str = "") -> None:
        self._servers = servers
        self._prefix = prefix
        self._consumer: Any = None

    async def __aenter__(self) -> Self:
        try:
            self._consumer = await new_consumer(self._servers)
        except (KafkaError, TimeoutError, OSError) as error:
            raise Misconfigured(
                f"no Kafka broker answers at {self._servers} ({error!r}): without it nobody knows what was orphaned"
            ) from error
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: object, at: TracebackType | None) -> None:
        await stop_client(self._consumer)

    async def read(self, topic: str, p: int, offset: int = 0, end: int | None = None) -> AsyncIterator[Record]:
        """Records from this offset (or the oldest that is kept) up to `end`, or to where the log ends by now."""
        place = TopicPartition(self._prefix + topic, p)
        begin = (await self._consumer.beginning_offsets([place]))[place]
        last = (await self._consumer.end_offsets([place]))[place]
        end = last if end is None else min(end, last)
        start = max(begin, offset)
        if start >= end:
            return
        self._consumer.assign([place])
        self._consumer.seek(place, start)
        while await self._consumer.position(place) < end:
            for record in (await self._consumer.getmany(place, timeout_ms=200)).get(place, ()):
                if record.offset < end:
                    yield record_of(record, topic)
