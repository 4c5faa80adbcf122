"""Signed webhooks against a real receiver on loopback, and addresses that must not be called."""

import asyncio
import contextlib
import hmac
import socket
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from hashlib import sha256
from typing import Final

import orjson
import pytest
from aiohttp import web
from services.notifier.tests.conftest import LeadLog, Notifier
from typing_extensions import TypedDict

from agreement.notices import NoticeKind, WebhookReceiver
from events import Event
from events.enrolment import CampaignEntered
from events.handoffs import LeadNurtured, LeadSuppressed, NurtureLeft
from events.leads import ConsentChanged
from notifier.channels import channels, webhook
from notifier.channels.webhook import WebhookChannel
from notifier.deliver import DeliveryLoop
from runtime.errors import Misconfigured
from testing.json import read

KEY = b"k" * 32
SEQUENCE: Final[tuple[NoticeKind, ...]] = ("sequence", "sequence_left")
KINDS: Final[tuple[NoticeKind, ...]] = ("nurture", "nurture_left", *SEQUENCE, "suppressed", "consent", "enrolled")
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
    one = Receiver()
    app = web.Application()
    app.router.add_post("/hook", one.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    one.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield one
    await runner.cleanup()


def hook(url: str) -> WebhookReceiver:
    return WebhookReceiver(id="mail-tool", url=url, secret_variable="HOOK", kinds=KINDS)


async def send(notifier: Notifier, story: LeadLog, url: str, *events: Event, laboratory: bool = True) -> DeliveryLoop:
    notices = notifier.terms.notices.model_copy(update={"webhooks": (hook(url),)})
    hooked = replace(notifier, terms=replace(notifier.terms, notices=notices))
    nurtured = story.events.make(LeadNurtured, cycle=1, segment="1", reason="58 of 60")
    await hooked.read(story.captured(), story.updated("company", "Test", "crm"), *(events or (nurtured,)))
    loop = DeliveryLoop(
        hooked.context, WebhookChannel((hook(url),), {"HOOK": SECRET}, laboratory=laboratory), hooked.terms
    )
    await loop.round()
    return loop


async def test_it_is_signed_and_says_whom_it_is_about(notifier: Notifier, story: LeadLog, receiver: Receiver) -> None:
    await send(notifier, story, receiver.url)
    ((headers, body),) = receiver.requests
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    assert headers["webhook-signature"] == f"v1,{b64encode(hmac.new(KEY, signed, sha256).digest()).decode()}"
    event = orjson.loads(body)
    assert (event["type"], event["data"]["lead"], event["data"]["about"]["segment"]) == ("nurture", story.lead, "1")
    person = {"email": "jane@acme.example", "first_name": "Jane", "last_name": "Doe", "company": "Acme Ltd"}
    assert event["data"]["person"] == person
    assert await notifier.states() == {"webhook nurture mail-tool": "sent"}


class Change(TypedDict):
    """What a call says."""

    lead: str
    person: dict[str, str | None]
    about: dict[str, object]


class Call(TypedDict):
    """Its body."""

    type: str
    data: Change


def changes(receiver: Receiver) -> dict[str, Change]:
    """What the mail tool was told, by kind."""
    calls = [read(Call, body) for _, body in receiver.requests]
    return {call["type"]: call["data"] for call in calls}


async def test_the_mail_tool_is_told_every_change(notifier: Notifier, story: LeadLog, receiver: Receiver) -> None:
    make = story.events.make
    await send(
        notifier,
        story,
        receiver.url,
        make(LeadNurtured, cycle=1, segment="1", reason="58 of 60", previous="long_term"),
        make(NurtureLeft, cycle=1, segment="1", status="assigned", why="passed"),
        make(LeadSuppressed, cycle=1, reason="account_suppressed"),
        story.make(ConsentChanged, {"channel": "email", "granted": True}),
        make(CampaignEntered, cycle=1, campaign="stories", title="Reference stories", by="rep-ana"),
    )
    calls = changes(receiver)
    assert set(calls) == set(KINDS) - set(SEQUENCE)
    assert {data["person"]["email"] for data in calls.values()} == {"jane@acme.example"}
    assert (calls["enrolled"]["about"]["campaign"], calls["enrolled"]["about"]["by"]) == ("stories", "rep-ana")
    enrolled = calls["nurture"]["about"]
    assert (enrolled["segment"], enrolled["previous"], enrolled["title"]) == ("1", "long_term", "Not yet qualified")
    assert (enrolled["mails_a_month"], enrolled["stays_months"]) == (
        {"at_least": 2, "at_most": 3},
        {"at_least": 3, "at_most": 6},
    )
    assert (calls["nurture_left"]["about"]["segment"], calls["nurture_left"]["about"]["status"]) == ("1", "assigned")
    assert calls["consent"]["about"]["granted"] is True


async def test_an_unsubscribe_is_told_also_when_it_is_old_news(
    notifier: Notifier, story: LeadLog, receiver: Receiver
) -> None:
    no = story.make(ConsentChanged, {"channel": "email", "granted": False}, mode="historical")
    phone = story.make(ConsentChanged, {"channel": "phone", "granted": False})
    left = story.events.make(NurtureLeft, cycle=1, segment="1", status="unsubscribed", why="unsubscribed")
    await send(notifier, story, receiver.url, no, phone, left)
    calls = changes(receiver)
    assert set(calls) == {"consent", "nurture_left"}, "who wants no mail leaves the segment in the mail tool, too"
    assert len(receiver.requests) == 2


@pytest.mark.parametrize("first", ["erased", "left"])
async def test_of_an_erased_person_it_hears_the_exit_and_no_name(
    notifier: Notifier, story: LeadLog, receiver: Receiver, first: str
) -> None:
    left = story.events.make(NurtureLeft, cycle=1, segment="1", status="suppressed", why="erased")
    order = [story.erased(), left] if first == "erased" else [left, story.erased()]
    await send(notifier, story, receiver.url, *order)
    ((_, body),) = receiver.requests
    event = orjson.loads(body)
    assert (event["type"], event["data"]["lead"], event["data"]["about"]["status"]) == (
        "nurture_left",
        story.lead,
        "suppressed",
    )
    assert b"jane" not in body
    assert b"Acme" not in body


async def test_a_receiver_that_is_switched_off_gets_nothing_and_needs_no_secret(
    notifier: Notifier, story: LeadLog
) -> None:
    off = notifier.terms.notices.webhooks
    assert [(one.id, one.enabled, one.kinds) for one in off] == [("mail-tool", False, KINDS)]
    assert {one.name for one in channels(notifier.context.settings, notifier.terms.notices, {})} == {"slack", "email"}
    await notifier.read(story.captured(), story.events.make(LeadNurtured, cycle=1, segment="1", reason="58 of 60"))
    assert await notifier.states() == {}


@pytest.mark.fault("F22")
async def test_it_is_tried_again_under_the_same_id(notifier: Notifier, story: LeadLog, receiver: Receiver) -> None:
    receiver.answers = [web.Response(status=502), web.Response(status=302, headers={"Location": "http://x/"})]
    loop = await send(notifier, story, receiver.url)
    for _ in range(2):
        notifier.advance(seconds=30)
        await loop.round()
    assert len({headers["webhook-id"] for headers, _ in receiver.requests}) == 1
    assert len(receiver.requests) == 3
    assert await notifier.states() == {"webhook nurture mail-tool": "sent"}


@pytest.mark.fault("F22")
@pytest.mark.parametrize("wait", ["9" * 5000, "99999999999999", "²", "-1", "soon", ""])
async def test_whatever_it_wishes_for_the_loop_goes_on(
    notifier: Notifier, story: LeadLog, receiver: Receiver, wait: str
) -> None:
    receiver.answers = [web.Response(status=429, headers={"Retry-After": wait})]
    await send(notifier, story, receiver.url)
    assert set(await notifier.states()) == {"webhook nurture mail-tool"}
    assert len(receiver.requests) == 1


@pytest.mark.fault("F22")
async def test_a_receiver_that_is_gone_is_stopped(notifier: Notifier, story: LeadLog, receiver: Receiver) -> None:
    receiver.answers = [web.Response(status=410)]
    await send(notifier, story, receiver.url)
    (stop,) = await notifier.stopped_places()
    assert stop["place"] == f"webhook:{receiver.url}"


@pytest.mark.fault("F22")
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
async def test_addresses_inside_are_never_called(notifier: Notifier, story: LeadLog, url: str) -> None:
    await send(notifier, story, url, laboratory=False)
    assert len(await notifier.stopped_places()) == 1


def test_a_webhook_without_its_secret_keeps_the_house_shut(notifier: Notifier) -> None:
    notices = notifier.terms.notices.model_copy(update={"webhooks": (hook("https://example.com/"),)})
    with pytest.raises(Misconfigured, match="HOOK"):
        channels(notifier.context.settings, notices, {"HOOK": "not base64!"})


@asynccontextmanager
async def endless(head: bytes, piece: bytes, pause: float) -> AsyncIterator[tuple[str, list[int]]]:
    """The address of a receiver whose answer never ends, and how many bytes of it went out to each caller."""
    sent: list[int] = []
    answers = set[asyncio.Task[None]]()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        n = len(sent)
        sent.append(0)
        with contextlib.suppress(OSError, asyncio.CancelledError), contextlib.closing(writer.transport):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(head)
            while True:
                writer.write(piece)
                await writer.drain()
                sent[n] += len(piece)
                await asyncio.sleep(pause)

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers.add(asyncio.create_task(answer(reader, writer)))

    server = await asyncio.start_server(begin, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook", sent
        for one in answers:
            one.cancel()
        await asyncio.wait(answers)


@pytest.mark.fault("F22")
async def test_an_answer_that_trickles_for_ever_is_tried_again(
    notifier: Notifier, story: LeadLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "_SECONDS", 0.5)
    async with endless(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a", 0.02) as (url, sent):
        await send(notifier, story, url)
    assert len(sent) == 1
    ((_, row),) = [(row["id"], row) for row in await notifier.rows() if row["channel"] == "webhook"]
    assert (row["state"], row["error"]) == ("pending", "no answer: TimeoutError")


@pytest.mark.fault("F22")
async def test_an_answer_without_end_is_not_read(notifier: Notifier, story: LeadLog) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n"
    async with endless(head, bytes(65536), 0) as (url, sent):
        await send(notifier, story, url)
    assert await notifier.states() == {"webhook nurture mail-tool": "sent"}
    assert sent[0] < 50 * 1024 * 1024


@pytest.mark.fault("F22")
async def test_a_name_is_looked_up_once_and_what_was_checked_is_called(
    notifier: Notifier, story: LeadLog, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who answers with an address of this machine the second time is not asked a second time."""
    lookups: list[str] = []
    loop = asyncio.get_running_loop()
    look_up = loop.getaddrinfo

    async def answer(host: str, port: int, **given: int) -> object:
        lookups.append(host)
        return await look_up("127.0.0.1", port, **given) if lookups.count("rebind.example") == 1 else [()]

    port = receiver.url.rpartition(":")[2]
    monkeypatch.setattr(loop, "getaddrinfo", answer)
    await send(notifier, story, f"http://rebind.example:{port}")
    assert lookups.count("rebind.example") == 1
    assert receiver.requests[0][0]["host"] == f"rebind.example:{port.partition('/')[0]}"
    assert await notifier.states() == {"webhook nurture mail-tool": "sent"}


@pytest.mark.fault("F22")
async def test_a_name_that_leads_inside_is_never_called(
    notifier: Notifier, story: LeadLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answer(_host: str, port: int, **_given: int) -> object:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", answer)
    await send(notifier, story, "https://example.com/", laboratory=False)
    (stop,) = await notifier.stopped_places()
    assert "not a public one" in str(stop["stopped"])
