"""A piece of a stream as it was stored, and as it is shipped."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from runtime.chain import links


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
        return self.body.count(b"\n") + 1
