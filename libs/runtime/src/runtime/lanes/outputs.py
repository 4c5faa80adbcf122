"""What a lane writes, as its worker remembers it: where its streams stand, and what is still to be shipped of them."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.emit.stored import Stored
from runtime.emit.stream_writer import Composed, Stream, StreamHead

_HEADS = statement("SELECT topic, last_seq, last_hash, generation, shipped_seq FROM lane_output WHERE p = :p")


@dataclass(slots=True)
class Output:
    """One stream of the lane."""

    head: StreamHead
    """As it was committed last."""
    shipped: int
    """Its `shipped_seq` in the database."""
    sent: int
    """How far the transport has acknowledged it; the database hears of it with the next batch, or at rest."""
    waiting: deque[Stored] = field(default_factory=deque)
    """Committed and not sent yet, in order."""


@dataclass(slots=True)
class Outputs:
    """All streams of a lane whose worker alone writes them: what was just committed is shipped without being read."""

    streams: dict[str, Output]
    backlog: bool
    """There is more to ship than `waiting` holds: the database is asked until it has no more."""

    @classmethod
    async def learn(cls, tx: Connection, p: int) -> Self:
        """As the database has them."""
        rows = (await tx.execute(_HEADS, {"p": p})).all()
        streams = {
            row.topic: Output(StreamHead(row.last_seq, row.last_hash, row.generation), row.shipped_seq, row.shipped_seq)
            for row in rows
        }
        return cls(streams, backlog=any(one.head.last_seq > one.shipped for one in streams.values()))

    def heads(self, p: int) -> Mapping[Stream, StreamHead]:
        """Where the streams stand; `p` is the lane."""
        return {(topic, p): one.head for topic, one in self.streams.items()}

    @property
    def unmarked(self) -> dict[str, Output]:
        """Streams of which the transport has more than the database knows."""
        return {topic: one for topic, one in self.streams.items() if one.sent != one.shipped}

    @property
    def idle(self) -> bool:
        """Nothing is waiting, and the database knows all."""
        return not self.backlog and not any(one.waiting or one.sent != one.shipped for one in self.streams.values())

    def committed(self, composed: Composed, shipped: Mapping[str, int], *, ships: bool) -> None:
        """After the commit: the streams went on, and `shipped` (topic to number) is what the database has now."""
        for (topic, _), head in composed.heads.items():
            self.streams[topic].head = head
        for topic, seq in shipped.items():
            self._mark(topic, seq)
        if ships and not self.backlog:
            for stored in composed.batches:
                self.streams[stored.topic].waiting.append(stored)

    def _mark(self, topic: str, seq: int) -> None:
        """A number below what was sent: somebody asked meanwhile for the stream to be shipped again."""
        one = self.streams[topic]
        if seq != one.sent:
            self.ship_again()
        one.shipped = one.sent = seq

    def ship_again(self) -> None:
        """The database says what is to be shipped; what waits here is in it."""
        self.backlog = True
        for one in self.streams.values():
            one.waiting.clear()

    def caught_up(self) -> None:
        """The database has nothing more to ship: memory is exact again."""
        self.backlog = False
        for one in self.streams.values():
            one.shipped = one.sent = one.head.last_seq

    def sent(self, stored: Stored) -> None:
        """The oldest that waits of this topic was acknowledged."""
        one = self.streams[stored.topic]
        one.waiting.popleft()
        one.sent = stored.first_seq + stored.n - 1

    def round(self, size: int) -> Iterator[Stored]:
        """The oldest of each topic, topics in turn: about `size` bytes."""
        queues = [list(one.waiting) for one in self.streams.values() if one.waiting]
        for turn in range(max(map(len, queues), default=0)):
            for queue in queues:
                if turn < len(queue) and size > 0:
                    size -= len(queue[turn].body)
                    yield queue[turn]


def heads_of(outputs: Outputs, composed: Composed) -> Sequence[tuple[str, Output, StreamHead]]:
    """Topic, what memory has of it, and where it stands after these lines: of all that change or are to be marked."""
    after = {topic: head for (topic, _), head in composed.heads.items()}
    topics = sorted({*after, *outputs.unmarked})
    return [(topic, outputs.streams[topic], after.get(topic, outputs.streams[topic].head)) for topic in topics]
