"""The CloudEvents 1.0 envelope that every event inherits, and `Fact`: an event before it has a place in a stream."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict

Mode = Literal["live", "historical"]


class Body(BaseModel):
    """Wire shape: frozen, and tolerant of fields that a newer writer added."""

    model_config = ConfigDict(frozen=True, extra="ignore")


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
    def kind(cls) -> str:
        """The wire name, `lead.scored.v1`."""
        return str(cls.model_fields["type"].default)

    @classmethod
    def fact(
        cls, subject: str, data: Body, *, time: datetime, cause: Event | None = None, mode: Mode | None = None
    ) -> Fact:
        """A fact of this type; correlation and mode are inherited from the cause unless given."""
        return Fact(
            event=cls,
            subject=subject,
            data=data,
            time=time,
            cause=cause.id if cause else None,
            correlation=(cause.correlationid or cause.id) if cause else None,
            mode=mode or (cause.mode if cause else "live"),
        )

    @property
    def historical(self) -> bool:
        """Old news: state changes, but no page, no clock and no turn (domain, section 7)."""
        return self.mode == "historical"

    def replaced(self, **changes: Any) -> Self:
        return self.model_copy(update=changes)


@dataclass(frozen=True, slots=True)
class Fact:
    """What a handler returns: an event without id. The runtime adds number, source, `recordedtime` and agreement."""

    event: type[Event]
    subject: str
    data: Body
    time: datetime
    cause: str | None = None
    correlation: str | None = None
    mode: Mode = "live"
