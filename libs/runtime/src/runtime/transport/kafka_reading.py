"""One partition as the Kafka transport reads it, and what lag tools may see of that."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from runtime.transport.base import Record

_BUFFER_RECORDS: Final = 2000
_BUFFER_BYTES: Final = 2 * 1024 * 1024


@dataclass(slots=True)
class PartitionBuffer:
    """One partition: where the client stands, and what was fetched and not yet taken."""

    position: int
    records: deque[Record] = field(default_factory=deque)
    size: int = 0
    moved: bool = True
    """The client must seek; until it has, what it brings is of the past."""
    requested: int = -1
    """The offset of the last read."""
    lost: int = -1
    """The offset that the log no longer has: read whatever there is, the numbers decide."""

    def move(self, position: int) -> None:
        self.position, self.records, self.size, self.moved = position, deque(), 0, True

    def append(self, record: Record) -> None:
        self.position = record.after
        self.size += len(record.value)
        self.records.append(record)

    def forget_before(self, offset: int) -> None:
        self.requested = offset
        if offset == self.lost:
            return
        self.lost = -1
        while self.records and self.records[0].offset < offset:
            self.size -= len(self.records.popleft().value)

    @property
    def full(self) -> bool:
        return len(self.records) >= _BUFFER_RECORDS or self.size >= _BUFFER_BYTES


class ShownOffsets:
    """Shows Kafka how far a worker has read: nothing of ours reads it back.

    A client of its own, assigned once and paused: one that has a group and is assigned anew may break (aiokafka).
    """

    def __init__(self, servers: str, group: str) -> None:
        self._servers = servers
        self._group = group
        self._client: Any = None
        self._last: dict[TopicPartition, int] = {}

    async def show(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Best effort; never raises and never takes long."""
        if not offsets or offsets == self._last:
            return
        try:
            async with asyncio.timeout(10):
                if self._client is None or offsets.keys() != self._last.keys():
                    await self.stop()
                    await self._assign(offsets)
                await self._client.commit(dict(offsets))
                self._last = dict(offsets)
        except Exception:  # noqa: BLE001  (lag tools show an old number until the next time)
            await self.stop()

    async def _assign(self, offsets: Mapping[TopicPartition, int]) -> None:
        self._client = AIOKafkaConsumer(
            bootstrap_servers=self._servers,
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="none",
        )
        await self._client.start()
        self._client.assign(list(offsets))
        self._client.pause(*offsets)
        for place, offset in offsets.items():
            self._client.seek(place, offset)

    async def stop(self) -> None:
        client, self._client, self._last = self._client, None, {}
        if client is not None:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(client.stop(), 5)
