"""What the interface promises beside the main job, where no single service could keep it."""

import re
from datetime import timedelta

import orjson
import pytest

from events.topics import FLOW
from runtime.http.client import ASGITransport, AsyncClient
from runtime.process.assembly import Assembly
from runtime.settings import Settings
from standalone.house import House
from standalone.services import SERVICES
from testing.events import NOON
from testing.figures import AsyncApi, LanesAnswer, OpenApi
from testing.house import Client
from testing.ports import free_port
from testing.service import shipped_agreement
from testing.waiting import eventually


@pytest.mark.slow
async def test_a_laboratory_opened_again_goes_on_from_where_its_clock_stood(settings: Settings) -> None:
    house = await House(settings, start_at=NOON).start()
    assert house.laboratory
    await house.laboratory.advance(NOON + timedelta(days=3))
    await house.stop()
    again = await House(settings, start_at=NOON).start()
    try:
        assert again.laboratory
        assert again.laboratory.now == NOON + timedelta(days=3)
    finally:
        await again.stop()


async def test_lanes_of_every_service_say_how_far_they_are(client: Client) -> None:
    await client.submit("demo", email="dana.reyes@brightpath.io")
    await client.settle()
    items = (await client.get("/api/lanes", LanesAnswer))["items"]
    assert {item["service"] for item in items} == set(FLOW)
    for item in items:
        assert {"partition", "read", "said", "shipped", "behind", "owner"} <= set(item)
        assert item["behind"] == 0
        assert set(item["shipped"]) == set(item["said"])
        assert set(item["shipped"].values()) <= {None}, "readers take it from the database: nothing is shipped"
    assert sum(item["said"].get("leads", 0) for item in items) >= 2


@pytest.mark.slow
async def test_every_contract_is_served(client: Client) -> None:
    for service in FLOW:
        assert (await client.get(f"/asyncapi/{service}.json", AsyncApi))["asyncapi"].startswith("3.")
    paths = set((await client.get("/openapi.json", OpenApi))["paths"])
    assert {"/v1/batch", "/v1/track", "/v1/projects/{key}/settings"} <= paths, "also what does not pass FastAPI"
    assert {"/f/{form}", "/events", "/sales", "/slack/interactivity", "/api/leads", "/api/outbox"} <= paths
    docs = await client.http.get("/docs")
    assert docs.status_code == 200
    assert all(f"<code>{path}</code>" in docs.text for path in paths)
    assert not re.search(r'(?:href|src|action)="(?:\w+:)?//', docs.text), "nothing is fetched from elsewhere"
    assert b"baton" in (await client.http.get("/metrics")).content.lower()

    async def ready() -> bool:
        return orjson.loads((await client.http.get("/readyz")).content)["ready"] is True

    await eventually(ready)


async def test_a_house_whose_broker_is_away_is_not_ready(settings: Settings, house_dsn: str) -> None:
    away = settings.model_copy(update={"kafka": f"127.0.0.1:{free_port()}"})
    assembly = Assembly(away, shipped_agreement(), house_dsn, SERVICES)
    async with AsyncClient(transport=ASGITransport(app=assembly.asgi), base_url="http://localhost") as http:
        ready = await http.get("/readyz")
    await assembly.stop()
    assert ready.status_code == 503
    assert "no broker" in ready.json()["checks"]["transport"]
    assert ready.json()["checks"]["database"] == "ok"


@pytest.mark.slow
async def test_head_is_answered_where_get_is(client: Client) -> None:
    for path, status in (("/healthz", 200), ("/", 200), ("/api/funnel", 200), ("/nowhere", 404), ("/sales", 405)):
        answer = await client.http.head(path)
        assert (answer.status_code, answer.content) == (status, b""), path


async def test_a_refusal_says_what_is_wrong_in_words_and_where(client: Client) -> None:
    bearer = {"authorization": f"Bearer {client.server_key}"}
    answer = await client.http.post("/sales", json={"type": "connected", "lead": "ghost@brightpath.io"}, headers=bearer)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    body = answer.json()
    assert body["errors"] == [{"pointer": "/lead", "detail": body["detail"]}]
    assert (body["type"], body["status"], body["instance"]) == ("about:blank", 422, "/sales")
    assert body["request_id"] == answer.headers["x-request-id"]


@pytest.mark.slow
async def test_time_is_moved_from_this_machine_or_with_a_key_and_by_no_foreign_page(client: Client) -> None:
    step = {"seconds": 60}
    as_curl = {"content-type": "application/x-www-form-urlencoded"}
    moved = await client.http.post("/lab/advance", content=b'{"seconds": 60}', headers=as_curl)
    assert moved.json() == {"now": "2026-08-05T12:01:00Z"}
    for body in (b"{", b"[]", b'{"seconds": -1}', b'{"to": "2026-08-06T12:00:00"}', b'{"hours": 1}'):
        assert (await client.http.post("/lab/advance", content=body)).status_code == 422, body
    for foreign in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"host": "evil.example"}):
        assert (await client.http.post("/lab/advance", json=step, headers=foreign)).status_code == 401
    wrong = {"authorization": f"Bearer {client.write_key}"}
    assert (await client.http.post("/lab/settle", headers=wrong)).status_code == 403
    assert (await client.settle()) == NOON + timedelta(minutes=1)
