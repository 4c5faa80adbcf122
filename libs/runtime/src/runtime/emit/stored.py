"""A piece of a stream as it was stored, and as it is shipped."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from runtime.chain import links

_HEADERS: Final = 160


@dataclass(frozen=True, slots=True)
class Stored:
    """One row of stream_batch: the exact bytes to be shipped, for ever the same."""

    topic: str
    p: int
    first_seq: int
    prev: bytes
    """The hash before the first line; UNKNOWN for what was written before streams had a chain."""
    body: bytes
    generation: int = 1
    known: Sequence[bytes] | None = field(default=None, compare=False, repr=False)
    """The `hashes`, where its writer still has them."""
    count: int = field(default=0, compare=False, repr=False)
    """`n`, where its writer still knows it; 0: it has to be counted."""

    @property
    def lines(self) -> list[bytes]:
        """One event each, in the order of their numbers: `first_seq`, `first_seq + 1`, ..."""
        return self.body.split(b"\n")

    @property
    def hashes(self) -> Sequence[bytes]:
        """The hash before each line, in order, and perhaps further ones."""
        return self.known or links(self.prev, self.lines)

    @property
    def n(self) -> int:
        """How many events."""
        return self.count or self.body.count(b"\n") + 1

    @property
    def size(self) -> int:
        """Bytes in a record batch, at most: each event has headers of its own."""
        return len(self.body) + self.n * _HEADERS

    def follows(self, one: "Stored") -> bool:
        """It begins where `one` ends, in number, chain and generation."""
        begins, ends = (self.topic, self.p, self.generation, self.first_seq), one.first_seq + one.n
        return begins == (one.topic, one.p, one.generation, ends) and self.prev == one.hashes[one.n]


def joined(parts: Sequence[Stored]) -> Stored:
    """Pieces of which each follows the one before, as a single one: the same bytes under the same numbers."""
    first = parts[0]
    if len(parts) == 1:
        return first
    known = [hash for part in parts for hash in part.hashes[: part.n]]
    body = b"\n".join(part.body for part in parts)
    return Stored(first.topic, first.p, first.first_seq, first.prev, body, first.generation, known, len(known))
