"""A service is a value: what it reads, what it says, and how it is built from its surroundings."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.types import ASGIApp

from agreement import Agreement
from events import Fact
from events.topics import reads, says
from runtime.clock import Clock
from runtime.postgres import Database, schema_of
from runtime.settings import Settings
from runtime.speaker import Speaker
from runtime.timers import Timers
from runtime.values import Batch, Due


class Handler(Protocol):
    """Load, decide, save, return: one batch, one transaction, a constant number of statements."""

    wants: frozenset[str]
    """Wire types to decode; all others are skipped by their head."""

    async def __call__(self, batch: Batch, tx: AsyncConnection) -> Sequence[Fact]: ...


class TimerHandler(Protocol):
    """The handler's shape, with due timers (already removed from the table) in place of a batch."""

    async def __call__(self, due: Due, tx: AsyncConnection) -> Sequence[Fact]: ...


Loop = Callable[[asyncio.Event], Awaitable[None]]
"""Works until the event is set, then returns within a second or two."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a service consists of, once built."""

    handler: Handler | None = None
    timers: TimerHandler | None = None
    routers: Sequence[APIRouter] = ()
    fast: Mapping[str, ASGIApp] = field(default_factory=dict)
    """Path prefix to a raw ASGI application in front of FastAPI."""
    paths: Mapping[str, Any] = field(default_factory=dict)
    """OpenAPI of what `fast` serves."""
    loops: Sequence[Loop] = ()
    """Work towards the outside world: deliver.py."""
    waiting: Callable[[], Awaitable[datetime | None]] | None = None
    """The earliest instant at which `loops` have something to do; None when there is nothing. For the laboratory."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything a service may know about where it runs."""

    settings: Settings
    agreement: Agreement
    database: Database
    """The service's own schema and role."""
    clock: Clock
    speaker: Speaker
    timers: Timers


@dataclass(frozen=True, slots=True)
class Service:
    name: str
    package: str
    build: Callable[[Surroundings], Parts]

    @property
    def schema(self) -> str:
        """Its name in SQL and Python."""
        return schema_of(self.name)

    @property
    def reads(self) -> tuple[str, ...]:
        return reads(self.name)

    @property
    def says(self) -> tuple[str, ...]:
        return says(self.name)

    @property
    def migrations(self) -> Path:
        return Path(str(files(self.package))) / "migrations"
