"""The house that ships, as fixtures: in this process on a laboratory clock, or as a process of its own."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

import orjson
import pytest
from pydantic import SecretStr

from events.topics import PARTITIONS
from runtime.http.client import AsyncClient, Response
from runtime.http.client import client as http_client
from runtime.process.migrate import migrate
from runtime.service import Service
from runtime.settings import Settings
from standalone.house import House
from standalone.services import SERVICES
from testing.answers import LeadAnswer
from testing.containers import PostgresServer
from testing.events import NOON
from testing.json import read
from testing.servers import execute, fresh_database
from testing.service import SHIPPED
from testing.waiting import PATIENCE, Deadline, until

T = TypeVar("T")
ROOT = Path(__file__).parents[4]


@dataclass
class Client:
    """What a visitor, a tool, a rep and a manager do with the house, over HTTP."""

    http: AsyncClient
    write_key: str
    server_key: str
    answers: list[Response] = field(default_factory=list)

    async def submit(self, form: str = "demo", **fields: str) -> Response:
        """Sends a form and expects 200."""
        headers = {"accept": "application/json"}
        return self._ok(await self._patiently(f"/f/{form}", data=fields, headers=headers), 200)

    async def track(self, **event: object) -> Response:
        """Sends one event of a tracking client; expects 200."""
        return self._ok(await self._patiently("/v1/batch", json={"batch": [event]}, auth=(self.write_key, "")), 200)

    async def sales(self, *facts: Mapping[str, object], status: int = 200) -> Response:
        """Sends facts of sales in one request; expects `status`."""
        return self._ok(await self._patiently("/sales", json=list(facts), headers=self._bearer), status)

    async def event(self, kind: str, subject: str, data: Mapping[str, object], **attributes: object) -> Response:
        """As another system would say it: a CloudEvent."""
        event = {"specversion": "1.0", "id": f"ce-{len(self.answers)}", "source": "crm", "type": kind,
                "subject": subject, "data": data, **attributes}  # fmt: skip
        headers = {**self._bearer, "content-type": "application/cloudevents+json"}
        return self._ok(await self._patiently("/events", json=event, headers=headers), 200)

    async def post(self, path: str, body: Mapping[str, object], status: int = 200) -> Response:
        """Posts JSON with the server key; expects `status`."""
        return self._ok(await self.http.post(path, json=body, headers=self._bearer), status)

    async def get(self, path: str, shape: type[T], **params: str) -> T:
        """The answer of a GET in the given shape; expects 200."""
        answer = self._ok(await self.http.get(path, params=params or None, headers=self._bearer), 200)
        return read(shape, answer.content)

    async def lead(self, email: str) -> LeadAnswer:
        """The lead as the API shows it, by its address or id."""
        return await self.get(f"/api/leads/{email}", LeadAnswer)

    async def settle(self) -> datetime:
        """Waits until every lane is idle; returns the laboratory's time."""
        return self._moved(await self.http.post("/lab/settle", headers=self._bearer))

    async def advance(self, *, to: datetime | None = None, **span: float) -> datetime:
        """Moves the laboratory's clock to an instant, or by a span such as `hours=4`; returns its time."""
        step = {"to": to.isoformat()} if to else {"seconds": timedelta(**span).total_seconds()}
        return self._moved(await self.http.post("/lab/advance", json=step, headers=self._bearer, timeout=5 * PATIENCE))

    def _moved(self, answer: Response) -> datetime:
        return datetime.fromisoformat(self._ok(answer, 200).json()["now"])

    async def _patiently(self, path: str, **given: Any) -> Response:
        """Posts it, and again for as long as the door asks for that: a starved house may."""
        deadline = Deadline(PATIENCE)
        while (answer := await self.http.post(path, **given)).status_code == HTTPStatus.TOO_MANY_REQUESTS:
            if deadline.passed():
                break
            await asyncio.sleep(int(answer.headers["retry-after"]))
        return answer

    def _ok(self, answer: Response, status: int) -> Response:
        assert answer.status_code == status, f"{answer.status_code}: {answer.text}"
        self.answers.append(answer)
        return answer

    @property
    def _bearer(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.server_key}"}


@pytest.fixture(scope="session")
def house_template(postgres_server: PostgresServer) -> str:
    """A database with all six schemas, to be copied."""
    execute(postgres_server.dsn, "CREATE DATABASE template_house")
    with ThreadPoolExecutor(1) as thread:
        dsn = postgres_server.dsn_of("template_house")
        thread.submit(asyncio.run, migrate(dsn, SERVICES, partitions=PARTITIONS)).result()
    return "template_house"


async def already_migrated(dsn: str, services: Sequence[Service], partitions: int) -> None:
    """For houses on a copy of `house_template`: looking through six services' migrations is half of such a start."""


@pytest.fixture
def house_dsn(postgres_server: PostgresServer, house_template: str) -> Iterator[str]:
    """An empty database with all six schemas, for one test."""
    with fresh_database(postgres_server, house_template) as dsn:
        yield dsn


@pytest.fixture
def settings(house_dsn: str, tmp_path: Path) -> Settings:
    """Laboratory, an empty database, a free port, shipped terms. Override it to change the place."""
    return Settings(
        data=tmp_path,
        agreement=SHIPPED,
        database=SecretStr(house_dsn),
        port=0,
        laboratory=True,
        concurrency=2,
        _env_file=None,
    )


@pytest.fixture
async def house(settings: Settings) -> AsyncIterator[House]:
    """All six services in this process; the clock stands at NOON until a test moves it."""
    opened = await House(settings, start_at=NOON, migrate=already_migrated).start()
    try:
        yield opened
    finally:
        await opened.stop()


@pytest.fixture
async def client(house: House) -> AsyncIterator[Client]:
    """Talks to `house`, with its keys."""
    async with http_client(base_url=house.url, timeout=2 * PATIENCE) as http:
        yield Client(http, house.keys["write_key"], house.keys["server_key"])


@dataclass
class Process:
    """`baton up` as its user starts it: embedded PostgreSQL, real time."""

    data: Path
    port: int
    options: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    running: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address on loopback."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def keys(self) -> dict[str, str]:
        """Its two access keys, as `DATA/keys.json` holds them."""
        answer: dict[str, str] = orjson.loads((self.data / "keys.json").read_bytes())
        return answer

    def get(self, path: str, shape: type[T]) -> T:
        """Raises urllib.error.HTTPError when the answer is no 200."""
        headers = {"authorization": f"Bearer {self.keys['server_key']}"}
        with urllib.request.urlopen(
            urllib.request.Request(self.url + path, headers=headers), timeout=2 * PATIENCE
        ) as answer:
            return read(shape, answer.read())

    def start(self, timeout: float = 2 * PATIENCE) -> "Process":
        """Returns when `/readyz` says that it can work; fails with the end of its log when it does not."""
        command = [sys.executable, "-m", "standalone", "up", "--port", str(self.port), "--data", str(self.data)]
        path = self.data.parent / f"{self.data.name}.log"
        environment = {**os.environ, "BATON_AGREEMENT": str(SHIPPED), **self.environment}
        with path.open("ab") as log:
            self.running = subprocess.Popen(
                [*command, *self.options], stdout=log, stderr=log, env=environment, cwd=ROOT
            )
        until(self._ready, timeout, lambda: path.read_text()[-3000:])
        return self

    def _ready(self) -> bool:
        assert self.running is not None
        assert self.running.poll() is None, f"baton up ended with {self.running.returncode}"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", self.port)) != 0:
                return False
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=PATIENCE) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def stop(self) -> int:
        """SIGTERM; returns the exit code."""
        assert self.running is not None
        self.running.send_signal(signal.SIGTERM)
        return self.running.wait(3 * PATIENCE)

    def kill(self) -> None:
        """SIGKILL, and waits for its end."""
        assert self.running is not None
        self.running.kill()
        self.running.wait(PATIENCE)
