"""The whole house in one process: database, transport, six services, one port. What `baton up` and the tests run."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Self

import orjson
from pydantic import SecretStr

from agreement import Agreement, load
from events.handoffs import LeadAssigned
from events.topics import TOPICS
from runtime.clock import BusinessClock, DatabaseClock, LaboratoryClock
from runtime.database.connect import admin
from runtime.database.embedded import SMALL, EmbeddedPostgres
from runtime.emit.wire_tap import WireTap
from runtime.errors import Misconfigured
from runtime.http import access_keys
from runtime.http.demo_house import DemoHouse
from runtime.http.lazy_route import add_routes
from runtime.http.server import Server, bind
from runtime.http.tokens import draw
from runtime.lanes.leases import void_all
from runtime.process.assembly import Assembly
from runtime.process.main import require_own
from runtime.process.migrated import founded_partitions
from runtime.process.reloading import ReloadingAssembly
from runtime.service import AgreementNotice, Service
from runtime.settings import Settings
from runtime.transport.kafka_topics import create_topics
from standalone.address import keep_address
from standalone.laboratory import Laboratory, load_clock, routes
from standalone.services import SERVICES

Migrate = Callable[[str, Sequence[Service], int], Awaitable[None]]
EMBEDDED_CONCURRENCY = 2
"""Per service: six services share this process."""


class House:
    """Start, use `url` and `keys`, stop. What it keeps is in `settings.data`, or in the database of BATON_DATABASE."""

    def __init__(
        self,
        settings: Settings,
        *,
        start_at: datetime | None = None,
        migrate: Migrate | None = None,
        postgres: Mapping[str, str] = SMALL,
        listening: socket.socket | None = None,
        demo: DemoHouse | None = None,
        terms: Callable[[Agreement], Agreement] | None = None,
        driven: bool = False,
    ) -> None:
        """`start_at`: where a laboratory's clock begins; `migrate`: how the database is brought up to the code, by
        default in this process; `postgres`: settings of the embedded server, by its names; `listening`: a socket that
        stays open when this house stops, else it binds its own; `demo`: the house that may be served in its place;
        `terms`: makes of the folder's agreement the one that it lives under, by default that; `driven`: nothing in it
        works but when its laboratory says so.
        """
        self.settings = settings
        self._migrate = migrate or _migrate_here
        self._postgres = postgres
        self.laboratory: Laboratory | None = None
        self.keys: dict[str, str] = {}
        self._start_at = start_at
        self._listening = listening
        self._demo = demo
        self._terms = terms
        self._tap = WireTap(LeadAssigned.topic) if driven else None
        self._embedded: EmbeddedPostgres | None = None
        self._assembly: ReloadingAssembly | None = None
        self._server: Server | None = None

    async def start(self) -> Self:
        """Raises Misconfigured or AgreementError before anything is opened to the world."""
        agreement = await asyncio.to_thread(load, self.settings.agreement)
        listening = self._listening.dup() if self._listening else bind(self.settings.host, self.settings.port)
        try:
            dsn = await self._database()
            await self._migrate(dsn, SERVICES, self.settings.partitions)
            if self._embedded:
                async with admin(dsn) as connection, connection.begin():
                    await void_all(connection, [service.schema for service in SERVICES])
            if self.settings.kafka:
                await self._topics(self.settings.kafka)
                await require_own(self.settings, dsn, SERVICES)
            await self._first_keys(dsn)
            await self._open(agreement, dsn)
        except BaseException:
            listening.close()
            await self.stop()
            raise
        self._server = Server(self._served, listening)
        await self._server.start()
        keep_address(self.settings, self.url)
        return self

    async def _open(self, agreement: Agreement, dsn: str) -> None:
        clock: BusinessClock = DatabaseClock()
        if self.settings.laboratory:
            instants = [one for one in (self._start_at, load_clock(self.settings.data)) if one]
            clock = LaboratoryClock(max(instants) if instants else await _now(dsn))
        concurrency = EMBEDDED_CONCURRENCY if self._embedded else None

        def build(terms: Agreement, notice: AgreementNotice) -> Assembly:
            terms = self._terms(terms) if self._terms else terms
            made = Assembly(
                self.settings, terms, dsn, SERVICES,
                clock=clock, concurrency=concurrency, notice=notice, tap=self._tap,
            )  # fmt: skip
            if self.laboratory is not None:
                add_routes(made.app, routes(self.laboratory))
            made.app.state.demo_house = self._demo
            return made

        self._assembly = ReloadingAssembly(build, agreement)
        if isinstance(clock, LaboratoryClock):
            self.laboratory = Laboratory(self._assembly, clock, self.settings.data, tap=self._tap)
            add_routes(self._assembly.current.app, routes(self.laboratory))
        await self._assembly.start()

    async def _topics(self, servers: str) -> None:
        await create_topics(
            servers,
            list(TOPICS),
            partitions=self.settings.partitions,
            replication=self.settings.replication,
            prefix=self.settings.topic_prefix,
        )

    async def _database(self) -> str:
        if self.settings.database is not None:
            return self.settings.database.get_secret_value()
        self._embedded = EmbeddedPostgres(self.settings.data, settings=self._postgres)
        await self._embedded.start_aside()
        self.settings = await following(self.settings, self._embedded.dsn)
        if self.settings.secret is None:
            self.settings = self.settings.model_copy(update={"secret": self._own_secret()})
        return self._embedded.dsn

    def _own_secret(self) -> SecretStr:
        """What signs the buttons of mails, made at the first start."""
        path = self.settings.data / "secret"
        if not path.exists():
            _write_private(path, draw().encode())
        return SecretStr(path.read_text())

    async def _first_keys(self, dsn: str) -> None:
        """One write key and one server key at the first start, in DATA/keys.json; the database holds digests only."""
        path = self.settings.data / "keys.json"
        if path.exists():
            self.keys = orjson.loads(path.read_bytes())
            return
        async with admin(dsn) as connection, connection.begin():
            _, write = await access_keys.create(connection, "write", "web", ["write"])
            _, server = await access_keys.create(connection, "server", "api", list(access_keys.SCOPES))
            self.keys = {"write_key": write, "server_key": server}
            _write_private(path, access_keys.to_file(write, server))

    @property
    def assembly(self) -> Assembly:
        """What is running now; a new agreement brings another. Raises Misconfigured before the house is open."""
        return self._served.current

    @property
    def _served(self) -> ReloadingAssembly:
        if self._assembly is None:
            raise Misconfigured("the house is not open")
        return self._assembly

    @property
    def stopping(self) -> asyncio.Event:
        """Set when the house is to end. Raises Misconfigured before it is open."""
        return self._served.stopping

    @property
    def failed(self) -> BaseException | None:
        """What broke it, if anything did."""
        return self._served.failed

    @property
    def dsn(self) -> str:
        """Of the house's database. Raises Misconfigured before the house is open."""
        return self.assembly.dsn

    @property
    def port(self) -> int:
        """The port that is served; before that, the one of the settings."""
        return self._server.port if self._server else self.settings.port

    @property
    def url(self) -> str:
        """The address of the house, without a slash at the end."""
        return f"http://{self.settings.host}:{self.port}"

    async def stop(self) -> None:
        """Answers what is under way, finishes batches, gives lanes back, then stops the database."""
        if self._server:
            await self._server.stop()
        if self._assembly:
            await self._assembly.stop()
        if self.laboratory:
            await self.laboratory.close()
        if self._embedded:
            await asyncio.to_thread(self._embedded.stop)


async def _migrate_here(dsn: str, services: Sequence[Service], partitions: int) -> None:
    from runtime.process.migrate import migrate  # noqa: PLC0415  (26 MB that `baton up` leaves to another process)

    await migrate(dsn, services, partitions=partitions)


async def following(settings: Settings, dsn: str) -> Settings:
    """The settings with the number of partitions that the embedded database was founded with, unless one is set."""
    founded = None if "partitions" in settings.model_fields_set else await founded_partitions(dsn)
    return settings.model_copy(update={"partitions": founded}) if founded else settings


def _write_private(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)


async def _now(dsn: str) -> datetime:
    async with admin(dsn) as connection:
        return await DatabaseClock().now(connection)
