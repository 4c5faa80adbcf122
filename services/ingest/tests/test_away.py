"""A database that is away: every edge says come again, in its own shape, and never 5xx."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace

import orjson
import pytest
from httpx import AsyncClient
from pydantic import SecretStr
from services.ingest.tests.conftest import client, ingest_app, typeform_signature

from runtime.database.connect import Database
from runtime.service import Context

CLOUD = {
    "specversion": "1.0",
    "id": "1",
    "source": "s",
    "type": "lead.captured",
    "subject": "dana@acme.com",
    "data": {"title": "CRO"},
}


@pytest.fixture
async def dark(context: Context) -> AsyncIterator[AsyncClient]:
    """Ingest without a database behind it."""
    away = Database("postgresql://nobody@127.0.0.1:1/none", "ingest")
    secrets = {"slack_signing_secret": SecretStr("s"), "hook_secrets": {"typeform/website": SecretStr("s")}}
    settings = context.settings.model_copy(update=secrets)
    async with client(ingest_app(replace(context, database=away, settings=settings))) as http:
        yield http
    await away.close()


KEY = {"authorization": "Bearer lk_key"}
PAGE = {"sec-fetch-site": "same-origin"}
FORM = {"accept": "application/json", "content-type": "application/x-www-form-urlencoded"}
SALE = orjson.dumps({"type": "connected", "lead": "dana@acme.com"})
RESPONSE = {
    "event_type": "form_response",
    "form_response": {"form_id": "f", "token": "t", "hidden": {"email": "d@a.com"}},
}
HOOK = orjson.dumps(RESPONSE)
PROBLEM = {"title", "status", "detail"}


@pytest.mark.parametrize(
    ("path", "content", "headers", "shape"),
    [
        ("/v1/batch", b'{"batch": []}', {"authorization": "Basic d2s6"}, {"code", "message"}),
        ("/f/demo", b"email=dana%40acme.com", FORM, PROBLEM),
        ("/f/demo?key=wk", b"email=dana%40acme.com", FORM, PROBLEM),
        ("/sales", SALE, KEY, PROBLEM),
        ("/sales", SALE, PAGE, PROBLEM),
        ("/events", orjson.dumps(CLOUD), KEY, PROBLEM),
        ("/events", orjson.dumps(CLOUD), PAGE, PROBLEM),
        ("/hooks/typeform/website", HOOK, {"typeform-signature": typeform_signature(HOOK, "s")}, PROBLEM),
    ],
)
async def test_every_edge_says_come_again(
    dark: AsyncClient, path: str, content: bytes, headers: Mapping[str, str], shape: set[str]
) -> None:
    answer = await dark.post(path, content=content, headers=headers)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert set(answer.json()) >= shape
