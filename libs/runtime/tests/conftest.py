"""A migrated bench of three probe services on each transport."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import structlog

from agreement import Agreement
from events.topics import TOPICS
from probe.bench import LANES, Bench, bench_on
from probe.nursery import Nursery
from probe.service import SCORING, SERVICES, SILENT
from runtime.database.connection import Connection, open_connection
from runtime.database.embedded import EmbeddedPostgres
from runtime.database.statement import statement
from runtime.process.migrate import migrate
from runtime.service import Service
from runtime.settings import Settings
from runtime.transport.kafka_topics import create_topics
from testing.servers import execute, fresh_database
from testing.service import SHIPPED

_prefixes = count(1)
structlog.configure(  # no frames with local variables: they are long
    processors=[
        structlog.processors.add_log_level,
        structlog.processors.format_exc_info,
        structlog.processors.LogfmtRenderer(bool_as_flag=False),
    ]
)


@pytest.fixture(scope="session")
def service() -> Service:
    return SCORING


@pytest.fixture(scope="session")
def postgres_server(wheel_server: EmbeddedPostgres) -> EmbeddedPostgres:
    """These tests look under the server's roof: its socket, its processes."""
    return wheel_server


@pytest.fixture(scope="session")
def template(postgres_server: EmbeddedPostgres) -> str:
    """Name of a template database with the schemas of all probes."""
    execute(postgres_server.dsn, "CREATE DATABASE template_probes")
    dsn = postgres_server.dsn_of("template_probes")
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, migrate(dsn, [*SERVICES.values(), SILENT], partitions=LANES)).result()
    return "template_probes"


@pytest.fixture
def bench_dsn(postgres_server: EmbeddedPostgres, template: str) -> Iterator[str]:
    with fresh_database(postgres_server, template) as dsn:
        yield dsn


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    with Nursery(Path(__file__).parent / "workbench") as found:
        yield found


@pytest.fixture(params=["postgres", pytest.param("kafka", marks=pytest.mark.kafka)])
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def postgres_settings(tmp_path: Path) -> Settings:
    return Settings(
        data=tmp_path,
        agreement=SHIPPED,
        partitions=LANES,
        concurrency=2,
        batch_records=500,
        lease_seconds=1.2,
        transport_poll_seconds=0.1,
        _env_file=None,
    )


@pytest.fixture
async def bench(
    transport: str, bench_dsn: str, agreement: Agreement, postgres_settings: Settings, request: pytest.FixtureRequest
) -> AsyncIterator[Bench]:
    """On the transport of the test's parameter."""
    changes: dict[str, Any] = {}
    if transport == "kafka":
        changes = {"kafka": request.getfixturevalue("kafka"), "topic_prefix": f"t{os.getpid()}-{next(_prefixes)}."}
        await create_topics(
            changes["kafka"], list(TOPICS), partitions=LANES, replication=1, prefix=changes["topic_prefix"]
        )
    settings = postgres_settings.model_copy(update=changes)
    async with Bench(bench_dsn, agreement, settings, lambda: request.getfixturevalue("nursery")) as found:
        yield found


@pytest.fixture
async def postgres_bench(
    bench_dsn: str, agreement: Agreement, postgres_settings: Settings, request: pytest.FixtureRequest
) -> AsyncIterator[Bench]:
    """The same without a broker, for what does not depend on the transport."""
    async with Bench(bench_dsn, agreement, postgres_settings, lambda: request.getfixturevalue("nursery")) as found:
        yield found


@pytest.fixture
async def connection(database_dsn: str) -> AsyncIterator[Connection]:
    """A connection of its own, to a database with a table of persons."""
    connection = await open_connection(database_dsn, {"timezone": "UTC", "application_name": "here"})
    await connection.execute(statement("CREATE TABLE person (email text PRIMARY KEY, age int CHECK (age > 0))"))
    yield connection
    connection.terminate()


@pytest.fixture
async def mortal_bench(
    server: EmbeddedPostgres, agreement: Agreement, postgres_settings: Settings, request: pytest.FixtureRequest
) -> AsyncIterator[Bench]:
    """A bench on the module's own `server`, which may die."""
    async with bench_on(server, agreement, postgres_settings, lambda: request.getfixturevalue("nursery")) as found:
        yield found
