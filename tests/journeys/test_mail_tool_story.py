"""The mail tool: it asks before it writes, says what it sent, and is told every change by signed webhook."""

import hmac
from base64 import b64encode
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Final

import orjson
import pytest
from aiohttp import web
from typing_extensions import TypedDict

from runtime.settings import Settings
from testing.house import Client
from testing.json import read
from testing.terms import changed_agreement

KEY: Final = b"s" * 32
READER: Final = {
    "first_name": "Rae",
    "company": "Quill Works",
    "title": "Sales Manager",
    "country": "US",
    "employees": "60",
}


class Verdict(TypedDict):
    """`POST /api/nurture/may-send`."""

    may: bool
    reason: str | None
    sent_this_month: int
    segment: str | None
    at_most: int


class MailTool:
    """A receiver on loopback that checks every signature."""

    def __init__(self) -> None:
        self.changes = list[tuple[str, str | None, str | None]]()

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        signed = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + body
        expected = f"v1,{b64encode(hmac.new(KEY, signed, sha256).digest()).decode()}"
        assert request.headers["webhook-signature"] == expected
        event = orjson.loads(body)
        about, person = event["data"]["about"], event["data"]["person"]
        self.changes.append((event["type"], person["email"], about.get("segment") or about.get("reason")))
        return web.Response(status=204)


@pytest.fixture
async def mail_tool() -> AsyncIterator[tuple[MailTool, str]]:
    tool = MailTool()
    app = web.Application()
    app.router.add_post("/baton", tool.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield tool, f"http://127.0.0.1:{runner.addresses[0][1]}/baton"
    await runner.cleanup()


@pytest.fixture
def settings(
    settings: Settings, tmp_path: Path, mail_tool: tuple[MailTool, str], monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """The shipped agreement with its receiver switched on."""
    changes = [("https://mail.example/hooks/baton", mail_tool[1]), ("enabled: false}", "enabled: true}")]
    monkeypatch.setenv("BATON_WEBHOOK_MAIL_TOOL", f"whsec_{b64encode(KEY).decode()}")
    return settings.model_copy(update={"agreement": changed_agreement(tmp_path, {"notices.yaml": changes})})


async def may_send(client: Client, email: str) -> Verdict:
    return read(Verdict, (await client.post("/api/nurture/may-send", {"email": email, "campaign": "spring"})).content)


async def send(client: Client, email: str, number: int) -> None:
    await client.post("/api/nurture/sent", {"email": email, "campaign": "spring", "id": f"mail-{number}"})


@pytest.mark.slow
async def test_it_asks_before_each_mail_and_is_held_to_the_months_numbers(client: Client) -> None:
    nobody = await may_send(client, "who@ever.io")
    assert (nobody["may"], nobody["reason"], nobody["sent_this_month"]) == (
        False,
        "nobody is known by this address",
        0,
    )
    await client.submit("newsletter", email="rae@quill-works.io", **READER)
    await client.settle()
    for number in range(4):
        verdict = await may_send(client, "Rae@quill-works.io")
        assert (verdict["may"], verdict["sent_this_month"], verdict["at_most"]) == (True, number, 4)
        await send(client, "rae@quill-works.io", number)
        await send(client, "rae@quill-works.io", number)  # its answer was lost: the same id is the same mail
    verdict = await may_send(client, "rae@quill-works.io")
    assert (verdict["may"], verdict["reason"]) == (False, "4 mails this month, at most 4 to one person")
    lead = await client.lead("rae@quill-works.io")
    assert [line["text"] for line in lead["timeline"]].count("Marketing sent a mail: spring") == 4

    await client.advance(minutes=2)
    lead = await client.lead("rae@quill-works.io")
    assert lead["nurture"]
    segment = (await may_send(client, "rae@quill-works.io"))["segment"]
    assert segment == lead["nurture"]["segment"]
    await client.advance(days=31)
    verdict = await may_send(client, "rae@quill-works.io")
    assert (verdict["may"], verdict["sent_this_month"]) == (True, 0), "a new month"
    for number in range(4, 4 + verdict["at_most"]):
        await send(client, "rae@quill-works.io", number)
    await client.settle()
    verdict = await may_send(client, "rae@quill-works.io")
    assert not verdict["may"]
    assert f"at most {verdict['at_most']} in" in str(verdict["reason"]), "its segment has fewer than four"

    await client.event("consent.changed.v1", "rae@quill-works.io", {"channel": "email", "granted": False})
    assert (await may_send(client, "rae@quill-works.io"))["reason"] == "unsubscribed", "from the instant it was told"
    await client.post("/api/nurture/sent", {"email": "who@ever.io", "campaign": "spring"}, status=422)


@pytest.mark.slow
async def test_whoever_unsubscribes_is_written_to_from_nowhere(client: Client, mail_tool: tuple[MailTool, str]) -> None:
    """In nurture and with a rep alike: asked before a mail, by the mail tool, in a segment, in a campaign of sales."""
    rae, sam = "rae@quill-works.io", "sam@other-works.io"
    await client.submit("newsletter", email=rae, **READER)
    await client.submit("demo", email=sam, **{**READER, "company": "Other Works"})
    await client.advance(minutes=2)
    rep = (await client.lead(sam))["owner"]
    assert (await client.lead(rae))["nurture"]
    for email in (rae, sam):
        assert (await may_send(client, email))["may"]
        await client.event("consent.changed.v1", email, {"channel": "email", "granted": False})
    await client.advance(minutes=2)
    verdicts = [await may_send(client, email) for email in (rae, sam)]
    assert [(one["may"], one["reason"]) for one in verdicts] == [(False, "unsubscribed")] * 2
    changes = [change[:2] for change in mail_tool[0].changes]
    assert {("consent", rae), ("nurture_left", rae), ("consent", sam)} <= {*changes}
    reader, worked = await client.lead(rae), await client.lead(sam)
    assert (reader["status"], reader["nurture"]) == ("unsubscribed", None)
    assert (worked["status"], worked["owner"]) == ("assigned", rep), "a rep may call all the same"
    for email in (rae, sam):
        await client.sales({"type": "enrolled", "lead": email, "by": rep, "campaign": "stories"})
    await client.advance(minutes=2)
    assert not [change for change in mail_tool[0].changes if change[0] == "enrolled"]
    for email in (rae, sam):
        texts = " ".join(line["text"] for line in (await client.lead(email))["timeline"])
        assert "nothing is sent to it" in texts

    await client.event("consent.changed.v1", rae, {"channel": "email", "granted": True})
    await client.advance(minutes=2)
    assert (await may_send(client, rae))["may"], "subscribed again"


@pytest.mark.slow
async def test_mails_of_two_leads_who_turn_out_to_be_one_count_together(client: Client) -> None:
    for number, email in enumerate(("rae@quill-works.io", "r.hill@quill-works.io")):
        await client.submit("newsletter", email=email, **READER)
        await client.settle()
        await send(client, email, number)
    await client.event("lead.merged.v1", "r.hill@quill-works.io", {"into": "rae@quill-works.io"})
    await client.settle()
    assert (await may_send(client, "r.hill@quill-works.io"))["sent_this_month"] == 2


@pytest.mark.slow
async def test_it_is_told_every_change(client: Client, mail_tool: tuple[MailTool, str]) -> None:
    tool, _ = mail_tool
    await client.submit("newsletter", email="rae@quill-works.io", **READER)
    await client.advance(minutes=2)
    lead = await client.lead("rae@quill-works.io")
    assert lead["nurture"]
    segment = lead["nurture"]["segment"]
    assert tool.changes == [("nurture", "rae@quill-works.io", segment)]
    assert ("nurture", "mail-tool") in {(notice["kind"], notice["to"]) for notice in lead["notices"]}
    await client.submit("demo", email="rae@quill-works.io", **READER)
    await client.advance(minutes=2)
    assert tool.changes[1:] == [("nurture_left", "rae@quill-works.io", segment)]
    await client.event("consent.changed.v1", "rae@quill-works.io", {"channel": "email", "granted": False})
    await client.advance(minutes=2)
    assert tool.changes[2:] == [("consent", "rae@quill-works.io", None)]

    await client.submit("newsletter", email="sam@quill-works.io", **READER)
    await client.advance(minutes=2)
    await client.sales({"type": "suppressed", "account": "quill-works.io", "by": "rep-ana"})
    await client.advance(minutes=2)
    calls = [change for change in tool.changes if change[1] == "sam@quill-works.io"]
    assert {kind for kind, _, _ in calls[-2:]} == {"nurture_left", "suppressed"}
    assert (await may_send(client, "sam@quill-works.io"))["reason"] == "suppressed: marketing leaves this person alone"
