"""What a transport of streams must do. There are two, PostgreSQL (embedded) and Kafka; one suite of laws for both."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final, Protocol

from msgspec import Struct

from runtime.database.connection import Connection
from runtime.emit.stored import Stored

NO_NUMBER: Final = 0
"""In place of a number in its stream: the record has none, or none that can be read."""


class Record(Struct, frozen=True, gc=False):
    """One event on its way: where it stood, its number in its stream, and its place in the chain."""

    topic: str
    p: int
    offset: int
    """Where a reader resumes to see this record again."""
    after: int
    """Where a reader resumes once it has taken this record."""
    seq: int
    """NO_NUMBER when nobody of us can have written it."""
    prev: bytes
    """The hash of its predecessor; UNKNOWN when it was written before streams had a chain."""
    hash: bytes
    """Its own: of `prev` and `value`."""
    value: bytes
    generation: int = 1
    house: str = ""
    """Id of the house that wrote it; empty where it is not said."""


Wake = Callable[[int, str], None]
"""Called with a lane number and a topic when something of the topic arrived for the lane."""


class Transport(Protocol):
    """Moves stored batches from writers to readers, at least once, in order."""

    ships: bool
    """False when readers see stream_batch itself and nothing needs to be sent."""
    house: str
    """Id of our house: every record sent carries it. Empty until it is known."""

    @property
    def tasks(self) -> "Sequence[asyncio.Task[None]]":
        """What works in the background once it is started; one that ends before `stop` ends by an error."""
        ...

    async def start(self, wake: Wake) -> None:
        """Begins to connect and returns at once; from then on `wake` is called when something arrived for a lane."""

    async def stop(self) -> None:
        """Closes all connections; never raises."""

    async def hold(self, p: int, offsets: Mapping[str, int]) -> None:
        """Begin reading a lane at these offsets; called again, it moves the lane to other offsets."""

    async def drop(self, p: int) -> None:
        """Stop reading a lane."""

    async def read(
        self, tx: Connection, p: int, offsets: Mapping[str, int], *, records: int, size: int
    ) -> Sequence[Record]:
        """Records at and after the offsets, each topic in its own order, about `records` or `size` bytes at most.

        Reading again with the same offsets gives the same records: nothing is consumed by looking.
        """
        ...

    def is_all(self, records: Sequence[Record], *, most: int, size: int) -> bool:
        """Whether a read of so many records and bytes at most left none: then `wake` tells of whatever comes later."""
        ...

    async def ship(self, stored: Stored) -> None:
        """Returns when the bytes are safe. Any exception means: perhaps sent, perhaps not; send the same again."""

    def restarts(self, p: int) -> dict[str, int]:
        """Topics whose log no longer has what was asked for, and where it begins: told once, the lane goes on there."""
        ...

    def fetched(self) -> Collection[tuple[int, str]]:
        """Lanes and topics with records that were fetched and not taken yet, on a transport that fetches ahead."""
        ...

    def renew(self) -> None:
        """What was sent does not arrive: read with a new client."""


def turned(topics: Sequence[str], turn: int) -> Sequence[str]:
    """Another topic first each time, so that a backlog of one does not keep the others waiting."""
    start = turn % len(topics) if topics else 0
    return [*topics[start:], *topics[:start]]


class Ready:
    """Lanes that may have work, first come first served; a lane is worked by one task at a time."""

    def __init__(self) -> None:
        self._queue: dict[int, None] = {}
        self._busy = set[int]()
        self._news = asyncio.Event()
        self._rest = asyncio.Event()
        self._closed = False
        self.visits = 0
        """How many lanes were taken so far."""

    def add(self, p: int) -> None:
        """Idempotent; a lane that is being worked comes up again afterwards."""
        self._queue[p] = None
        self._news.set()

    async def take(self) -> int | None:
        """Waits for a lane; None when the worker is closing."""
        while not self._closed:
            for p in self._queue:
                if p not in self._busy:
                    del self._queue[p]
                    self._busy.add(p)
                    self.visits += 1
                    return p
            self._news.clear()
            await self._news.wait()
        return None

    def close(self) -> None:
        """From now on `take` returns None; lanes that are being worked are finished by their tasks."""
        self._closed = True
        self._news.set()
        self._rest.set()

    def release(self, p: int) -> None:
        """The task that took the lane has finished with it: another may take it."""
        self._busy.discard(p)
        if p in self._queue:
            self._news.set()
        elif self.quiet:
            self._rest.set()

    async def rested(self) -> None:
        """Waits until no lane waits and none is being worked, or the worker is closing."""
        while not (self.quiet or self._closed):
            self._rest.clear()
            await self._rest.wait()

    @property
    def quiet(self) -> bool:
        """No lane waits and none is being worked."""
        return not self._queue and not self._busy
