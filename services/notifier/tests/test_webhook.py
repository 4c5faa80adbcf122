"""Signed webhooks against a real receiver on loopback, and addresses that must not be called."""

import hmac
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import replace
from hashlib import sha256
from typing import Any

import orjson
import pytest
from aiohttp import web

from agreement.notices import Webhook
from events.handoffs import LeadNurtured
from notifier.channels import channels
from notifier.channels.webhook import Webhooks
from notifier.deliver import Deliver
from runtime.errors import Misconfigured
from testing.events import NOON

KEY = b"k" * 32
SECRET = f"whsec_{b64encode(KEY).decode()}"


class Receiver:
    def __init__(self) -> None:
        self.url = ""
        self.answers = list[web.Response]()
        self.requests = list[tuple[dict[str, str], bytes]]()

    async def take(self, request: web.Request) -> web.Response:
        self.requests.append(({name.lower(): value for name, value in request.headers.items()}, await request.read()))
        return self.answers.pop(0) if self.answers else web.Response(status=204)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    found = Receiver()
    app = web.Application()
    app.router.add_post("/hook", found.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield found
    await runner.cleanup()


def hook(url: str) -> Webhook:
    return Webhook(id="mail-tool", url=url, secret_variable="HOOK", kinds=("nurture",))


async def send(desk: Any, story: Any, url: str, *, laboratory: bool = True) -> Any:
    notices = desk.terms.notices.model_copy(update={"webhooks": (hook(url),)})
    told = replace(desk, terms=replace(desk.terms, notices=notices))
    data = LeadNurtured.Data(cycle=1, segment="1", reason="58 of 60")
    await told.read(story.captured(), story.told(LeadNurtured.fact(story.lead, data, time=NOON)))
    loop = Deliver(told.context, Webhooks((hook(url),), {"HOOK": SECRET}, laboratory=laboratory), told.terms)
    await loop.round()
    return loop


async def test_it_is_signed_and_says_whom_it_is_about(desk: Any, story: Any, receiver: Receiver) -> None:
    await send(desk, story, receiver.url)
    ((headers, body),) = receiver.requests
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    assert headers["webhook-signature"] == f"v1,{b64encode(hmac.new(KEY, signed, sha256).digest()).decode()}"
    said = orjson.loads(body)
    assert (said["type"], said["data"]["lead"], said["data"]["about"]["segment"]) == ("nurture", story.lead, "1")
    assert said["data"]["person"]["email"] == "jane@acme.example"
    assert await desk.states() == {"webhook nurture mail-tool": "sent"}


async def test_it_is_tried_again_under_the_same_id(desk: Any, story: Any, receiver: Receiver) -> None:
    receiver.answers = [web.Response(status=502), web.Response(status=302, headers={"Location": "http://x/"})]
    loop = await send(desk, story, receiver.url)
    for _ in range(2):
        await desk.pass_(seconds=30)
        await loop.round()
    assert len({headers["webhook-id"] for headers, _ in receiver.requests}) == 1
    assert len(receiver.requests) == 3
    assert await desk.states() == {"webhook nurture mail-tool": "sent"}


async def test_a_receiver_that_is_gone_is_stopped(desk: Any, story: Any, receiver: Receiver) -> None:
    receiver.answers = [web.Response(status=410)]
    await send(desk, story, receiver.url)
    (stop,) = await desk.rows("SELECT place, stopped FROM pace WHERE stopped IS NOT NULL")
    assert stop["place"] == f"webhook:{receiver.url}"


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://example.com/",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://10.0.0.1/",
            "https://169.254.169.254/",
        ),
        *("https://[::ffff:127.0.0.1]/", "https://[64:ff9b::7f00:1]/", "https://u:p@1.1.1.1/", "https://1.1.1.1:22/"),
    ],
)
async def test_addresses_inside_are_never_called(desk: Any, story: Any, url: str) -> None:
    await send(desk, story, url, laboratory=False)
    assert len(await desk.rows("SELECT * FROM pace WHERE stopped IS NOT NULL")) == 1


def test_a_webhook_without_its_secret_keeps_the_house_shut(desk: Any) -> None:
    notices = desk.terms.notices.model_copy(update={"webhooks": (hook("https://example.com/"),)})
    with pytest.raises(Misconfigured, match="HOOK"):
        channels(desk.context.settings, notices, {"HOOK": "not base64!"})
