"""Calls to addresses that other people typed: real servers on loopback, and addresses that must not be called."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from runtime.http.guarded import AnswerTooLarge, BlockedAddress, GuardedClient, NoAnswer

INSIDE = [
    *("http://example.com/", "ftp://example.com/", "https://127.0.0.1/", "https://[::1]/", "https://10.0.0.1/"),
    *(
        "https://169.254.169.254/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
    ),
    *(
        "https://u:p@1.1.1.1/",
        "https://1.1.1.1:22/",
        "https://1.1.1.1:99999/",
        "https://0.0.0.0/",
        "https://1.1.1.1/\x00",
        "https://224.0.0.1/",
    ),
]


@pytest.fixture
async def server() -> AsyncIterator[str]:
    async def moved(_: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "http://169.254.169.254/"})

    async def echo(request: web.Request) -> web.Response:
        return web.Response(body=request.headers["X-Word"].encode() + await request.read())

    async def slow(_: web.Request) -> web.Response:
        await asyncio.sleep(30)
        return web.Response()

    app = web.Application()
    app.router.add_get("/moved", moved)
    app.router.add_post("/echo", echo)
    app.router.add_get("/slow", slow)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_content_goes_there_and_comes_back(server: str) -> None:
    http = GuardedClient(loopback=True)
    answer = await http.call("POST", f"{server}/echo", content=b"there", headers={"X-Word": "hello-"}, at_most=100)
    assert (answer.status, answer.content) == (200, b"hello-there")
    assert (await http.call("POST", f"{server}/echo", content=b"x", headers={"X-Word": "y"})).content == b""
    with pytest.raises(AnswerTooLarge):
        await http.call("POST", f"{server}/echo", content=b"there", headers={"X-Word": "hello-"}, at_most=10)


async def test_a_redirect_is_not_followed(server: str) -> None:
    answer = await GuardedClient(loopback=True).call("GET", f"{server}/moved", at_most=100)
    assert (answer.status, answer.headers["location"]) == (302, "http://169.254.169.254/")


@pytest.mark.parametrize("url", INSIDE)
async def test_addresses_inside_are_never_called(url: str) -> None:
    with pytest.raises(BlockedAddress):
        await GuardedClient().call("GET", url)


async def test_a_name_that_leads_inside_is_never_called(monkeypatch: pytest.MonkeyPatch) -> None:
    async def answer(_host: str, port: int, **_given: int) -> object:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.168.1.1", port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", answer)
    with pytest.raises(BlockedAddress, match="not a public one"):
        await GuardedClient().call("GET", "https://example.com/")


async def test_what_is_slow_or_away_is_no_answer(server: str) -> None:
    with pytest.raises(NoAnswer, match="TimeoutError"):
        await GuardedClient(seconds=0.3, loopback=True).call("GET", f"{server}/slow")
    with pytest.raises(NoAnswer):
        await GuardedClient(loopback=True).call("GET", "http://127.0.0.1:9/")
