"""GET /api/outbox: behind a key, in pages, with the text people read."""

from base64 import b64encode
from collections.abc import AsyncIterator
from hashlib import sha256

import httpx
import pytest
from services.notifier.tests.conftest import LeadLog, Notifier, StoryOf

from notifier.render import SLACK_POLICY
from notifier.service import SERVICE
from runtime.http.access_keys import Keys
from runtime.http.app import application
from testing.world import Slack


@pytest.fixture
async def web(notifier: Notifier) -> AsyncIterator[httpx.AsyncClient]:
    context = notifier.context
    routers = SERVICE.build(context).routers
    keys = Keys(context.database)
    app = application(title="notifier", settings=context.settings, keys=keys, routers=routers, ready={})
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 1))
    here = {"sec-fetch-site": "same-origin"}
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8300", headers=here) as client:
        yield client


async def test_waiting_and_delivered_notices_are_listed_with_their_text(
    web: httpx.AsyncClient, notifier: Notifier, story: LeadLog
) -> None:
    await notifier.read(story.captured(), story.assigned())
    waiting = (await web.get("/api/outbox")).json()["items"]
    notifier.advance(seconds=2)
    await notifier.deliver()
    sent = (await web.get("/api/outbox")).json()["items"]
    assert {item["state"] for item in waiting} == {"pending"}
    assert {item["state"] for item in sent} == {"sent"}
    assert all(item["outbox"] and item["to"] == "rep-ana" and item["lead"] == story.lead for item in sent)
    assert all("Jane Doe" in item["text"] for item in [*waiting, *sent])
    assert set(sent[0]) >= {"id", "lead", "channel", "kind", "to", "state", "attempts", "at", "next_at", "error"}


async def test_pages_follow_one_another(web: httpx.AsyncClient, notifier: Notifier, story_of: StoryOf) -> None:
    for number in range(3):
        await notifier.read(*story_of(f"lead-{number}").offer())
        notifier.advance(seconds=1)
    seen, after = list[str](), None
    while True:
        page = (await web.get("/api/outbox", params={"limit": 4, **({"after": after} if after else {})})).json()
        seen += [item["id"] for item in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert len(seen) == len(set(seen)) == 6
    (first, second) = (await web.get("/api/outbox", params={"lead": "lead-1"})).json()["items"]
    assert first["lead"] == second["lead"] == "lead-1"


async def test_one_notice_comes_with_its_whole_body(web: httpx.AsyncClient, notifier: Notifier, story: LeadLog) -> None:
    await notifier.read(*story.offer())
    await notifier.deliver()
    items = {item["channel"]: item["id"] for item in (await web.get("/api/outbox")).json()["items"]}
    by_slack, by_mail = [(await web.get(f"/api/outbox/{items[name]}")).json() for name in ("slack", "email")]
    assert by_slack["blocks"][0]["type"] == "header"
    assert by_mail["subject"] == "Due 13:00 · Jane Doe, VP Sales at Acme Ltd: pricing page 3x"
    assert "<html" in by_mail["html"]


async def test_a_stopped_channel_is_shown(
    web: httpx.AsyncClient, notifier: Notifier, slack_notifier: Notifier, slack: Slack, story: LeadLog
) -> None:
    slack.script.append("token_revoked")
    await slack_notifier.read(*story.offer())
    await slack_notifier.deliver()
    (stop,) = (await web.get("/api/outbox")).json()["stopped"]
    assert (stop["place"], stop["reason"]) == ("slack", "token_revoked")


async def test_what_named_an_erased_person_is_not_shown(
    web: httpx.AsyncClient, notifier: Notifier, story: LeadLog
) -> None:
    await notifier.read(*story.offer())
    await notifier.deliver()
    await notifier.read(story.erased())
    assert "Jane" not in (await web.get("/api/outbox")).text


async def test_strangers_and_nonsense_are_refused(web: httpx.AsyncClient, notifier: Notifier) -> None:
    stranger = {"Authorization": "Bearer lk_nobody"}
    assert (await web.get("/api/outbox", headers=stranger)).status_code == 401
    assert (await web.get("/api/outbox/none")).status_code == 404
    assert (await web.get("/api/outbox", params={"after": "nonsense"})).status_code == 422


async def test_a_card_and_a_mail_are_drawn_where_nothing_can_run(
    web: httpx.AsyncClient, notifier: Notifier, story: LeadLog
) -> None:
    hostile = story.engaged(text="<script>alert(1)</script> *bold* <https://evil.example|Accept>")
    await notifier.read(story.captured(), hostile, story.assigned(), *story.clocks())
    await notifier.deliver()
    items = {item["channel"]: item["id"] for item in (await web.get("/api/outbox")).json()["items"]}
    for channel in ("slack", "email"):
        page = await web.get(f"/api/outbox/{items[channel]}/frame")
        policy = page.headers["content-security-policy"]
        assert policy.startswith("sandbox; default-src 'none'")
        assert "frame-ancestors 'self'" in policy
        assert "Jane Doe" in page.text
        assert "<script" not in page.text
        assert "evil.example|Accept>" not in page.text
    card = (await web.get(f"/api/outbox/{items['slack']}/frame")).text
    digest = b64encode(sha256(card.partition("<style>")[2].partition("</style>")[0].encode()).digest()).decode()
    assert f"'sha256-{digest}'" in SLACK_POLICY, "its style is the one that the policy allows"
    assert (await web.get("/api/outbox/nobody/frame")).status_code == 404


async def test_a_message_is_sent_again_by_itself(web: httpx.AsyncClient, notifier: Notifier, story: LeadLog) -> None:
    await notifier.read(*story.offer())
    await notifier.deliver()
    card = str((await notifier.card())["id"])
    again = await web.post(f"/api/outbox/{card}/send")
    assert (again.status_code, again.json()["state"]) == (202, "pending")
    assert (await web.post(f"/api/outbox/{card}/send")).status_code == 409, "it is on its way"
    await notifier.deliver()
    assert (await notifier.card())["state"] == "sent"
    assert [one.data.attempt for one in await notifier.events("slack")] == [1, 2]
    form = {"content-type": "application/x-www-form-urlencoded"}
    back = await web.post(f"/api/outbox/{card}/send", headers=form)
    assert (back.status_code, back.headers["location"]) == (303, f"/outbox?lead={story.lead}&sent=again")
    assert (await web.post("/api/outbox/nobody/send")).status_code == 404


async def test_what_names_somebody_who_left_is_not_sent_again(
    web: httpx.AsyncClient, notifier: Notifier, story: LeadLog
) -> None:
    await notifier.read(*story.offer())
    await notifier.deliver()
    card = str((await notifier.card())["id"])
    await notifier.read(story.erased())
    await notifier.deliver()
    assert (await web.post(f"/api/outbox/{card}/send")).status_code == 409
