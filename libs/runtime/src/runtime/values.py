"""The plain values that cross the border between plumbing and service; all of runtime that `decide` may import."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from events import Event


@dataclass(frozen=True, slots=True)
class Timer:
    """A wake-up: one per (subject, kind, key). `due_at=None` cancels it."""

    subject: str
    kind: str
    key: str
    due_at: datetime | None
    payload: Mapping[str, Any] = field(default_factory=dict)


Input = Event | Timer
"""What a service decides on: an event it read, or a timer of its own that is due."""
Key = type[Event] | str
"""Of a fold's table HANDLES: a class of events, or a kind of timers."""


def key_of(one: Input) -> Key:
    """Under which key of HANDLES an input is found."""
    return one.kind if isinstance(one, Timer) else type(one)


@dataclass(frozen=True, slots=True)
class Parts:
    """Parts of one statement that changes data: common table expressions by name, and the values that they take.

    No row is touched by two of them.
    """

    expressions: dict[str, str] = field(default_factory=dict)
    values: dict[str, object] = field(default_factory=dict)
    complete: dict[str, str] = field(default_factory=dict)
    """Of a part that must touch a row for each element of an array: the array's parameter. A row that it passes over
    was changed by somebody since it was loaded: then nothing is kept, and the batch is read again. What other parts
    return is not looked at."""

    def add(self, other: "Parts") -> None:
        """Takes in the parts of another, which has other names for all it holds."""
        self.expressions.update(other.expressions)
        self.values.update(other.values)
        self.complete.update(other.complete)


@dataclass(frozen=True, slots=True)
class Batch:
    """What a lane has to decide: events of handled types, each stream in its own order, then due timers, oldest first.

    The timers are already removed from their table.
    """

    lane: int
    inputs: Sequence[Input]
    now: datetime
    """Business time, read once in the batch's first statement."""
    after_commit: list[Callable[[], None]] | None = field(default=None, compare=False, repr=False)
    """What is appended here is called once the batch is committed; it must neither wait nor raise. None: nobody will
    call. A process that dies in between calls nothing either, so nothing may depend on it but speed."""
    saves: Parts | None = field(default=None, compare=False, repr=False)
    """Where a handler that `joins` puts what it saves: it goes with the batch's last statement. None: it saves itself,
    in the transaction that it is called in."""

    @property
    def subjects(self) -> list[str]:
        """Distinct subjects in key order: the order in which rows are locked."""
        return sorted({one.subject for one in self.inputs})

    @property
    def events(self) -> list[Event]:
        """Without the timers: all there is for a handler that plans none."""
        return [one for one in self.inputs if not isinstance(one, Timer)]

    def __iter__(self) -> Iterator[Input]:
        return iter(self.inputs)
