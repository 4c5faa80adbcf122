"""The edge: refusals of one shape, limits on what really arrives, and who may do what from where."""

from collections.abc import AsyncIterator

import pytest
from fastapi import APIRouter, Depends, FastAPI
from pydantic import BaseModel

from probe.bench import Bench
from runtime.errors import Misconfigured, Refused
from runtime.http import access_keys
from runtime.http.access import Caller, require
from runtime.http.access_keys import Keys
from runtime.http.app import Limits, application
from runtime.http.client import ASGITransport, AsyncClient, client
from runtime.http.problems import Overloaded
from runtime.http.server import Server, bind
from runtime.observe.logs import _hide_secrets
from runtime.settings import Settings


class NameTaken(Refused):
    """Somebody was faster."""


class Order(BaseModel):
    name: str
    count: int


def shop() -> APIRouter:
    router = APIRouter()

    @router.post("/orders")
    async def order(body: Order, caller: Caller = Depends(require("sales"))) -> dict[str, str]:  # noqa: B008
        if body.name == "taken":
            raise NameTaken("by Ana", errors=[{"pointer": "/name", "detail": "sold"}])
        if body.name == "busy":
            raise Overloaded(retry_after=7)
        if body.name == "away":
            raise TimeoutError("no answer from the database")
        return {"source": caller.source}

    @router.get("/orders")
    async def orders(caller: Caller = Depends(require("read"))) -> dict[str, str]:  # noqa: B008
        return {"source": caller.source}

    return router


def edge(postgres_bench: Bench, settings: Settings) -> Limits:
    found = Keys(postgres_bench.databases["scoring"])

    async def fine() -> None:
        return None

    async def ill() -> str:
        return "no lanes"

    checks = {"database": fine, "lanes": ill}
    app: FastAPI = application(title="shop", settings=settings, keys=found, routers=[shop()], ready=checks)
    return Limits(app, limit=1000)


@pytest.fixture
def settings(postgres_bench: Bench) -> Settings:
    return postgres_bench.settings


@pytest.fixture
async def http(postgres_bench: Bench, settings: Settings) -> AsyncIterator[AsyncClient]:
    transport = ASGITransport(app=edge(postgres_bench, settings))
    async with AsyncClient(transport=transport, base_url="http://localhost") as found:
        yield found


ORDER = {"name": "tea", "count": 1}
HERE = {"sec-fetch-site": "same-origin"}


async def test_a_refusal_is_a_problem_with_pointers(http: AsyncClient) -> None:
    answer = await http.post("/orders", json={**ORDER, "name": "taken"}, headers=HERE)
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["title"] == "Somebody was faster."
    assert body["detail"] == "by Ana"
    assert body["errors"] == [{"pointer": "/name", "detail": "sold"}]
    assert body["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nowhere", 404), ("DELETE", "/orders", 405), ("POST", "/orders", 422)]
)
async def test_what_the_framework_refuses_has_the_same_shape(
    http: AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await http.request(method, path, headers=HERE)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["status"] == status
    assert status != 405 or answer.headers["allow"]


async def test_what_is_malformed_is_pointed_at(http: AsyncClient) -> None:
    answer = await http.post("/orders", json={"name": "tea", "count": "many"}, headers=HERE)
    assert [wrong["pointer"] for wrong in answer.json()["errors"]] == ["/count"]


async def test_overload_says_when_to_come_again(http: AsyncClient) -> None:
    answer = await http.post("/orders", json={**ORDER, "name": "busy"}, headers=HERE)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")


async def test_a_database_that_is_away_is_no_bug_of_ours(postgres_bench: Bench, settings: Settings) -> None:
    """Whatever went wrong on the way to it: the caller comes again, and no trace cries wolf."""
    transport = ASGITransport(app=edge(postgres_bench, settings), raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://localhost") as http:
        answer = await http.post("/orders", json={**ORDER, "name": "away"}, headers=HERE)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "5")
    assert answer.json()["detail"] == "the database is away"


async def test_bytes_are_counted_as_they_arrive(http: AsyncClient) -> None:
    """Chunks announce no length, and an announced length may lie."""

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b"x" * 100

    for answer in (
        await http.post("/orders", content=chunks(), headers=HERE),
        await http.post("/orders", content=b"x" * 1001, headers=HERE),
    ):
        assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, False),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site", "origin": "http://localhost"}, False),
        ({"origin": "http://localhost"}, True),
        ({"origin": "http://evil.example"}, False),
        ({"origin": "null"}, False),
        ({"sec-fetch-site": "same-origin", "host": "evil.example"}, False),
        ({"sec-fetch-site": "same-origin", "host": "127.0.0.1:8300"}, True),
        ({"sec-fetch-site": "same-origin", "host": "[::1]:8300"}, True),
        ({"sec-fetch-site": "same-origin", "host": "localhost.evil.example"}, False),
    ],
)
async def test_without_a_key_only_our_own_pages_may_change_things(
    http: AsyncClient, headers: dict[str, str], allowed: bool
) -> None:
    assert (await http.post("/orders", json=ORDER, headers=headers)).status_code == (200 if allowed else 401)


async def test_without_a_key_one_may_look_from_this_machine_only(postgres_bench: Bench, http: AsyncClient) -> None:
    assert (await http.get("/orders")).json() == {"source": "web"}
    assert (await http.get("/orders", headers={"host": "evil.example"})).status_code == 401
    open_house = postgres_bench.settings.model_copy(update={"host": "0.0.0.0"})
    far = [
        ASGITransport(app=edge(postgres_bench, postgres_bench.settings), client=("203.0.113.9", 1)),
        ASGITransport(app=edge(postgres_bench, open_house)),
    ]
    for transport in far:
        async with AsyncClient(transport=transport, base_url="http://localhost") as stranger:
            answer = await stranger.get("/orders")
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize(
    "header",
    ["x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-real-ip", "cf-connecting-ip", "forwarded", "via"],
)
@pytest.mark.parametrize("proxies", [(), ("127.0.0.1",)])
async def test_who_comes_through_a_proxy_is_not_at_this_machine(
    postgres_bench: Bench, proxies: tuple[str, ...], header: str
) -> None:
    """A proxy that names itself as the host would else let the whole world in."""
    settings = postgres_bench.settings.model_copy(update={"trusted_proxies": proxies})
    transport = ASGITransport(app=edge(postgres_bench, settings), client=("127.0.0.1", 1))
    async with AsyncClient(transport=transport, base_url="http://localhost") as caller:
        assert (await caller.get("/orders")).status_code == 200
        assert (await caller.get("/orders", headers={header: "127.0.0.1"})).status_code == 401


async def test_a_house_with_a_public_address_lets_nobody_in_unasked(postgres_bench: Bench) -> None:
    settings = postgres_bench.settings.model_copy(update={"public_url": "https://baton.example.com"})
    async with AsyncClient(
        transport=ASGITransport(app=edge(postgres_bench, settings)), base_url="http://localhost"
    ) as it:
        assert (await it.get("/orders")).status_code == 401


async def make_key(postgres_bench: Bench, scopes: list[str], kind: access_keys.KeyKind = "server") -> tuple[str, str]:
    found: tuple[str, str] = await postgres_bench.as_admin(lambda tx: access_keys.create(tx, kind, "crm", scopes))
    return found


async def test_a_key_opens_what_its_scopes_say(postgres_bench: Bench, http: AsyncClient) -> None:
    for scopes, status in ((["sales"], 200), (["admin"], 200), (["read", "ingest"], 403), ([], 403)):
        _, secret = await make_key(postgres_bench, scopes)
        answer = await http.post("/orders", json=ORDER, headers={"authorization": f"Bearer {secret}"})
        assert answer.status_code == status, scopes
        assert status != 200 or answer.json() == {"source": "crm"}


@pytest.mark.parametrize("header", ["Bearer lk_nonsense", "Bearer ", "Basic YTpi", "Bearer"])
async def test_a_wrong_key_opens_nothing_not_even_from_here(http: AsyncClient, header: str) -> None:
    assert (await http.get("/orders", headers={"authorization": header, **HERE})).status_code == 401


async def test_keys_are_kept_as_digests_listed_and_revoked(postgres_bench: Bench) -> None:
    identity, secret = await make_key(postgres_bench, ["read"])
    kept = await postgres_bench.rows("scoring", "SELECT * FROM house.access_key")
    assert secret not in str(kept)
    found = Keys(postgres_bench.databases["scoring"])
    assert (await found.check(secret, "read")) is not None
    assert (await found.check(secret, "sales")) is None
    assert (await found.find("lk_other")) is None
    assert [row["id"] for row in await postgres_bench.as_admin(access_keys.every)] == [identity]
    assert await postgres_bench.as_admin(lambda tx: access_keys.revoke(tx, identity))
    assert not await postgres_bench.as_admin(lambda tx: access_keys.revoke(tx, identity))
    assert (await Keys(postgres_bench.databases["scoring"]).find(secret)) is None


async def test_health_readiness_and_metrics(http: AsyncClient) -> None:
    assert (await http.get("/healthz")).status_code == 200
    ready = await http.get("/readyz")
    assert ready.status_code == 503
    assert ready.json() == {"ready": False, "checks": {"database": "ok", "lanes": "no lanes"}}
    assert "baton_lane_read_total" in (await http.get("/metrics")).text


async def test_a_server_answers_on_its_port_and_another_cannot_have_it(postgres_bench: Bench) -> None:
    listening = bind("127.0.0.1", 0)
    server = Server(edge(postgres_bench, postgres_bench.settings), listening)
    await server.start()
    try:
        with pytest.raises(Misconfigured, match=rf"cannot listen on 127.0.0.1:{server.port}.*--port {server.port + 1}"):
            bind("127.0.0.1", server.port)
        async with client(base_url=f"http://127.0.0.1:{server.port}") as http:
            assert (await http.get("/healthz")).status_code == 200
    finally:
        await server.stop()


@pytest.mark.parametrize(
    "secret",
    [
        "lk_abcdef",
        "xoxb-1-2",
        "Authorization: Bearer abc",
        "whsec_abc",
        "hooks.slack.com/services/T/B/X",
        "smtp://u:pw@host",
    ],
)
def test_nothing_that_looks_like_a_credential_is_logged(secret: str) -> None:
    event = {"event": "sent", "to": secret, "nested": {"deep": [f"with {secret}"]}, "n": 1}
    hidden = _hide_secrets(None, "info", event)
    assert secret not in str(hidden)
    assert hidden["event"] == "sent"
    assert hidden["n"] == 1
