"""Pytest plugin for the services: a migrated database, real context, and events made from facts.

A service's own conftest defines the session fixture `service`; everything else follows from it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from agreement import Agreement, load
from agreement.people import People
from events import Event, Fact
from events.topics import PARTITIONS, partition
from runtime.clock import LaboratoryClock
from runtime.database.connect import Database
from runtime.database.connection import Connection
from runtime.emit.stream_writer import StreamWriter
from runtime.emit.timers import Timers, take_due
from runtime.http.access import Doorkeeper
from runtime.http.access_keys import Keys
from runtime.http.app import Limits, application
from runtime.process.migrate import migrate
from runtime.service import Context, Handler, Service
from runtime.settings import Settings
from runtime.values import Batch
from testing.containers import PostgresServer
from testing.events import NOON
from testing.lender import Lender
from testing.servers import execute

SHIPPED: Final = Path(__file__).parents[4] / "agreement"


@cache
def shipped_agreement() -> Agreement:
    """The terms that ship with the repository, read once a process: reading them takes longer than most tests."""
    return load(SHIPPED)


def batch(events: Sequence[Event], now: datetime = NOON, lane: int | None = None) -> Batch:
    """Events as one batch; the lane is that of the first subject unless given."""
    where = partition(events[0].subject) if lane is None and events else (lane or 0)
    return Batch(lane=where, inputs=events, now=now)


def edge_of(service: Service, context: Context) -> Limits:
    """The service as it is served: people may sign in, and what they do is in the audit."""
    parts = service.build(context)
    app = application(
        title=service.name, settings=context.settings, keys=Keys(context.database), routers=parts.routers, ready={},
        doorkeeper=Doorkeeper(People(context.agreement.teams), context.database), refusal_page=parts.refusal_page,
        docs_page=parts.docs_page,
    )  # fmt: skip
    return Limits(app, fast=parts.fast)


async def fire(handler: Handler, tx: Connection, lane: int, now: datetime) -> Sequence[Fact]:
    """What the lane does when the clock moves: its due timers, in one batch."""
    timers = await take_due(tx, lane, now)
    return await handler(Batch(lane, timers, now), tx)


@pytest.fixture(scope="session")
def agreement() -> Agreement:
    """The shipped terms."""
    return shipped_agreement()


@pytest.fixture(scope="session")
def templates() -> dict[str, str]:
    """Template databases by schema, and by name where something has happened in them already."""
    return {}


@pytest.fixture
def migrated(postgres_server: PostgresServer, service: Service, templates: dict[str, str]) -> str:
    """Name of a template database that holds the service's empty schema."""
    if service.schema not in templates:
        name = templates[service.schema] = f"template_{service.schema}"
        execute(postgres_server.dsn, f"CREATE DATABASE {name}")
        work = migrate(postgres_server.dsn_of(name), [service], partitions=PARTITIONS)
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, work).result()
    return templates[service.schema]


@pytest.fixture(scope="session")
def lender(postgres_server: PostgresServer) -> Iterator[Lender]:
    """Migrated databases of this run's server."""
    one = Lender(postgres_server)
    yield one
    one.close()


@dataclass(frozen=True, slots=True)
class Prehistory:
    """What has happened in a house before a test begins: written once a worker, and found so by each test."""

    name: str
    write: Callable[[str], Coroutine[Any, Any, None]]
    """Into the migrated database of this address."""


@pytest.fixture
def past() -> Prehistory | None:
    """What has happened before a test begins. None: nothing; a file or folder whose tests begin later overrides it."""
    return None


@pytest.fixture
def template(postgres_server: PostgresServer, migrated: str, past: Prehistory | None, templates: dict[str, str]) -> str:
    """Name of the database that a test's own is like."""
    if past is None:
        return migrated
    name = f"{migrated}_{past.name}"
    if name not in templates:
        execute(postgres_server.dsn, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")  # half written by a test before
        execute(postgres_server.dsn, f"CREATE DATABASE {name} TEMPLATE {migrated}")
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, past.write(postgres_server.dsn_of(name))).result()
        templates[name] = name
    return name


@pytest.fixture
def service_dsn(lender: Lender, template: str) -> Iterator[str]:
    """A migrated database for one test."""
    with lender.lend(template) as dsn:
        yield dsn


@pytest.fixture
async def database(service_dsn: str, service: Service) -> AsyncIterator[Database]:
    """The service's view of a database of its own."""
    database_ = Database(service_dsn, service.schema)
    yield database_
    await database_.close()


@pytest.fixture
async def tx(database: Database) -> AsyncIterator[Connection]:
    """A transaction that leaves nothing behind."""
    connection = await database.connect()
    async with connection.begin() as transaction:
        yield connection
        await transaction.rollback()
    await connection.close()


@pytest.fixture
def context(database: Database, service: Service, agreement: Agreement, tmp_path: Path) -> Context:
    """What the service is built from, on a laboratory clock that stands at NOON."""
    return context_of(service, database, agreement, tmp_path)


def context_of(service: Service, database: Database, agreement: Agreement, data: Path) -> Context:
    """What the service is built from, with that database, on a laboratory clock that stands at NOON."""
    return Context(
        settings=Settings(data=data, agreement=SHIPPED, laboratory=True, _env_file=None),
        agreement=agreement,
        database=database,
        clock=LaboratoryClock(NOON),
        writer=StreamWriter(service.name, agreement=agreement.version, partitions=PARTITIONS),
        timers=Timers(PARTITIONS),
    )


def at(context: Context, instant: datetime) -> Context:
    """The same place at another time."""
    return replace(context, clock=LaboratoryClock(instant))
