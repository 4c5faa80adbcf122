"""What the tests of ingest share: submissions by the handful, and an intake that decides in memory."""

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import TypeVar

import pytest
from httpx import ASGITransport, AsyncClient
from starlette.types import ASGIApp

from agreement import Agreement
from events import Event, Fact
from events.codec import decode
from ingest.decide import Outcome, Registry, Submission, Vocabulary, decide, read
from ingest.decide.decide import after
from ingest.decide.submissions import Arrival
from ingest.intake import Intake
from ingest.service import SERVICE
from runtime.database.connect import Database, admin
from runtime.database.rows import ResultRow
from runtime.database.statement import statement
from runtime.http.access_keys import SCOPES, Keys, create
from runtime.http.app import Limits, application
from runtime.service import Context, Service
from testing.events import NOON
from testing.patience import patient_door

__all__ = ["patient_door"]
S = TypeVar("S", bound=Arrival)
Stream = Callable[[str], Awaitable[list[Event]]]
Rows = Callable[[str], Awaitable[Sequence[ResultRow]]]
_BATCHES = statement("SELECT body FROM stream_batch WHERE topic = :topic ORDER BY p, first_seq")


class Maker:
    """Makes submissions, numbered as they are made: `make(Track, name="Demo Requested", user="u1")`."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def __call__(self, kind: type[S], **given: object) -> S:
        usual: dict[str, object] = {"source": "web", "channel": "segment", "message_id": f"m{next(self._numbers)}"}
        return kind(**{**usual, **given})  # type: ignore[arg-type]


@dataclass
class PureIntake:
    """Decides request by request, and remembers."""

    vocabulary: Vocabulary
    now: datetime = NOON
    registry: Registry = field(default_factory=Registry)
    facts: list[Fact] = field(default_factory=list)

    def take(self, *requests: Submission | Sequence[Submission], now: datetime | None = None) -> Outcome:
        self.now = now or self.now
        together = [(r,) if isinstance(r, Arrival) else r for r in requests]
        readings = [[read(s, self.vocabulary, self.now) for s in r] for r in together]
        outcome = decide(self.registry, readings, now=self.now)
        self.registry = after(self.registry, outcome)
        self.facts += outcome.facts
        return outcome

    def stream(self, lead: str) -> list[str]:
        """What a lead's stream carries: types, and kinds of engagements."""
        return [getattr(f.data, "kind", None) or f.event.type_name() for f in self.facts if f.subject == lead]


@dataclass
class Keyring:
    write: str
    server: str
    other: str
    """A write key of another source."""


def kinds(events: Sequence[Event]) -> list[str | None]:
    """Kinds of engagements; None for events that have none."""
    return [getattr(event.data, "kind", None) for event in events]


def typeform_signature(raw: bytes, secret: str) -> str:
    """As Typeform makes it."""
    return "sha256=" + base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest()).decode()


@pytest.fixture(scope="session")
def service() -> Service:
    return SERVICE


@pytest.fixture
def intake(context: Context) -> Intake:
    return Intake(context)


@pytest.fixture
async def keys(database: Database) -> Keyring:
    async with admin(database.dsn) as connection, connection.begin():
        _, write = await create(connection, "write", "website", [])
        _, server = await create(connection, "server", "crm", ["ingest", "sales"])
        _, other = await create(connection, "write", "app", [])
    return Keyring(write, server, other)


def ingest_app(context: Context) -> ASGIApp:
    """Ingest as it is served."""
    parts = SERVICE.build(context)
    app = application(
        title="ingest",
        settings=context.settings,
        keys=Keys(context.database),
        routers=parts.routers,
        ready={},
    )
    return Limits(app, fast=parts.fast)


def client(app: ASGIApp) -> AsyncClient:
    return AsyncClient(transport=ASGITransport(app=app), base_url="http://localhost")


@pytest.fixture
async def bearer(context: Context) -> dict[str, str]:
    """Headers of a program that may do everything."""
    async with admin(context.database.dsn) as connection, connection.begin():
        _, secret = await create(connection, "server", "api", list(SCOPES))
    return {"authorization": f"Bearer {secret}"}


@pytest.fixture
def asgi(context: Context) -> ASGIApp:
    return ingest_app(context)


@pytest.fixture
async def http(asgi: ASGIApp) -> AsyncIterator[AsyncClient]:
    async with client(asgi) as http:
        yield http


@pytest.fixture
def stream(database: Database) -> Stream:
    """The events of a topic, lane by lane, as readers find them."""

    async def read_stream(topic: str) -> list[Event]:
        async with database.begin() as tx:
            rows = await tx.execute(_BATCHES, {"topic": topic})
            events = [decode(line) for row in rows for line in row.body.split(b"\n")]
        assert None not in events
        return [event for event in events if event is not None]

    return read_stream


@pytest.fixture
def rows(database: Database) -> Rows:
    """A table of the service."""

    async def read_table(table: str) -> Sequence[ResultRow]:
        async with database.begin() as tx:
            return (await tx.execute(statement(f"SELECT * FROM {table} ORDER BY 1, 2"))).mappings().all()

    return read_table


@pytest.fixture(scope="session")
def vocabulary(agreement: Agreement) -> Vocabulary:
    return Vocabulary.of(agreement)


@pytest.fixture
def pure(vocabulary: Vocabulary) -> PureIntake:
    return PureIntake(vocabulary)


@pytest.fixture
def make() -> Maker:
    return Maker()
