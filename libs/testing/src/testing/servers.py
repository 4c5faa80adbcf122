"""The pytest plugin of the house: real servers for tests, and loud words when one cannot be had."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Final, NoReturn

import asyncpg
import hypothesis
import pytest

from runtime.database.embedded import EmbeddedPostgres
from testing import broker
from testing.containers import ContainerPostgres, PostgresServer, docker_answers
from testing.examples import examples
from testing.shared_broker import shared_broker

_MISSING: Final = "not tested here: "
_SEEDS: Final = pytest.StashKey[dict[str, int]]()
_CARELESS: Final = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_names = count(1)
# A busy machine is no counter-example: only the number of examples bounds a property, never the clock.
hypothesis.settings.register_profile(
    "baton", deadline=None, max_examples=examples(100), suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("baton")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds `--durable`."""
    parser.addoption("--durable", action="store_true", help="let the test PostgreSQL write through to the disk")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long tests run only when they are asked for by name: chaos behind `make chaos`, slow behind `make ci`.

    Who asks for the faults, or for what a busy machine must not break, gets all of these, however long they take.
    """
    long = [marker for marker in ("chaos", "slow") if marker not in config.option.markexpr]
    by_name = [marker for marker in ("fault", "busy") if marker in config.option.markexpr]
    wanted = [item for item in items if any(item.get_closest_marker(marker) for marker in by_name)]
    left_out = [
        item for item in items if any(item.get_closest_marker(marker) for marker in long) and item not in wanted
    ]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One loud line for each thing that was missing, with the number of tests it cost."""
    cost: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        _, matched, advice = reason.partition(_MISSING)
        if matched:
            cost[advice] = cost.get(advice, 0) + 1
    for advice, tests in cost.items():
        terminalreporter.write_line(f"!!! {tests} test(s) {_MISSING}{advice}", yellow=True, bold=True)
    for test, number in terminalreporter.config.stash.get(_SEEDS, {}).items():
        terminalreporter.write_line(f"seed {number}: BATON_SEED={number} plays {test} again")


def missing(advice: str) -> NoReturn:
    """Skip, loudly; on the build machine, where everything must be there, fail."""
    if os.environ.get("CI") == "true":
        pytest.fail(_MISSING + advice, pytrace=False)
    pytest.skip(_MISSING + advice)


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """A fresh one for each run, or BATON_SEED; the summary of the run prints it."""
    number = int(os.environ.get("BATON_SEED") or int.from_bytes(os.urandom(4)))
    request.config.stash.setdefault(_SEEDS, {})[request.node.nodeid] = number
    return number


def execute(dsn: str, *statements: str) -> None:
    """Outside any transaction and outside the test's event loop."""

    async def run() -> None:
        connection = await asyncpg.connect(dsn.replace("+asyncpg", ""))
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, run()).result()


class Administrator:
    """One connection to a server, in a thread of its own beside any test's event loop: a new one each time would take
    longer than what it is there for.
    """

    def __init__(self, server: PostgresServer) -> None:
        self._dsn = server.dsn.replace("+asyncpg", "")
        self._connection: asyncpg.Connection | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def execute(self, statement: str) -> None:
        """Outside any transaction; raises what the server says."""
        asyncio.run_coroutine_threadsafe(self._execute(statement), self._loop).result()

    async def _execute(self, statement: str) -> None:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(self._dsn)
        await self._connection.execute(statement)

    def close(self) -> None:
        """Closes the connection; the next statement is an error."""
        if self._connection is not None:
            asyncio.run_coroutine_threadsafe(self._connection.close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


_administrators: Final = dict[int, Administrator]()
"""Of the servers of this process, by what Python knows them by."""


@contextmanager
def administered(server: PostgresServer) -> Iterator[None]:
    """While it is open, `fresh_database` asks this server by one connection."""
    administrator = _administrators[id(server)] = Administrator(server)
    try:
        yield
    finally:
        del _administrators[id(server)]
        administrator.close()


@contextmanager
def fresh_database(server: PostgresServer, template: str = "template1") -> Iterator[str]:
    """A database of its own, copied from a template that nobody is connected to."""
    name = f"test_{next(_names)}"
    known = _administrators.get(id(server))
    run = known.execute if known else partial(execute, server.dsn)
    run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    yield server.dsn_of(name)
    run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest) -> Iterator[PostgresServer]:
    """One server for each worker: in a container where a Docker engine answers, else `wheel_server`."""
    if docker_answers():
        settings = {} if request.config.getoption("--durable") else _CARELESS
        with ContainerPostgres(settings) as server, administered(server):
            yield server
    else:
        yield request.getfixturevalue("wheel_server")


@pytest.fixture(scope="session")
def wheel_server(request: pytest.FixtureRequest) -> Iterator[EmbeddedPostgres]:
    """The PostgreSQL of the embedded house, one for each worker, in memory where there is some; with a socket."""
    memory = Path("/dev/shm")
    parent = memory if memory.is_dir() and shutil.disk_usage(memory).free > 2**30 else None
    durable = request.config.getoption("--durable")
    with (
        tempfile.TemporaryDirectory(prefix="baton-", dir=None if durable else parent) as data,
        EmbeddedPostgres(Path(data), settings={} if durable else _CARELESS) as server,
        administered(server),
    ):
        yield server


@pytest.fixture
def database_dsn(postgres_server: PostgresServer) -> Iterator[str]:
    """An empty database for one test."""
    with fresh_database(postgres_server) as dsn:
        yield dsn


@pytest.fixture(scope="module")
def module_database_dsn(postgres_server: PostgresServer) -> Iterator[str]:
    """An empty database for one module."""
    with fresh_database(postgres_server) as dsn:
        yield dsn


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a real broker, one for all workers of this run."""
    reason = broker.available()
    if reason:
        missing(reason)
    own = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        return shared_broker(own.parent, os.getppid())
    return shared_broker(own, os.getpid())


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a real browser."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if path is None or not Path(path).exists():
        missing("a browser is needed: apt-get install chromium, or set CHROMIUM to its path")
    return path
