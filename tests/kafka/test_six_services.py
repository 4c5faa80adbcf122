"""The journey on real Kafka and PostgreSQL: six services as processes, one scorer and one router killed midway."""

import asyncio
import os
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from events.topics import PARTITIONS, TOPICS
from runtime.database.connect import admin
from runtime.database.statement import statement
from runtime.http import access_keys
from runtime.http.client import AsyncClient, HTTPError
from runtime.http.client import client as http_client
from runtime.lanes.lane_status import unread
from runtime.schema_names import schema_of
from runtime.transport.kafka_topics import create_topics
from standalone.services import SERVICES
from testing.answers import LeadsAnswer
from testing.figures import FunnelAnswer
from testing.house import ROOT, Client
from testing.ports import free_port
from testing.service import SHIPPED
from testing.waiting import PATIENCE, eventually

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.busy]
TWICE = ("scoring", "routing")
LEADS = 60


class Fleet:
    """Every service a process of its own, as production runs them."""

    def __init__(self, dsn: str, kafka: str, prefix: str, data: Path) -> None:
        self.ports: dict[str, int] = {}
        self.running: dict[str, list[subprocess.Popen[bytes]]] = defaultdict(list)
        self._data = data
        self._environment = {
            **os.environ,
            "BATON_DATABASE": dsn.replace("+asyncpg", ""),
            "BATON_KAFKA": kafka,
            "BATON_TOPIC_PREFIX": prefix,
            "BATON_AGREEMENT": str(SHIPPED),
            "BATON_DATA": str(data),
            "BATON_LEASE_SECONDS": "4",
        }

    def start(self, name: str) -> None:
        port = free_port()
        self.ports[name] = port
        command = [sys.executable, "-m", schema_of(name)]
        environment = {**self._environment, "BATON_PORT": str(port)}
        with (self._data / f"{name}.log").open("ab") as log:
            self.running[name].append(subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=ROOT))

    def kill_one(self, name: str) -> None:
        victim = self.running[name].pop(0)
        victim.send_signal(signal.SIGKILL)
        victim.wait(PATIENCE)

    def stop(self) -> list[int]:
        everyone = [one for several in self.running.values() for one in several]
        for one in everyone:
            one.send_signal(signal.SIGTERM)
        return [one.wait(2 * PATIENCE) for one in everyone]

    def logs(self) -> str:
        return "\n".join(f"== {path.name}\n{path.read_text()[-1500:]}" for path in sorted(self._data.glob("*.log")))


@pytest.fixture
def fleet(house_dsn: str, kafka: str, tmp_path: Path) -> Iterator[Fleet]:
    prefix = f"six-{os.getpid()}-"
    made = create_topics(kafka, list(TOPICS), partitions=PARTITIONS, replication=1, prefix=prefix)
    asyncio.run(made)
    fleet = Fleet(house_dsn, kafka, prefix, tmp_path)
    for service in SERVICES:
        for _ in range(2 if service.name in TWICE else 1):
            fleet.start(service.name)
    yield fleet
    for several in fleet.running.values():
        for one in several:
            if one.poll() is None:
                one.kill()
                one.wait(PATIENCE)


async def make_keys(dsn: str) -> tuple[str, str]:
    async with admin(dsn) as connection, connection.begin():
        _, write = await access_keys.create(connection, "write", "web", ["write"])
        _, server = await access_keys.create(connection, "server", "api", list(access_keys.SCOPES))
    return write, server


def person(number: int) -> dict[str, str]:
    return {"email": f"vp{number}@company{number}.io", "title": "VP Sales", "country": "US", "company": f"C{number}"}


@pytest.mark.fault("F01")
async def test_the_journey_survives_the_death_of_a_scorer_and_a_router(
    fleet: Fleet, house_dsn: str, kafka: str
) -> None:
    write, server = await make_keys(house_dsn)
    ports = fleet.ports
    async with (
        http_client(base_url=f"http://127.0.0.1:{ports['ingest']}", timeout=2 * PATIENCE) as door,
        http_client(base_url=f"http://127.0.0.1:{ports['reporting']}", timeout=2 * PATIENCE) as pages,
    ):
        front, back = Client(door, write, server), Client(pages, write, server)
        await ready(door, fleet)
        await ready(pages, fleet)
        for number in range(LEADS):
            if number == LEADS // 3:
                fleet.kill_one("scoring")
            if number == LEADS // 2:
                fleet.kill_one("routing")
            await front.submit("demo", **person(number))
        await drain(house_dsn, fleet)
        leads = (await back.get("/api/leads", LeadsAnswer, limit="500"))["items"]
        assert len(leads) == LEADS
        assert {lead["stage"] for lead in leads} == {"mql"}

        winner = await back.lead(person(7)["email"])
        offer = winner["assignments"][-1]
        await front.sales(
            {"type": "accepted", "lead": winner["id"], "assignment": offer["id"], "by": offer["rep"]},
            {"type": "connected", "lead": winner["id"], "by": offer["rep"], "channel": "call"},
            {"type": "deal_won", "lead": winner["id"], "by": offer["rep"], "deal": "D-1",
             "amount": {"amount": 100_00, "currency": "USD"}},
        )  # fmt: skip
        await drain(house_dsn, fleet)
        assert (await back.lead(winner["id"]))["stage"] == "won"
        for lead in leads:
            assert len((await back.lead(lead["id"]))["assignments"]) == 1, "decided exactly once"
        funnel = await back.get("/api/funnel", FunnelAnswer, range="30d")
        assert [row["count"] for row in funnel["stages"]][:2] == [LEADS, LEADS]
    await every_record_is_the_one_that_was_stored(house_dsn, kafka, f"six-{os.getpid()}-")
    assert fleet.stop() == [0] * (len(SERVICES) + 2 - 2)


async def ready(http: AsyncClient, fleet: Fleet) -> None:
    async def answers() -> bool:
        assert all(one.poll() is None for several in fleet.running.values() for one in several), fleet.logs()
        try:
            return (await http.get("/readyz")).status_code == 200
        except HTTPError:  # not there yet
            return False

    await eventually(answers, within=60, what="every service is ready")


async def drain(dsn: str, fleet: Fleet) -> None:
    """Nothing unread for a moment: every lane has followed."""
    left: list[int] = []
    async with admin(dsn) as connection:

        async def quiet() -> bool:
            left.append(await unread(connection, [service.name for service in SERVICES]))
            return left[-20:] == [0] * 20

        await eventually(quiet, within=90, what="nothing is unread")
    dead = [name for name, several in fleet.running.items() if any(one.poll() is not None for one in several)]
    assert not dead, fleet.logs()


async def every_record_is_the_one_that_was_stored(dsn: str, kafka: str, prefix: str) -> None:
    """Each stream in Kafka, repeats dropped, equals stream_batch byte by byte and is dense from 1."""
    stored: dict[tuple[str, int], list[bytes]] = defaultdict(list)
    async with admin(dsn) as connection:
        for schema in {schema_of(topic.producer) for topic in TOPICS.values()}:
            query = f"SELECT topic, p, body FROM {schema}.stream_batch ORDER BY topic, p, first_seq"
            for row in await connection.execute(statement(query)):
                stored[row.topic, row.p] += row.body.split(b"\n")
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    try:
        places = [TopicPartition(prefix + name, p) for name in TOPICS for p in range(PARTITIONS)]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        heard: dict[tuple[str, int], dict[int, bytes]] = defaultdict(dict)
        while any([await consumer.position(place) < ends[place] for place in places]):
            for place, records in (await consumer.getmany(timeout_ms=500)).items():
                for record in records:
                    number = int(dict(record.headers)["seq"])
                    known = heard[place.topic.removeprefix(prefix), place.partition].setdefault(number, record.value)
                    assert known == record.value, "one number, two contents"
    finally:
        await consumer.stop()
    assert {place: [content for _, content in sorted(records.items())] for place, records in heard.items()} == stored
    assert all(sorted(records) == list(range(1, len(records) + 1)) for records in heard.values())
    assert sum(len(records) for records in stored.values()) > LEADS * 5
    assert orjson.loads(stored[min(stored)][0])["specversion"] == "1.0"
