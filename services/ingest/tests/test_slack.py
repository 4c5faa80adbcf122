"""Slack's buttons and modals: only Slack is heard, only reps are heard, and a click is one fact."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from httpx import ASGITransport, AsyncClient
from pydantic import SecretStr
from slack_sdk.signature import SignatureVerifier
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from ingest.decide import lead_id
from ingest.service import SERVICE
from runtime.clock import wall
from runtime.http.access_keys import Keys
from runtime.http.app import application
from runtime.http.server import Server, bind

DANA = lead_id("dana@acme.com")
VALUE = orjson.dumps({"lead": DANA, "assignment": f"{DANA}.1", "version": 1}).decode()
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"


@pytest.fixture
async def slack() -> Any:
    """A Slack on loopback: remembers the calls it got."""
    calls = []

    async def call(request: Any) -> Any:
        calls.append((request.url.path, orjson.loads(await request.body())))
        return JSONResponse({"ok": True})

    server = Server(Starlette(routes=[Route("/api/{method}", call, methods=["POST"])]), bind("127.0.0.1", 0))
    await server.start()
    yield server.port, calls, server
    await server.stop()


@pytest.fixture
def app(context: Any, slack: Any) -> Any:
    port = slack[0]
    secrets = {"slack_signing_secret": SecretStr(SECRET), "slack_token": SecretStr("xoxb-1")}
    settings = context.settings.model_copy(update={**secrets, "slack_url": f"http://127.0.0.1:{port}/api/"})
    parts = SERVICE.build(replace(context, settings=settings))
    keys = Keys(context.database)
    return application(title="ingest", settings=settings, keys=keys, routers=parts.routers, ready={})


@pytest.fixture
async def press(app: Any) -> Any:
    async with AsyncClient(transport=ASGITransport(app=app), base_url="http://localhost") as http:
        await http.post("/f/demo", data={"email": "dana@acme.com"})

        async def send(payload: Any, *, stamp: Any = None, signature: Any = None, body: Any = None) -> Any:
            raw = body or urlencode({"payload": orjson.dumps(payload).decode()}).encode()
            stamp = stamp or str(int(wall().timestamp()))
            signed = SignatureVerifier(SECRET).generate_signature(timestamp=str(stamp), body=raw)
            headers = {"x-slack-request-timestamp": stamp, "x-slack-signature": signature or signed}
            return await http.post("/slack/interactivity", content=raw, headers=headers)

        yield send


def click(action: Any, user: Any = "U0ANA", value: Any = VALUE) -> Any:
    return {
        "type": "block_actions",
        "team": {"id": "T1"},
        "user": {"id": user},
        "channel": {"id": "C1"},
        "trigger_id": "t.1",
        "actions": [{"action_id": action, "value": value, "action_ts": "1700000000.1"}],
    }


def submission(reason: Any, note: Any = None, user: Any = "U0ANA") -> Any:
    chosen = {"selected_option": {"value": reason}} if reason else {"selected_option": None}
    return {
        "type": "view_submission",
        "team": {"id": "T1"},
        "user": {"id": user},
        "view": {
            "id": "V1",
            "callback_id": "reject",
            "private_metadata": VALUE,
            "state": {"values": {"reason": {"reason": chosen}, "text": {"text": {"value": note}}}},
        },
    }


async def test_accept_is_one_fact_however_often_slack_sends_it(press: Any, stream: Any) -> None:
    for _ in range(2):
        answer = await press(click("accept"))
        assert (answer.status_code, answer.content) == (200, b"")
    (event,) = await stream("sales")
    assert (event["type"], event["subject"]) == ("sales.accepted.v1", DANA)
    assert event["data"] == {
        "by": "rep-ana",
        "via": "slack",
        "assignment": f"{DANA}.1",
        "message_id": "slack:T1:U0ANA:1700000000.1",
    }


async def test_reject_asks_why_with_the_reasons_of_the_agreement(
    press: Any, slack: Any, stream: Any, agreement: Any
) -> None:
    assert (await press(click("reject"))).status_code == 200
    ((path, call),) = slack[1]
    assert (path, call["trigger_id"]) == ("/api/views.open", "t.1")
    options = call["view"]["blocks"][0]["element"]["options"]
    chosen = [reason.reason for reason in agreement.routing.reject_reasons if reason.chosen_by_rep]
    assert [option["value"] for option in options] == chosen
    assert await stream("sales") == []


async def test_the_reason_becomes_a_rejection(press: Any, stream: Any) -> None:
    answer = await press(submission("not_icp", "too small"))
    assert answer.json() == {"response_action": "clear"}
    (event,) = await stream("sales")
    assert (event["type"], event["data"]["reason"], event["data"]["note"]) == (
        "sales.rejected.v1",
        "not_icp",
        "too small",
    )


@pytest.mark.parametrize(("reason", "block"), [("other", "text"), (None, "reason"), ("moody", "reason")])
async def test_what_is_missing_is_said_in_the_modal(press: Any, stream: Any, reason: Any, block: Any) -> None:
    answer = await press(submission(reason))
    assert answer.status_code == 200
    assert list(answer.json()["errors"]) == [block]
    assert await stream("sales") == []


async def test_somebody_who_is_no_rep_is_told_so_and_not_heard(press: Any, slack: Any, stream: Any) -> None:
    assert (await press(click("accept", user="U0STRANGER"))).status_code == 200
    ((path, call),) = slack[1]
    assert (path, call["user"]) == ("/api/chat.postEphemeral", "U0STRANGER")
    assert (await press(submission("not_icp", user="U0STRANGER"))).json()["response_action"] == "errors"
    assert await stream("sales") == []


async def test_a_lead_that_is_gone_is_said_to_the_rep(press: Any, slack: Any) -> None:
    value = orjson.dumps({"lead": "nobody", "assignment": "x"}).decode()
    assert (await press(click("accept", value=value))).status_code == 200
    assert "nobody" in slack[1][0][1]["text"]


@pytest.mark.parametrize("payload", [click("open", value=None), click("accept", value="{"), {"type": "shortcut"}])
async def test_other_buttons_do_nothing(press: Any, stream: Any, payload: Any) -> None:
    assert (await press(payload)).status_code == 200
    assert await stream("sales") == []


@pytest.mark.parametrize(
    "forged",
    [
        {"signature": "v0=" + "0" * 64},
        {"signature": "v0=\u00e9".encode()},
        {"stamp": "yesterday"},
        {"stamp": "1700000000"},
        {"stamp": "99999999999"},
        {"stamp": "-1"},
        {"stamp": "\u00b2".encode()},
    ],
)
async def test_only_slack_is_heard(press: Any, stream: Any, forged: Any) -> None:
    assert (await press(click("accept"), **forged)).status_code == 401
    assert await stream("sales") == []


@pytest.mark.parametrize("body", [b"payload=", b"payload={", b"payload=[]", b"x=1", b"%ff=%ff"])
async def test_a_signed_body_may_still_be_nonsense(press: Any, body: Any) -> None:
    assert (await press({}, body=body)).status_code == 400


async def test_without_a_secret_the_door_says_what_to_set(http: Any) -> None:
    answer = await http.post("/slack/interactivity", content=b"payload={}")
    assert answer.status_code == 401
    assert "BATON_SLACK_SIGNING_SECRET" in answer.json()["detail"]


async def test_a_slack_that_is_away_does_not_matter_to_the_answer(press: Any, slack: Any) -> None:
    await slack[2].stop()
    assert (await press(click("reject"))).status_code == 200


async def test_bytes_that_are_no_text_are_refused_like_any_forgery(app: Any) -> None:
    async with AsyncClient(transport=ASGITransport(app=app), base_url="http://localhost") as client:
        headers = {"x-slack-request-timestamp": str(int(wall().timestamp())), "x-slack-signature": "v0=0"}
        assert (await client.post("/slack/interactivity", content=b"\xff", headers=headers)).status_code == 401


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "block_actions", "actions": 5},
        {"type": "block_actions", "actions": [5], "user": 5},
        {"type": "block_actions", "actions": [{"action_id": "accept", "value": VALUE}], "user": "U0ANA", "team": []},
        {"type": "view_submission", "view": [1]},
        {
            "type": "view_submission",
            "user": "U0ANA",
            "view": {
                "callback_id": "reject",
                "private_metadata": VALUE,
                "state": {"values": {"reason": [], "text": 1}},
            },
        },
    ],
)
async def test_shapes_that_slack_does_not_send_break_nothing(press: Any, stream: Any, payload: Any) -> None:
    assert (await press(payload)).status_code == 200
    assert await stream("sales") == []
