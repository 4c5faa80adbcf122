"""The database goes back in time under a running house on Kafka: found, said, and nothing accepted is lost."""

import asyncio
import os
import shutil
import sys
from asyncio.subprocess import PIPE
from collections import Counter
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import orjson
import pytest

from events import Event
from events.codec import decode
from runtime.database.connect import admin
from runtime.database.embedded import EmbeddedPostgres
from runtime.database.statement import statement
from runtime.http.client import HTTPError
from runtime.http.client import client as http_client
from runtime.lanes.lane_status import unread
from runtime.settings import Settings
from standalone.house import House
from standalone.services import SERVICES
from testing.house import Client
from testing.service import SHIPPED
from testing.waiting import PATIENCE, eventually

pytestmark = [pytest.mark.kafka, pytest.mark.chaos]
_numbers = count(1)
SERVICE_NAMES = [service.name for service in SERVICES]


@pytest.fixture
def settings(kafka: str, tmp_path: Path) -> Settings:
    return Settings(
        data=tmp_path / "house",
        agreement=SHIPPED,
        kafka=kafka,
        topic_prefix=f"back-{os.getpid()}-{next(_numbers)}-",
        port=0,
        lease_seconds=4,
        _env_file=None,
    )


@pytest.fixture
async def house(settings: Settings) -> AsyncIterator[House]:
    opened = await House(settings).start()
    yield opened
    await opened.stop()


@pytest.fixture
async def client(house: House) -> AsyncIterator[Client]:
    async with http_client(base_url=house.url, timeout=2 * PATIENCE) as http:
        yield Client(http, house.keys["write_key"], house.keys["server_key"])


def server_of(house: House) -> EmbeddedPostgres:
    assert house._embedded is not None
    return house._embedded


async def at_rest(house: House) -> None:
    """Everything written was read and shipped."""

    async def quiet() -> bool:
        async with admin(house.dsn) as tx:
            if await unread(tx, SERVICE_NAMES):
                return False
            waiting = " UNION ALL ".join(
                f"SELECT last_seq - shipped_seq AS n FROM {s.schema}.lane_output" for s in SERVICES
            )
            return not (await tx.execute(statement(f"SELECT sum(n) FROM ({waiting}) AS t"))).scalar_one()

    await eventually(quiet, within=90, what="the house is at rest")


async def _copied(one: Path, other: Path) -> None:
    """With its owner and rights: the server may run under an account of its own."""
    copying = await asyncio.create_subprocess_exec("cp", "-a", str(one), str(other))
    assert await copying.wait() == 0


async def copy(house: House, to: Path) -> None:
    """The data folder as a power cut would leave it, with the house running on it."""
    server = server_of(house)
    await asyncio.to_thread(server.kill)
    await _copied(server.pgdata, to)
    await asyncio.to_thread(server.start)


async def put_back(house: House, copied: Path) -> None:
    server = server_of(house)
    await asyncio.to_thread(server.kill)
    await asyncio.to_thread(shutil.rmtree, server.pgdata)
    await _copied(copied, server.pgdata)
    await asyncio.to_thread(server.start)


async def say(client: Client, number: int) -> str:
    """One person, accepted; the door may have to be asked more than once while its database comes back."""
    email = f"vp{number}@company{number}.io"
    form = {"email": email, "title": "VP Sales", "country": "US", "company": f"C{number}"}

    async def accepted() -> bool:
        try:
            answer = await client.http.post("/f/demo", data=form, headers={"accept": "application/json"})
        except HTTPError:
            return False
        return answer.status_code == 200

    await eventually(accepted, within=60, what=f"{email} is accepted")
    return email


def stopped(house: House) -> list[str]:
    return [
        lane.fault or ""
        for one in house.assembly.running
        for lane in one.worker.lanes.values()
        if "Fork" in (lane.fault or "")
    ]


async def found(house: House) -> bool:
    return bool(stopped(house))


async def baton(settings: Settings, *arguments: str) -> dict[str, list[dict[str, object]]]:
    environment = {
        **os.environ,
        "BATON_DATA": str(settings.data),
        "BATON_KAFKA": settings.kafka or "",
        "BATON_TOPIC_PREFIX": settings.topic_prefix,
        "BATON_AGREEMENT": str(SHIPPED),
    }
    done = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "standalone", *arguments, env=environment, stdout=PIPE, stderr=PIPE
    )
    output, complained = await done.communicate()
    assert done.returncode == 0, f"{output.decode()}\n{complained.decode()}"
    answer: dict[str, list[dict[str, object]]] = orjson.loads(output)
    return answer


async def stream(house: House, schema: str, topic: str) -> list[Event]:
    query = statement(f"SELECT body FROM {schema}.stream_batch WHERE topic = :topic ORDER BY p, first_seq")
    async with admin(house.dsn) as tx:
        bodies = (await tx.execute(query, {"topic": topic})).scalars()
        return [event for body in bodies for line in body.split(b"\n") if (event := decode(line))]


@pytest.mark.fault("F09")
async def test_accepted_leads_survive_a_database_that_went_back(
    house: House, client: Client, settings: Settings, tmp_path: Path
) -> None:
    kept = [await say(client, n) for n in range(4)]
    await copy(house, tmp_path / "copy")
    lost = [await say(client, n) for n in range(4, 9)]
    await at_rest(house)
    await client.sales({"type": "connected", "lead": lost[0], "channel": "call", "id": "sale-1"})
    await at_rest(house)
    await put_back(house, tmp_path / "copy")
    await eventually(lambda: found(house), within=60, what="the fork is found and said")
    again = [await say(client, n) for n in range(9, 12)]

    answer = await baton(settings, "adopt", "--json")
    assert {row["topic"] for row in answer["adopted"]} >= {"leads", "sales", "scores", "handoffs"}
    assert "sale-1" in {row["message_id"] for row in answer["orphans"]}
    assert all(row["fate"] is None for row in answer["orphans"])
    taken = await baton(settings, "adopt", "--take-back", "--json")
    assert taken["adopted"] == []
    facts = [row for row in taken["orphans"] if str(row["id"]).startswith(("leads/", "sales/"))]
    assert {row["fate"] for row in facts} == {"accepted"}
    repeated = await baton(settings, "adopt", "--take-back", "--json")
    assert repeated["orphans"] == taken["orphans"]
    await at_rest(house)

    assert stopped(house) == []
    events = await stream(house, "ingest", "leads")
    captured = Counter(event.data.email for event in events if event.type == "lead.captured.v1")
    assert captured == Counter([*kept, *lost, *again])
    engaged = Counter(event.subject for event in events if event.type == "engagement.recorded.v1")
    assert set(engaged.values()) == {1}
    assert len(engaged) == len(captured)
    assert any(event.id.endswith("@2") for event in events)
    sales = await stream(house, "ingest", "sales")
    assert [event.data.message_id for event in sales] == ["sale-1"]
    for email in (*kept, *lost, *again):
        lead = await client.lead(email)
        assert len(lead["assignments"]) == 1, email
    qualified = Counter(
        event.subject for event in await stream(house, "scoring", "scores") if event.type == "lead.qualified.v1"
    )
    assert set(qualified.values()) == {1}
    assert len(qualified) == len(captured)
