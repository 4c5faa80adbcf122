"""A piece of a stream as it was stored, and as it is shipped."""

from dataclasses import dataclass


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

    @property
    def lines(self) -> list[bytes]:
        """One event each, in the order of their numbers: `first_seq`, `first_seq + 1`, ..."""
        return self.body.split(b"\n")

    @property
    def n(self) -> int:
        """How many events."""
        return self.body.count(b"\n") + 1
