"""Unmodified clients against the real server on loopback."""

import asyncio
import base64
import json
import logging
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta

import pytest
from segment.analytics import Client
from services.ingest.tests.conftest import Keyring, Stream
from starlette.types import ASGIApp

from ingest.decide import lead_id
from runtime.http.server import Server, bind
from testing.waiting import PATIENCE

DANA = lead_id("dana@acme.com")


@pytest.fixture
async def port(asgi: ASGIApp) -> AsyncIterator[int]:
    server = Server(asgi, bind("127.0.0.1", 0))
    await server.start()
    yield server.port
    await server.stop()


def use(port: int, key: str, **options: bool) -> list[Exception]:
    """What a shop's code does."""
    failures: list[Exception] = []
    client = Client(
        key, host=f"http://127.0.0.1:{port}", on_error=lambda error, batch: failures.append(error), **options
    )
    client.track(anonymous_id="a1", event="Pricing Viewed")
    client.page(anonymous_id="a1", name="Home", properties={"path": "/"})
    client.identify("u1", {"email": "dana@acme.com", "company": {"name": "Acme", "employees": 120}}, anonymous_id="a1")
    client.group("u1", "g1", {"name": "Acme", "industry": "SaaS"})
    client.track("u1", "Webinar Attended", {"asset": "w1"}, timestamp=datetime.now(UTC) - timedelta(days=20))
    client.track("u1", "Demo Requested")
    client.shutdown()
    return failures


@pytest.mark.parametrize("options", [{}, {"gzip": True}])
async def test_segments_python_client(port: int, keys: Keyring, stream: Stream, options: Mapping[str, bool]) -> None:
    assert await asyncio.to_thread(use, port, keys.write, **options) == []
    events = await stream("leads")
    assert [getattr(event.data, "kind", event.type) for event in events] == [
        "lead.captured.v1",
        "pricing_view",
        "site_visit",
        "lead.updated.v1",
        "webinar_attended",
        "demo_request",
    ]
    assert {event.subject for event in events} == {DANA}
    assert [event.mode for event in events if getattr(event.data, "kind", None) == "webinar_attended"] == ["historical"]


async def test_segments_python_client_with_a_wrong_key_drops_and_goes_on(
    port: int, stream: Stream, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, "segment")
    failures = await asyncio.to_thread(use, port, "wk_wrong")
    assert [getattr(failure, "status", None) for failure in failures] == [401]
    assert await stream("leads") == []


async def raw(port: int, *pieces: bytes) -> str:
    """Bytes as written; the answer up to the end of its head."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)
    writer.close()
    await writer.wait_closed()
    return head.decode()


async def test_a_chunked_body_without_length(port: int, keys: Keyring, stream: Stream) -> None:
    """As CloudEvents' JavaScript client and streaming proxies send it."""
    token = base64.b64encode(f"{keys.write}:".encode()).decode()
    body = json.dumps({"batch": [{"type": "identify", "userId": "u1", "traits": {"email": "dana@acme.com"}}]}).encode()
    head = f"POST /v1/batch HTTP/1.1\r\nhost: x\r\nauthorization: Basic {token}\r\ntransfer-encoding: chunked\r\n\r\n"
    chunks = [b"%x\r\n%b\r\n" % (len(body[n : n + 9]), body[n : n + 9]) for n in range(0, len(body), 9)]
    assert (await raw(port, head.encode(), *chunks, b"0\r\n\r\n")).startswith("HTTP/1.1 200")
    assert [event.subject for event in await stream("leads")] == [DANA]


async def test_a_client_that_hangs_up_in_the_middle_leaves_nothing(port: int, keys: Keyring, stream: Stream) -> None:
    for _ in range(3):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /v1/batch HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{")
        await writer.drain()
        writer.transport.abort()
    use_ok = await asyncio.to_thread(use, port, keys.write)
    assert use_ok == []
    assert len(await stream("leads")) == 6


async def test_an_endless_body_is_cut_off(port: int, keys: Keyring) -> None:
    token = base64.b64encode(f"{keys.write}:".encode()).decode()
    head = f"POST /v1/batch HTTP/1.1\r\nhost: x\r\nauthorization: Basic {token}\r\ncontent-length: 600000\r\n\r\n"
    assert (await raw(port, head.encode(), b"x" * 520_000)).startswith("HTTP/1.1 400")
