"""The rule by which a reader takes a numbered record: the next number that fits the chain. Pure: the model runs it."""

from dataclasses import dataclass, replace
from enum import Enum

from runtime.chain import START, UNKNOWN


class SequenceCheck(Enum):
    """What a record's number, hash and generation say to a reader."""

    NEXT = "next"
    REPEAT = "repeat"
    GAP = "gap"
    FORK = "fork"


@dataclass(slots=True)
class Progress:
    """How far a reader has come on one stream."""

    last_seq: int = 0
    last_hash: bytes = START
    """Of the last line taken, and with it of all before; UNKNOWN for what was taken before streams had a chain."""
    generation: int = 1
    """`baton adopt` begins a new one after a fork; what an older one still brings is dropped."""

    def check(self, seq: int, prev: bytes, line_hash: bytes, generation: int = 1) -> SequenceCheck:
        """NEXT must name our last hash as its predecessor's. The last number again, with another hash, is a fork.

        A newer generation is taken where it continues what we have; one that begins further back is a fork.
        """
        if generation < self.generation:
            return SequenceCheck.REPEAT
        if seq > self.last_seq + 1:
            return SequenceCheck.GAP
        if seq == self.last_seq + 1:
            return SequenceCheck.NEXT if self._fits(prev) else SequenceCheck.FORK
        if generation > self.generation or (seq == self.last_seq and self._differs(line_hash)):
            return SequenceCheck.FORK
        return SequenceCheck.REPEAT

    def take(self, seq: int, line_hash: bytes, generation: int = 1) -> None:
        """Moves on to this record."""
        self.last_seq, self.last_hash, self.generation = seq, line_hash, generation

    def copy(self) -> "Progress":
        """One that can move on without this one: a batch may still be rolled back."""
        return replace(self)

    def _fits(self, prev: bytes) -> bool:
        """Without a chain the number decides: at the beginning of an old stream, and as long as no hash is known."""
        if prev == UNKNOWN:
            return self.last_hash == UNKNOWN or self.last_seq == 0
        return self.last_hash in (prev, UNKNOWN)

    def _differs(self, line_hash: bytes) -> bool:
        return UNKNOWN not in (line_hash, self.last_hash) and line_hash != self.last_hash
