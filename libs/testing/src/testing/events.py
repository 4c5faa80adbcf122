"""Events for tests, with their real types: `make(LeadScored, total=80)` is a LeadScored as its readers see it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final, TypeVar

from events import Body, Event, Fact, Mode
from events.body import fields_of
from events.codec import decode, encode
from events.edge import checked
from events.scores import LeadScored
from events.topics import PARTITIONS, TOPICS, partition

E = TypeVar("E", bound=Event)
D = TypeVar("D", bound=Body)
NOON: Final = datetime(2026, 8, 5, 12, 0, tzinfo=UTC)
"""A Wednesday on which everybody works; the laboratory opens at this instant."""


def as_read(fact: Fact, *, seq: int = 1, recorded: datetime | None = None) -> Event:
    """The fact as its readers will see it, bytes and all."""
    place = f"{fact.event.topic}/{partition(fact.subject)}/{seq}"
    producer = TOPICS[fact.event.topic].producer
    raw = encode(fact, place=place, source=producer, recorded=recorded or fact.time, agreement="test")
    event = decode(raw)
    if event is None:
        raise ValueError(f"{fact.event.type_name()} is not a known type")
    return event


def data_of(fact: Fact, shape: type[D]) -> D:
    """What a fact says, as the type that a test expects; fails when it is another."""
    assert isinstance(fact.data, shape), f"{fact.event.type_name()} holds {type(fact.data).__qualname__}"
    return fact.data


def scored_data(standing: Mapping[str, object], **more: object) -> dict[str, object]:
    """The fields of a `lead.scored` that carries this standing whole."""
    figures = {name: value for name, value in standing.items() if name in fields_of(LeadScored.Data)}
    return {**figures, "signals": None, "assets": None, "standing": standing, **more}


def of_type(facts: "list[Fact] | tuple[Fact, ...]", shape: type[D]) -> list[D]:
    """What all facts of one type say, in order."""
    return [fact.data for fact in facts if isinstance(fact.data, shape)]


@dataclass(slots=True)
class EventBuilder:
    """Makes events about one lead, numbered as they are made; `defaults` fill what a call leaves out."""

    subject: str = "lead-1"
    start: datetime = NOON
    defaults: Mapping[type[Event], Mapping[str, Any]] = field(default_factory=dict)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def at(self, hours: float = 0, *, days: float = 0) -> datetime:
        """So long after the beginning."""
        return self.start + timedelta(hours=hours, days=days)

    def make(
        self,
        kind: type[E],
        fields: Mapping[str, object] | None = None,
        /,
        *,
        subject: str | None = None,
        at: datetime | None = None,
        recorded: datetime | None = None,
        cause: Event | None = None,
        mode: Mode | None = None,
        seq: int | None = None,
        **data: object,
    ) -> E:
        """An event of this type. `data` are the fields of its Data; pydantic refuses what does not fit.

        `fields` are more of them: those that share a name with an argument, as the `cause` of a clock does.
        """
        time = at or self.start
        body = {**self.defaults.get(kind, {}), **(fields or {}), **data}
        fact = kind.fact(subject or self.subject, checked(kind.data_type(), body), time=time, cause=cause, mode=mode)
        event = as_read(fact, seq=seq or next(self._numbers), recorded=recorded)
        assert isinstance(event, kind)
        return event

    def about(self, subject: str) -> "EventBuilder":
        """The same for another subject; numbers go on."""
        return EventBuilder(subject, self.start, self.defaults, self._numbers)


__all__ = ["NOON", "PARTITIONS", "EventBuilder", "as_read", "data_of", "of_type", "scored_data"]
