"""A transport by itself: one side says and ships, the other reads and judges. No worker."""

import contextlib
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from events import Fact
from probe.bench import LANES, Bench
from probe.service import SERVICES
from runtime.emit.stored import Stored
from runtime.lanes.lane import Lane
from runtime.lanes.sequence import Progress, SequenceCheck
from runtime.transport.base import Record, Transport
from runtime.transport.kafka import KafkaTransport, NotConnected
from runtime.transport.postgres import PostgresTransport
from testing.waiting import eventually


class Wire:
    """From ingest to a reader called scoring."""

    def __init__(self, bench: Bench, reader: str = "scoring") -> None:
        self.bench = bench
        self.topics = SERVICES[reader].reads
        self.database = bench.databases[reader]
        self.woken: list[int] = []
        self.offsets = {p: dict.fromkeys(self.topics, 0) for p in range(LANES)}
        self.progress = {p: {topic: Progress() for topic in self.topics} for p in range(LANES)}
        self.transport = self.new_transport()

    def new_transport(self) -> Transport:
        settings = self.bench.settings
        if settings.kafka:
            return KafkaTransport(settings.kafka, self.topics, group="wire", prefix=settings.topic_prefix)
        return PostgresTransport(self.topics)

    async def __aenter__(self) -> Self:
        await self.transport.start(lambda p, _topic: self.woken.append(p))
        for p, offsets in self.offsets.items():
            await self.transport.hold(p, offsets)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: object, at: TracebackType | None) -> None:
        await self.transport.stop()

    async def write(self, *facts: Fact) -> Sequence[str]:
        places = await self.bench.write(*facts)
        await self.ship()
        return places

    async def unshipped(self, p: int) -> list[Stored]:
        async with self.bench.databases["ingest"].begin() as tx:
            stored, _ = await Lane(p, "-").load_unshipped(tx)
        return stored

    async def send(self, stored: Stored) -> None:
        """Waits for the connection, which is made in the background."""

        async def sent() -> bool:
            with contextlib.suppress(NotConnected):
                await self.transport.ship(stored)
                return True
            return False

        await eventually(sent)

    async def ship(self) -> None:
        """What an ingest worker would do."""
        for p in range(LANES):
            for stored in await self.unshipped(p):
                await self.send(stored)
        await self.bench.change("ingest", "UPDATE lane_output SET shipped_seq = last_seq")

    async def read(self, p: int, *, records: int = 500, size: int = 262144) -> Sequence[Record]:
        async with self.database.begin() as tx:
            return await self.transport.read(tx, p, self.offsets[p], records=records, size=size)

    async def transport_has(self, p: int, wanted: int) -> bool:
        """Without taking anything."""
        return len(await self.read(p, records=wanted, size=2**30)) >= wanted

    async def take(self, p: int, *, records: int = 500, size: int = 262144) -> list[Record]:
        """One read, judged; what is next is taken."""
        taken = []
        for record in await self.read(p, records=records, size=size):
            progress = self.progress[p][record.topic]
            verdict = progress.check(record.seq, record.prev, record.hash, record.generation)
            assert verdict in (SequenceCheck.NEXT, SequenceCheck.REPEAT), f"{verdict} at {record.seq} of {record.topic}"
            self.offsets[p][record.topic] = record.after
            if verdict is SequenceCheck.NEXT:
                progress.take(record.seq, record.hash, record.generation)
                taken.append(record)
        return taken

    async def take_until(self, p: int, wanted: int, *, records: int = 500, size: int = 262144) -> list[Record]:
        taken: list[Record] = []

        async def enough() -> bool:
            taken.extend(await self.take(p, records=records, size=size))
            return len(taken) >= wanted

        await eventually(enough, what=f"{wanted} records of lane {p}")
        return taken
