"""What the tests of the front door share: submissions by the handful, and the book that goes from batch to batch."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

import orjson
import pytest
from httpx import ASGITransport, AsyncClient
from sqlalchemy import text
from starlette.types import ASGIApp

from agreement import Agreement
from events import Fact
from ingest.decide import Book, Outcome, Submission, Words, decide, read
from ingest.decide.book import after
from ingest.handler import Door
from ingest.service import SERVICE
from runtime.database.connect import Database, admin
from runtime.http.access_keys import Keys, create
from runtime.http.app import Limits, application
from runtime.service import Context, Service

_BATCHES = text("SELECT body FROM stream_batch WHERE topic = :topic ORDER BY p, first_seq")
NOON = datetime(2026, 8, 5, 12, 0, tzinfo=UTC)


@dataclass
class Desk:
    """Decides request by request, and remembers."""

    words: Words
    now: datetime = NOON
    book: Book = field(default_factory=Book)
    said: list[Fact] = field(default_factory=list)

    def take(self, *requests: Submission | Sequence[Submission], now: datetime | None = None) -> Outcome:
        self.now = now or self.now
        together = [(r,) if isinstance(r, Submission) else r for r in requests]
        outcome = decide(self.book, [[(s, read(s, self.words, self.now)) for s in r] for r in together], self.now)
        self.book = after(self.book, outcome)
        self.said += outcome.facts
        return outcome

    def stream(self, lead: str) -> list[str]:
        """What was said of this lead: types, and kinds of engagements."""
        return [getattr(f.data, "kind", None) or f.event.type_name() for f in self.said if f.subject == lead]


@pytest.fixture(scope="session")
def service() -> Service:
    return SERVICE


@pytest.fixture
def door(context: Context) -> Door:
    return Door(context)


@dataclass
class Keyring:
    write: str
    server: str
    other: str
    """A write key of another source."""


@pytest.fixture
async def keys(database: Database) -> Keyring:
    async with admin(database.dsn) as connection, connection.begin():
        _, write = await create(connection, "write", "website", [])
        _, server = await create(connection, "server", "crm", ["ingest", "sales"])
        _, other = await create(connection, "write", "app", [])
    return Keyring(write, server, other)


@pytest.fixture
def asgi(context: Context) -> ASGIApp:
    """The front door as it is served."""
    parts = SERVICE.build(context)
    app = application(
        title="ingest",
        settings=context.settings,
        keys=Keys(context.database),
        routers=parts.routers,
        ready={},
    )
    return Limits(app, fast=parts.fast)


@pytest.fixture
async def http(asgi: ASGIApp) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(transport=ASGITransport(app=asgi), base_url="http://localhost") as client:
        yield client


@pytest.fixture
def stream(database: Database) -> Callable[[str], Awaitable[list[dict[str, Any]]]]:
    """What was said on a topic, lane by lane, as readers find it."""

    async def read_stream(topic: str) -> list[dict[str, Any]]:
        async with database.begin() as tx:
            rows = await tx.execute(_BATCHES, {"topic": topic})
            return [orjson.loads(line) for row in rows for line in row.body.split(b"\n")]

    return read_stream


@pytest.fixture
def rows(database: Database) -> Callable[[str], Awaitable[list[dict[str, Any]]]]:
    """A table of the service."""

    async def read_table(table: str) -> list[dict[str, Any]]:
        async with database.begin() as tx:
            return [dict(row) for row in (await tx.execute(text(f"SELECT * FROM {table} ORDER BY 1, 2"))).mappings()]

    return read_table


@pytest.fixture(scope="session")
def words(agreement: Agreement) -> Words:
    return Words(agreement)


@pytest.fixture
def desk(words: Words) -> Desk:
    return Desk(words)


@pytest.fixture
def told() -> Callable[..., Submission]:
    """Makes submissions: told("track", name="Demo Requested", user="u1")."""
    numbers = count(1)

    def make(what: str, **given: Any) -> Submission:
        usual = {"source": "web", "channel": "segment", "message_id": f"m{next(numbers)}"}
        return Submission(what=what, **{**usual, **given})  # type: ignore[arg-type]

    return make
