"""A service is a value: what it reads, what it writes, and how it is built from its context."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from agreement import Agreement
from agreement.changes import Change
from agreement.problems import Problem
from events import Fact
from events.topics import reads, writes
from runtime.clock import BusinessClock
from runtime.database.connect import Database
from runtime.database.connection import Connection
from runtime.emit.stream_writer import StreamWriter
from runtime.emit.timers import Timers
from runtime.emit.wire_tap import WireTap
from runtime.errors import Refused
from runtime.schema_names import schema_of
from runtime.settings import Settings
from runtime.signatures import WaitingEdit
from runtime.values import Batch, Key

if TYPE_CHECKING:  # who only migrates needs no HTTP
    from fastapi import APIRouter, Request
    from fastapi.responses import Response
    from starlette.types import ASGIApp

_TAKEN = 10
"""Edits that are remembered: enough for a day of work on the agreement."""


class Handler(Protocol):
    """Load, decide, save, return: one batch, one transaction, a constant number of statements."""

    @property
    def handles(self) -> Collection[Key]:
        """Keys of the fold's table HANDLES: event types to decode (all others are skipped), and kinds of timers."""
        ...

    async def __call__(self, batch: Batch, tx: Connection) -> Sequence[Fact]:
        """Returns the facts to be appended to the service's streams in the same transaction.

        A value error makes an input poison (`fates.is_poison`): each one is then tried alone, under a savepoint. A
        transient error rolls back and tries again; any other stops the lane. What it appends to `batch.after_commit`
        is called right after the commit: for handing over in memory what would be found in the database a moment later.
        """
        ...


Loop = Callable[[asyncio.Event], Awaitable[None]]
"""Works until the event is set, then returns within a second or two."""


@dataclass(frozen=True, slots=True)
class Components:
    """What a service consists of, once built."""

    handler: Handler | None = None
    joins: bool = False
    """The handler puts what it saves into `batch.saves`, and asks for a transaction (`tx.begin_now`) if it needs one:
    else it is called outside of any, and what it loads must be of its own lane."""
    routers: "Sequence[APIRouter]" = ()
    fast: "Mapping[str, ASGIApp]" = field(default_factory=dict)
    """Path prefix to a raw ASGI application in front of FastAPI."""
    paths: Mapping[str, Any] = field(default_factory=dict)
    """OpenAPI of what `fast` serves."""
    loops: Sequence[Loop] = ()
    """Work beside the lanes: towards the outside world (deliver.py), or through all that is stored."""
    loops_write: bool = True
    """They may write to the service's streams. Where its lanes alone do, these ship from memory what they wrote."""
    linger: Mapping[str, float] = field(default_factory=dict)
    """Seconds that its lanes let pass after a wake-up by these topics, to take more at once: nobody waits for what they
    carry. A wake-up by any other topic ends it at once, and what had waited is read with it."""
    refusal_page: "Callable[[Request, Refused], Awaitable[Response]] | None" = None
    """How a refusal looks to somebody with a browser; of one service of a house."""
    docs_page: "Callable[[Request, Mapping[str, Any]], Awaitable[Response]] | None" = None
    """The page /docs of the house, from its OpenAPI; of one service of a house."""
    waiting: Callable[[], Awaitable[datetime | None]] | None = None
    """The earliest instant at which `loops` have something to do; None when there is nothing. For the laboratory."""
    catch_up: Callable[[], Awaitable[bool]] | None = None
    """Does what `loops` have to do now; False when there was nothing. For a laboratory that drives them: then they are
    not started."""
    catch_up_views: Callable[[], Awaitable[None]] | None = None
    """Does what `catch_up` leaves while months pass, because nobody decides by it (`Context.driven`)."""


@dataclass(frozen=True, slots=True)
class TakenEdit:
    """An edited agreement that took the place of another, in the same process."""

    at: datetime
    was: str
    """The version before."""
    version: str
    changes: tuple[Change, ...]


@dataclass(slots=True)
class AgreementNotice:
    """What is known of the folder of the agreement beside the one in force (process/agreement_watch.py)."""

    edits: int = 0
    """How often an edit was noticed since the process began."""
    findings: tuple[Problem, ...] = ()
    """What is wrong with the folder as it was edited last: the agreement before it stays in force."""
    waiting: WaitingEdit | None = None
    """An edit that is well and not signed by all yet: the agreement before it stays in force."""
    refusal: str | None = None
    """Why an edited agreement that is well cannot be taken by this process."""
    taken: deque[TakenEdit] = field(default_factory=lambda: deque(maxlen=_TAKEN))
    """The last edits that came into force since the process began, the latest first."""


@dataclass(frozen=True, slots=True)
class Context:
    """Everything a service may know about where it runs."""

    settings: Settings
    agreement: Agreement
    database: Database
    """The service's own schema and role."""
    clock: BusinessClock
    writer: StreamWriter
    timers: Timers
    notice: AgreementNotice = field(default_factory=AgreementNotice)
    tap: WireTap | None = None
    """Of a laboratory that drives its lanes and loops: copies of what the lanes have said."""

    @property
    def driven(self) -> bool:
        """A laboratory tells lanes and loops when to work. What is only looked at waits until it asks for that, too."""
        return self.tap is not None


@dataclass(frozen=True, slots=True)
class Service:
    """A service by name: its Python package, and the function that builds it."""

    name: str
    package: str
    build: Callable[[Context], Components]

    @property
    def schema(self) -> str:
        """Its name in SQL and Python."""
        return schema_of(self.name)

    @property
    def reads(self) -> tuple[str, ...]:
        """Names of the topics it reads."""
        return reads(self.name)

    @property
    def writes(self) -> tuple[str, ...]:
        """Names of the topics it writes."""
        return writes(self.name)

    @property
    def row_rules(self) -> Path:
        """SQL that says which rows somebody sees who may not see all; applied after each migration. May be absent."""
        return self.migrations / "row_rules.sql"

    @property
    def migrations(self) -> Path:
        """Folder of its migrations."""
        return Path(str(files(self.package))) / "migrations"
