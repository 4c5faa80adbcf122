"""A database that is away: every door says come again, in its own shape, and never 5xx."""

from dataclasses import replace
from typing import Any

import orjson
import pytest
from httpx import ASGITransport, AsyncClient
from pydantic import SecretStr

from ingest.service import SERVICE
from runtime.database.connect import Database
from runtime.http.access_keys import Keys
from runtime.http.app import Limits, application

CLOUD = {
    "specversion": "1.0",
    "id": "1",
    "source": "s",
    "type": "lead.captured",
    "subject": "dana@acme.com",
    "data": {},
}


@pytest.fixture
async def dark(context: Any) -> Any:
    """The front door without a database behind it."""
    away = Database("postgresql://nobody@127.0.0.1:1/none", "ingest")
    settings = context.settings.model_copy(update={"slack_signing_secret": SecretStr("s")})
    parts = SERVICE.build(replace(context, database=away, settings=settings))
    app = application(title="ingest", settings=settings, keys=Keys(away), routers=parts.routers, ready={})
    transport = ASGITransport(app=Limits(app, fast=parts.fast))
    async with AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client
    await away.close()


KEY = {"authorization": "Bearer lk_key"}
PAGE = {"sec-fetch-site": "same-origin"}


@pytest.mark.parametrize(
    ("path", "request_", "shape"),
    [
        ("/v1/batch", {"json": {"batch": []}, "auth": ("wk", "")}, {"code", "message"}),
        ("/f/demo", {"data": {"email": "dana@acme.com"}, "headers": {"accept": "application/json"}}, None),
        ("/f/demo?key=wk", {"data": {"email": "dana@acme.com"}, "headers": {"accept": "application/json"}}, None),
        ("/sales", {"json": {"type": "connected", "lead": "dana@acme.com"}, "headers": KEY}, None),
        ("/sales", {"json": {"type": "connected", "lead": "dana@acme.com"}, "headers": PAGE}, None),
        ("/events", {"content": orjson.dumps(CLOUD), "headers": KEY}, None),
        ("/events", {"content": orjson.dumps(CLOUD), "headers": PAGE}, None),
    ],
)
async def test_every_door_says_come_again(dark: Any, path: str, request_: Any, shape: Any) -> None:
    answer = await dark.post(path, **request_)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert set(answer.json()) >= (shape or {"title", "status", "detail"})
