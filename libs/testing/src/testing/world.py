"""Pytest plugin: the outside world on loopback, as real servers that do as they are told: Slack and a mail server."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import orjson
import pytest
from aiohttp import web
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from typing_extensions import TypedDict

from testing.json import read
from testing.ports import free_port
from testing.waiting import PATIENCE


class SlackOption(TypedDict):
    """One choice of a list."""

    value: str


class SlackElement(TypedDict, total=False):
    """A button, a list to choose from, or a text."""

    action_id: str
    value: str
    options: list[SlackOption]


class SlackBlock(TypedDict, total=False):
    """A block of a message or modal."""

    type: str
    elements: list[SlackElement]
    element: SlackElement


class SlackView(TypedDict, total=False):
    """A modal."""

    private_metadata: str
    callback_id: str
    blocks: list[SlackBlock]


class SlackMetadata(TypedDict, total=False):
    """What a message carries for machines."""

    event_payload: dict[str, object]


class SlackCall(TypedDict, total=False):
    """What came with a call; what chat.postMessage brought is the message."""

    channel: str
    ts: str
    thread_ts: str
    text: str
    user: str
    users: str
    trigger_id: str
    blocks: list[SlackBlock]
    metadata: SlackMetadata
    view: SlackView


@dataclass
class Slack:
    """A Web API on loopback: keeps what was posted, and answers out of turn when `script` says so."""

    url: str = ""
    calls: list[tuple[str, SlackCall]] = field(default_factory=list)
    posted: list[SlackCall] = field(default_factory=list)
    script: deque[str | tuple[int, dict[str, str]]] = field(default_factory=deque)
    """`(status, headers)`, an error name, `reset` (kept, then the answer is lost) or `hang`, per call to chat.*."""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answers one call of the Web API; `script` may make it fail."""
        method = request.match_info["method"]
        body = read(SlackCall, await request.read() if request.can_read_body else orjson.dumps(dict(request.query)))
        self.calls.append((method, body))
        if method == "views.open":
            return web.json_response({"ok": True, "view": {"id": "V1"}})
        if method == "conversations.open":
            return web.json_response({"ok": True, "channel": {"id": "D" + body["users"][1:]}})
        if method == "conversations.history":
            messages = [message for message in self.posted if message["channel"] == body["channel"]]
            return web.json_response({"ok": True, "messages": messages})
        step = self.script.popleft() if self.script else None
        if step == "hang":
            self._keep(method, body)
            await asyncio.sleep(30)
        if isinstance(step, tuple):
            return web.json_response({"ok": False, "error": "ratelimited"}, status=step[0], headers=step[1])
        if isinstance(step, str) and step != "reset":
            return web.json_response({"ok": False, "error": step})
        message = self._keep(method, body)
        if step == "reset" and request.transport:
            request.transport.close()
        return web.json_response({"ok": True, "channel": message["channel"], "ts": message["ts"]})

    def _keep(self, method: str, body: SlackCall) -> SlackCall:
        channel = "D" + body["channel"][1:] if body["channel"].startswith("U") else body["channel"]
        if method == "chat.update":
            message = next(message for message in self.posted if message["ts"] == body["ts"])
            message.update(body)
            return message
        self.posted.append({**body, "channel": channel, "ts": f"1754395200.{len(self.posted):06}"})
        return self.posted[-1]

    def methods(self) -> list[str]:
        """Names of the methods that were called, in order."""
        return [method for method, _ in self.calls]


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    """A Slack that listens as long as the test runs."""
    fake = Slack()
    app = web.Application()
    app.router.add_route("*", "/api/{method}", fake.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    fake.url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
    yield fake
    await runner.cleanup()


@dataclass
class Postbox:
    """An SMTP server on loopback: keeps what came, and answers with `script` first."""

    url: str = ""
    mails: list[bytes] = field(default_factory=list)
    script: deque[tuple[str, str]] = field(default_factory=deque)
    """(`rcpt` or `data`, the reply); the reply `drop` keeps the mail and closes the connection."""

    def _next(self, place: str) -> str | None:
        return self.script.popleft()[1] if self.script and self.script[0][0] == place else None

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """aiosmtpd's hook for an address: accepts it unless `script` says otherwise."""
        reply = self._next("rcpt")
        if reply:
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """aiosmtpd's hook for a message: keeps it unless `script` says otherwise."""
        reply = self._next("data")
        if reply is None or reply == "drop":
            assert isinstance(envelope.content, bytes)
            self.mails.append(envelope.content)
        if reply == "drop" and server.transport:
            server.transport.close()
        return reply or "250 OK"


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    """A mail server that listens as long as the test runs."""
    box = Postbox()
    port = free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port, ready_timeout=PATIENCE)
    controller.start()
    box.url = f"smtp://127.0.0.1:{port}"
    yield box
    controller.stop()
