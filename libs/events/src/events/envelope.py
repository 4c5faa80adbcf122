"""The CloudEvents 1.0 envelope that every event inherits, and `Fact`: an event before it has a place in a stream."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any, ClassVar, Final, Literal, get_type_hints

from msgspec import Struct
from msgspec.structs import fields

from events.body import AwareDatetime, Body, default_of

Mode = Literal["live", "historical"]
Shape = type[Body]
"""Of the data of an event."""


class Event(Body):
    """Structured-mode CloudEvent. Extension names have no underscores because CloudEvents forbids them."""

    topic: ClassVar[str]

    specversion: Literal["1.0"] = "1.0"
    id: str
    """Its place in its stream: `scores/3/1204`."""
    source: str
    subject: str
    """The lead id (or rep, campaign, company domain); decides the partition."""
    time: AwareDatetime
    """When it became true."""
    recordedtime: AwareDatetime
    """When we learned it."""
    causationid: str | None = None
    """Id of the event that caused this one."""
    correlationid: str | None = None
    """Id of the first event of the chain."""
    agreement: str | None = None
    """Hash of the agreement under which it was decided."""
    mode: Mode = "live"
    type: str
    data: Any

    @classmethod
    @cache
    def type_name(cls) -> str:
        """The wire name, `lead.scored.v1`."""
        return str(next(default_of(field) for field in fields(cls) if field.name == "type"))

    @classmethod
    def fact(
        cls, subject: str, data: Body, *, time: datetime, cause: Event | Cause | None = None, mode: Mode | None = None
    ) -> Fact:
        """A fact of this type; correlation and mode are inherited from the cause unless given."""
        origin = Cause.of(cause) if isinstance(cause, Event) else cause or NO_CAUSE
        return Fact(
            event=cls,
            subject=subject,
            data=data,
            time=time,
            cause=origin.id,
            correlation=origin.correlation,
            mode=mode or origin.mode,
        )

    @property
    def occurred(self) -> datetime:
        """When it happened: not after it was recorded, whatever a client's clock says."""
        return min(self.time, self.recordedtime)

    @property
    def historical(self) -> bool:
        """Old news: state changes, but no page, no clock and no turn (domain, section 7)."""
        return self.mode == "historical"

    @classmethod
    @cache
    def data_type(cls) -> Shape:
        """The shape of its data."""
        shape: Shape = get_type_hints(cls)["data"]
        return shape


class Cause(Struct, frozen=True):
    """What a fact inherits from the event behind it; a timer remembers it of the event that planned it."""

    id: str | None = None
    """Id of the event; null when time itself is the cause."""
    correlation: str | None = None
    """Id of the first event of the chain; of old news the name of its import (HISTORY)."""
    mode: Mode = "live"

    @classmethod
    def of(cls, event: Event) -> Cause:
        """What facts inherit that this event leads to; the correlation is that of the first event of the chain."""
        return cls(event.id, event.correlationid or event.id, event.mode)

    @property
    def historical(self) -> bool:
        """Old news: state changes, but no page, no clock and no turn (domain, section 7)."""
        return self.mode == "historical"


NO_CAUSE: Final = Cause()
HISTORY: Final = "history:"
"""How the correlation of old news begins: what came with one import, or in a day from one source, belongs together."""


class Fact(Struct, frozen=True):
    """What a handler returns: an event without id. The runtime adds number, source, `recordedtime` and agreement."""

    event: type[Event]
    subject: str
    data: Body
    time: datetime
    cause: str | None = None
    correlation: str | None = None
    mode: Mode = "live"
