"""The rule by which a reader takes a numbered record: the next number, nothing else. Pure: the model runs it too."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum


class SequenceCheck(Enum):
    """What a record's number says to a reader."""

    NEXT = "next"
    REPEAT = "repeat"
    GAP = "gap"
    FORK = "fork"


@dataclass(slots=True)
class Progress:
    """How far a reader has come on one stream, and under which tokens it accepted what."""

    last_seq: int = 0
    tokens: list[tuple[int, str]] = field(default_factory=list)
    """(first number taken under it, token), ascending."""

    def check(self, seq: int, token: str) -> SequenceCheck:
        """A repeat carries the token it was first written under; an old number under another one is a fork."""
        if seq == self.last_seq + 1:
            return SequenceCheck.NEXT
        if seq > self.last_seq:
            return SequenceCheck.GAP
        known = self._token_at(seq)
        return SequenceCheck.REPEAT if known is None or known == token else SequenceCheck.FORK

    def take(self, seq: int, token: str) -> bool:
        """Moves on by one. True when the token is new, so that it must be remembered."""
        self.last_seq = seq
        if self.tokens and self.tokens[-1][1] == token:
            return False
        self.tokens.append((seq, token))
        return True

    def copy(self) -> "Progress":
        """One that can move on without this one: a batch may still be rolled back."""
        return Progress(self.last_seq, list(self.tokens))

    def _token_at(self, seq: int) -> str | None:
        place = bisect_right(self.tokens, seq, key=_first)
        return self.tokens[place - 1][1] if place else None


def _first(entry: tuple[int, str]) -> int:
    return entry[0]


def dense(numbers: Sequence[int]) -> bool:
    """1, 2, 3, … without a hole."""
    return list(numbers) == list(range(1, len(numbers) + 1))
