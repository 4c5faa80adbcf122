"""One partition as the Kafka transport reads it, and what lag tools may see of that."""

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from runtime.transport.base import Record
from runtime.transport.kafka_clients import stop_client, whole_or_closed

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
    begins_at: int | None = None
    """Where the log begins, when it did not have what was asked for and the lane was not told yet."""

    def move(self, position: int) -> None:
        """Forgets what was fetched; the client seeks to `position` before it fetches again."""
        self.position, self.records, self.size, self.moved, self.begins_at = position, deque(), 0, True, None

    def rewind(self, beginning: int) -> None:
        """The log does not have what was asked for: it is read from its beginning, and the lane is to be told."""
        self.move(beginning)
        self.begins_at = beginning

    def keep(self, records: Iterable[Record]) -> None:
        """Keeps fetched records until a reader asks for offsets behind them; drops what was fetched before a move."""
        if self.moved:
            return
        for record in records:
            if record.offset >= self.position:
                self.position = record.after
                self.size += len(record.value)
                self.records.append(record)

    def forget_before(self, offset: int) -> None:
        """Drops the records in front of the offset that a reader asks for: it has taken them."""
        while self.records and self.records[0].offset < offset:
            self.size -= len(self.records.popleft().value)

    @property
    def full(self) -> bool:
        """2,000 records or 2 MB are waiting: the client pauses this partition."""
        return len(self.records) >= _BUFFER_RECORDS or self.size >= _BUFFER_BYTES


SHOWN_WITHIN = 10.0
"""Seconds that showing may take: to connect, and to commit."""
_ENDS_WITHIN: Final = 1.0
"""Seconds that a commit has to end, once its client is closed."""


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
            async with asyncio.timeout(SHOWN_WITHIN):
                if self._client is None or offsets.keys() != self._last.keys():
                    await self.stop()
                    await self._assign(offsets)
            await self._commit(offsets)
            self._last = dict(offsets)
        except Exception:  # noqa: BLE001  (lag tools show an old number until the next time)
            await self.stop()

    async def _commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Raises what went wrong, or TimeoutError.

        A commit that takes too long is not cut off but ends with its client: aiokafka shields a part of it, whose error
        nobody would hear. That error may come a moment after the client is closed, so a moment is waited for it.
        """
        commit = asyncio.create_task(self._client.commit(dict(offsets)))
        commit.add_done_callback(lambda done: done.cancelled() or done.exception())
        try:
            if (await asyncio.wait({commit}, timeout=SHOWN_WITHIN))[1]:
                raise TimeoutError
            commit.result()
        finally:
            if not commit.done():
                await self.stop()
                await asyncio.wait({commit}, timeout=_ENDS_WITHIN)
                commit.cancel()

    async def _assign(self, offsets: Mapping[TopicPartition, int]) -> None:
        self._client = AIOKafkaConsumer(
            bootstrap_servers=self._servers,
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="none",
        )
        with whole_or_closed():
            await self._client.start()
        self._client.assign(list(offsets))
        self._client.pause(*offsets)
        for place, offset in offsets.items():
            self._client.seek(place, offset)

    def stop(self) -> "asyncio.Future[None]":
        """Closes the client, if there is one; never raises, as `stop_client`. The next `show` opens another."""
        client, self._client, self._last = self._client, None, {}
        if client is not None:
            return stop_client(client)
        closed = asyncio.get_running_loop().create_future()
        closed.set_result(None)
        return closed
