"""The aiokafka clients that we use, with the settings that matter, and how one is stopped."""

import asyncio
import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final
from weakref import WeakSet

import aiokafka.conn
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError
from aiokafka.producer import message_accumulator
from aiokafka.producer.message_accumulator import MessageBatch

BATCH_BYTES: Final = 1_048_576
"""Bytes of the largest record batch: what a producer sends and a consumer fetches of one partition at once."""
LARGEST_MESSAGE: Final = BATCH_BYTES + 4096
"""With the batch's own header."""


ANSWER_SECONDS: Final = 15.0
"""Within which a broker answers, unless the settings say otherwise."""
_REQUESTS: Final = 1.5
"""A request that is not answered gives up so many times earlier than the one who waits for the producer."""


@dataclass(slots=True)
class _Start:
    """Of a client, while it goes on."""

    connections: "list[BrokerConnection]" = field(default_factory=list)
    over: bool = False


_START: ContextVar[_Start | None] = ContextVar("start of a Kafka client", default=None)


@contextlib.contextmanager
def whole_or_closed() -> Iterator[None]:
    """What is connected within is closed when it ends by an error or is cancelled: aiokafka forgets it then."""
    start = _Start()
    token = _START.set(start)
    try:
        yield
    except BaseException:
        for connection in start.connections:
            connection.close()
        raise
    finally:
        start.over = True  # the client's own tasks know it for ever
        _START.reset(token)


class BrokerConnection(AIOKafkaConnection):  # type: ignore[misc]
    """aiokafka's connection, which says of a transport that uvloop has closed what it says of any broken one.

    uvloop raises RuntimeError where asyncio raises OSError; aiokafka's routines in the background only know the second,
    and end by the first for good: metadata, fetches and commits of a client that looks alive.
    """

    async def connect(self) -> Any:
        """As aiokafka's; `whole_or_closed` knows it."""
        start = _START.get()
        if start is not None and not start.over:
            start.connections.append(self)
        ends = await super().connect()
        _connections.add(self)
        if self.client in _stopped:
            self.close()
            raise KafkaConnectionError(f"Connection at {self._host}:{self._port} closed: its client was stopped")
        return ends

    @property
    def client(self) -> Any:
        """Of aiokafka, that made it; None for one that only asks for the first metadata."""
        return getattr(self._on_close_cb, "__self__", None)

    def send(self, request: Any, expect_response: bool = True) -> Any:
        """As aiokafka's. Raises KafkaConnectionError also when the transport is closed."""
        try:
            return super().send(request, expect_response)
        except RuntimeError as error:
            writer = self._writer
            if writer is None or not writer.transport.is_closing():
                raise
            self.close(reason=CloseReason.CONNECTION_BROKEN)
            raise KafkaConnectionError(f"Connection at {self._host}:{self._port} closed: {error}") from error


class RecordBatch(MessageBatch):  # type: ignore[misc]
    """aiokafka's record batch on its way, whose failure is told to whoever waits for it, and to nobody else.

    aiokafka tells it to its own waiters too, of which there may be none: then the event loop says that it was never
    retrieved, and means nothing by it.
    """

    def failure(self, exception: BaseException) -> None:
        """As aiokafka's."""
        super().failure(exception)
        for answer in (self.future, self._drain_waiter):
            if not answer.cancelled():
                answer.exception()


_connections: WeakSet[BrokerConnection] = WeakSet()
_stopped: WeakSet[Any] = WeakSet()
"""Clients of which no connection may stay: one that is being made while its client stops is forgotten by aiokafka."""
_stopping: Final = set[asyncio.Task[None]]()
"""What stops a client: asyncio itself would forget it."""
aiokafka.conn.AIOKafkaConnection = BrokerConnection
message_accumulator.MessageBatch = RecordBatch
"""What clients connect by, and what a producer sends, is made under these names."""


async def new_producer(servers: str, answer_seconds: float = ANSWER_SECONDS) -> Any:
    """A started producer; raises KafkaError, TimeoutError or OSError when no broker answers within 30 seconds.

    A connection on which nothing is answered is dropped before `answer_seconds` are over.
    """
    # acks defaults to 1; idempotence and transactions stay off: our numbers do that work (D4)
    producer = AIOKafkaProducer(
        bootstrap_servers=servers,
        acks="all",
        enable_idempotence=False,
        max_batch_size=BATCH_BYTES,
        max_request_size=LARGEST_MESSAGE,
        linger_ms=0,
        request_timeout_ms=int(answer_seconds / _REQUESTS * 1000),
    )
    return await _started(producer)


async def new_consumer(servers: str, answer_seconds: float = ANSWER_SECONDS) -> Any:
    """A started consumer without a group, assigned to nothing yet; raises what `new_producer` raises."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=servers,
        group_id=None,  # a group would only break: our leases assign, our tables keep offsets
        enable_auto_commit=False,
        auto_offset_reset="none",
        max_partition_fetch_bytes=BATCH_BYTES,
        request_timeout_ms=int(answer_seconds * 1000),
        fetch_max_wait_ms=500,  # the broker answers at once when there is something
    )
    return await _started(consumer)


def fetching_of(consumer: Any) -> "asyncio.Task[None]":
    """What fetches for a consumer in the background; when it dies, nothing arrives any more, and nobody is told."""
    task: asyncio.Task[None] = consumer._fetcher.error_future  # aiokafka shows it nowhere else
    return task


async def _started(client: Any) -> Any:
    try:
        with whole_or_closed():
            async with asyncio.timeout(30):
                await client.start()
    except BaseException:
        await stop_client(client)
        raise
    return client


def stop_client(client: Any) -> "asyncio.Future[None]":
    """Stops a producer or consumer: done after 5 seconds at most, raises nothing, and goes on when nobody waits for it
    any more: whoever stops it may be cancelled meanwhile.
    """
    stopping = asyncio.create_task(_stop(client))
    _stopping.add(stopping)
    stopping.add_done_callback(_stopping.discard)
    return asyncio.shield(stopping)


async def _stop(client: Any) -> None:
    with contextlib.suppress(Exception):  # stop() can hang for ever when Kafka is away
        async with asyncio.timeout(5):
            await client.stop()
    inner = getattr(client, "client", None) or getattr(client, "_client", None)
    if inner is not None:
        _stopped.add(inner)
        for connection in [one for one in _connections if one.client is inner]:
            connection.close()
