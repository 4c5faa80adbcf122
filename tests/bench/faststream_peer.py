"""Scoring's job as a user of FastStream would write it: batches, one PostgreSQL transaction each, acknowledged after.

A process of its own: `python -m tests.bench.faststream_peer --kafka ... --prefix ... --dsn ... --events N` works the
topic `leads` and writes `scores`. It decides with scoring's handler on scoring's tables. Four subscribers share the
partitions, as four lanes are worked at the same time by scoring. What they say is sent once the transaction is
committed, then the batch is acknowledged: a crash in between repeats facts or loses them, which Baton does not.
Prints a line of JSON: seconds from the first batch to the last acknowledgement, and facts written.
"""

import argparse
import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import count
from time import perf_counter
from typing import Protocol

import orjson
import uvloop

from agreement import Agreement, load
from events import Event, Fact
from events.codec import decode, encode
from events.topics import PARTITIONS, partition
from runtime.clock import wall
from runtime.process.assembly import Assembly
from runtime.process.collector import calm_collector
from runtime.settings import Settings
from runtime.values import Batch
from scoring.service import SERVICE
from testing.service import SHIPPED

SUBSCRIBERS = 4
RECORDS = 500
"""In a batch, at most."""
LARGEST = 900_000
"""Bytes of one record batch: the broker takes a million."""


class Message(Protocol):
    """A batch as FastStream parsed it."""

    body: Sequence[bytes]


class Scorer:
    """One batch in, its facts out."""

    def __init__(self, dsn: str, agreement: Agreement, send: Callable[..., Awaitable[object]], topic: str) -> None:
        settings = Settings(agreement=SHIPPED, _env_file=None)
        running = Assembly(settings, agreement, dsn, [SERVICE]).running[0]
        assert running.components.handler is not None
        self._handler, self._database = running.components.handler, running.context.database
        self._agreement = agreement.version
        self._send, self._topic = send, topic
        self._numbers = defaultdict[int, "count[int]"](lambda: count(1))
        self.read = self.written = 0
        self.began = 0.0
        self.ended = 0.0

    async def work(self, batch: Sequence[object]) -> None:
        """Load, decide, save and commit; then send."""
        self.began = self.began or perf_counter()
        now = wall()
        events = tuple(one for one in batch if isinstance(one, Event) and type(one) in self._handler.handles)
        async with self._database.begin() as tx:
            facts = await self._handler(Batch(0, events, now), tx)
        lines: dict[int, list[bytes]] = defaultdict(list)
        for fact in facts:
            p = partition(fact.subject)
            lines[p].append(self._encode(fact, p))
        for p, some in lines.items():
            for chunk in _chunks(some):
                await self._send(*chunk, topic=self._topic, partition=p)
        self.written += len(facts)

    def _encode(self, fact: Fact, p: int) -> bytes:
        place = f"scores/{p}/{next(self._numbers[p])}"
        return encode(fact, place=place, source="scoring", recorded=wall(), agreement=self._agreement)

    def acknowledged(self, records: int) -> None:
        """The batch is done."""
        self.read += records
        self.ended = perf_counter()


def _chunks(lines: Sequence[bytes]) -> Iterator[list[bytes]]:
    chunk, size = list[bytes](), 0
    for line in lines:
        if chunk and size + len(line) > LARGEST:
            yield chunk
            chunk, size = [], 0
        chunk.append(line)
        size += len(line) + 80
    if chunk:
        yield chunk


async def _work(kafka: str, prefix: str, dsn: str, events: int) -> Scorer:
    from faststream import AckPolicy  # noqa: PLC0415  (only `make bench` installs it)
    from faststream.kafka import KafkaBroker, TopicPartition  # noqa: PLC0415
    from faststream.kafka.annotations import KafkaMessage  # noqa: PLC0415

    broker = KafkaBroker(kafka, acks="all", max_batch_size=2**20, max_request_size=2**20, logger=None)
    scorer = Scorer(dsn, load(SHIPPED), broker.publish_batch, f"{prefix}scores")
    done = asyncio.Event()

    async def decode_all(message: Message) -> list[Event | None]:
        return [decode(line) for line in message.body]

    async def work(batch: list[object], message: KafkaMessage) -> None:
        await scorer.work(batch)
        await message.ack()
        scorer.acknowledged(len(batch))
        if scorer.read >= events:
            done.set()

    for n in range(SUBSCRIBERS):
        places = [TopicPartition(f"{prefix}leads", p) for p in range(n, PARTITIONS, SUBSCRIBERS)]
        subscriber = broker.subscriber(
            partitions=places, batch=True, max_records=RECORDS, group_id=f"{prefix}faststream",
            auto_offset_reset="earliest", ack_policy=AckPolicy.MANUAL, decoder=decode_all,
        )  # fmt: skip
        subscriber(work)
    async with broker:
        calm_collector()
        await broker.start()
        await done.wait()
    return scorer


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("--kafka", "--prefix", "--dsn"):
        parser.add_argument(name, required=True)
    parser.add_argument("--events", type=int, required=True)
    given = parser.parse_args()
    scorer = uvloop.run(_work(given.kafka, given.prefix, given.dsn, given.events))
    print(orjson.dumps({"seconds": scorer.ended - scorer.began, "written": scorer.written}).decode())


if __name__ == "__main__":
    main()
