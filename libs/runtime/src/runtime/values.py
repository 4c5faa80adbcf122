"""The plain values that cross the border between plumbing and service; all of runtime that `decide` may import."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from events import Event


@dataclass(frozen=True, slots=True)
class Batch:
    """What one lane read since last time: decoded events of wanted types, each stream in its own order."""

    lane: int
    events: Sequence[Event]
    now: datetime
    """Business time, read once in the batch's first statement."""

    @property
    def subjects(self) -> list[str]:
        """Distinct subjects in key order: the order in which rows are locked."""
        return sorted({event.subject for event in self.events})

    def __iter__(self) -> Iterator[Event]:
        return iter(self.events)


@dataclass(frozen=True, slots=True)
class Timer:
    """A wake-up: one per (lane of subject, kind, key). `due_at=None` cancels it."""

    subject: str
    kind: str
    key: str
    due_at: datetime | None
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Due:
    """Timers of one lane that are due, oldest first; what timers.py gets in place of a batch."""

    lane: int
    timers: Sequence[Timer]
    now: datetime

    @property
    def subjects(self) -> list[str]:
        return sorted({timer.subject for timer in self.timers})

    def __iter__(self) -> Iterator[Timer]:
        return iter(self.timers)
