"""Slack's buttons and modals: only Slack is heard, only reps are heard, and a click is one fact."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from typing import TypedDict
from urllib.parse import urlencode

import orjson
import pytest
from httpx import AsyncClient, Response
from pydantic import SecretStr
from services.ingest.tests.conftest import Stream, client, ingest_app
from slack_sdk.signature import SignatureVerifier
from starlette.types import ASGIApp

from agreement import Agreement
from events.body import wire_values
from events.buttons import ACCEPT, HAND_OVER, REJECT, OfferButton
from ingest.decide import lead_id
from runtime.clock import wall
from runtime.service import Context
from testing.world import Slack

Json = Mapping[str, object]
DANA = lead_id("dana@acme.com")
VALUE = OfferButton(lead=DANA, assignment=f"{DANA}.1").encode()
IN_POOL = OfferButton(lead=DANA, assignment=f"{DANA}.1", pool="smb-na").encode()
MANAGER = "U0GRACE"
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"


@pytest.fixture
def app(context: Context, slack: Slack) -> ASGIApp:
    return slack_app(context, slack.url)


def slack_app(context: Context, slack_url: str) -> ASGIApp:
    secrets = {"slack_signing_secret": SecretStr(SECRET), "slack_token": SecretStr("xoxb-1")}
    settings = context.settings.model_copy(update={**secrets, "slack_url": slack_url})
    return ingest_app(replace(context, settings=settings))


@dataclass
class Press:
    """Posts to /slack/interactivity as Slack does, or as a forger."""

    http: AsyncClient

    async def __call__(
        self,
        payload: Json,
        *,
        stamp: str | bytes | None = None,
        signature: str | bytes | None = None,
        body: bytes | None = None,
    ) -> Response:
        raw = body or urlencode({"payload": orjson.dumps(payload).decode()}).encode()
        stamp = stamp or str(int(wall().timestamp()))
        signed = SignatureVerifier(SECRET).generate_signature(timestamp=str(stamp), body=raw) or ""
        headers = {b"x-slack-request-timestamp": _bytes(stamp), b"x-slack-signature": _bytes(signature or signed)}
        return await self.http.post("/slack/interactivity", content=raw, headers=headers)


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


@pytest.fixture
async def press(app: ASGIApp) -> AsyncIterator[Press]:
    async with client(app) as http:
        await http.post("/f/demo", data={"email": "dana@acme.com"})
        yield Press(http)


def click(action: str, user: str = "U0ANA", value: str | None = VALUE) -> Json:
    return {
        "type": "block_actions",
        "team": {"id": "T1"},
        "user": {"id": user},
        "channel": {"id": "C1"},
        "trigger_id": "t.1",
        "actions": [{"action_id": action, "value": value, "action_ts": "1700000000.1"}],
    }


def modal(reason: str | None, note: str | None = None, user: str = "U0ANA", value: object = VALUE) -> Json:
    chosen = {"selected_option": {"value": reason} if reason else None}
    return {
        "type": "view_submission",
        "team": {"id": "T1"},
        "user": {"id": user},
        "view": {
            "id": "V1",
            "callback_id": REJECT,
            "private_metadata": value,
            "state": {"values": {"reason": {"reason": chosen}, "text": {"text": {"value": note}}}},
        },
    }


async def test_accept_is_one_fact_however_often_slack_sends_it(press: Press, stream: Stream) -> None:
    for _ in range(2):
        answer = await press(click(ACCEPT))
        assert (answer.status_code, answer.content) == (200, b"")
    (event,) = await stream("sales")
    assert (event.type, event.subject) == ("sales.accepted.v1", DANA)
    assert wire_values(event.data) == {
        "by": "rep-ana",
        "backfill": False,
        "via": "slack",
        "assignment": f"{DANA}.1",
        "message_id": "slack:T1:U0ANA:1700000000.1",
    }


async def test_reject_asks_why_with_the_reasons_of_the_agreement(
    press: Press, slack: Slack, stream: Stream, agreement: Agreement
) -> None:
    assert (await press(click(REJECT))).status_code == 200
    ((method, call),) = slack.calls
    assert (method, call["trigger_id"]) == ("views.open", "t.1")
    assert call["view"]["private_metadata"] == VALUE
    options = call["view"]["blocks"][0]["element"]["options"]
    chosen = [reason.reason for reason in agreement.routing.reject_reasons if reason.chosen_by_rep]
    assert [option["value"] for option in options] == chosen
    assert await stream("sales") == []


async def test_the_reason_becomes_a_rejection(press: Press, stream: Stream) -> None:
    answer = await press(modal("not_icp", "too small"))
    assert answer.json() == {"response_action": "clear"}
    (event,) = await stream("sales")
    assert (event.type, event.data.reason, event.data.note) == (
        "sales.rejected.v1",
        "not_icp",
        "too small",
    )


@pytest.mark.parametrize(("reason", "block"), [("other", "text"), (None, "reason"), ("moody", "reason")])
async def test_what_is_missing_is_shown_in_the_modal(
    press: Press, stream: Stream, reason: str | None, block: str
) -> None:
    answer = await press(modal(reason))
    assert answer.status_code == 200
    assert list(answer.json()["errors"]) == [block]
    assert await stream("sales") == []


def passing(to: str | None, user: str = "U0ANA", why: str | None = None) -> Json:
    values = {"to": {"to": {"selected_option": {"value": to} if to else None}}, "text": {"text": {"value": why}}}
    view = {"id": "V2", "callback_id": HAND_OVER, "private_metadata": IN_POOL, "state": {"values": values}}
    return {"type": "view_submission", "team": {"id": "T1"}, "user": {"id": user}, "view": view}


async def options_for(press: Press, slack: Slack, user: str) -> list[str]:
    assert (await press(click(HAND_OVER, user, IN_POOL))).status_code == 200
    method, call = slack.calls[-1]
    assert (method, call["view"]["callback_id"], call["view"]["private_metadata"]) == ("views.open", HAND_OVER, IN_POOL)
    return [option["value"] for option in call["view"]["blocks"][0]["element"]["options"]]


async def test_a_rep_is_offered_the_colleagues_of_the_pool_and_a_manager_everybody(
    press: Press, slack: Slack, stream: Stream, agreement: Agreement
) -> None:
    assert await options_for(press, slack, "U0ANA") == ["rep-ben", "rep-chloe"]
    everybody = {rep.id for rep in agreement.teams.reps if rep.active}
    assert set(await options_for(press, slack, MANAGER)) == everybody
    assert await stream("sales") == []


async def test_a_rep_hands_over_and_a_manager_reassigns(press: Press, stream: Stream) -> None:
    for _ in range(2):
        assert (await press(passing("rep-ben", why="he knows them"))).json() == {"response_action": "clear"}
    assert (await press(passing("rep-ben", user=MANAGER))).json() == {"response_action": "clear"}
    handed, reassigned = await stream("sales")
    assert (handed.type, handed.subject, handed.data.by, handed.data.to, handed.data.reason, handed.data.via) == (
        "lead.handed_over.v1", DANA, "rep-ana", "rep-ben", "he knows them", "slack",
    )  # fmt: skip
    assert (reassigned.type, reassigned.data.by, reassigned.data.to) == ("lead.reassigned.v1", "rep-grace", "rep-ben")


@pytest.mark.parametrize("to", [None, "rep-nobody"])
async def test_to_whom_is_missing_or_a_stranger_is_shown_in_the_modal(
    press: Press, stream: Stream, to: str | None
) -> None:
    assert list((await press(passing(to))).json()["errors"]) == ["to"]
    assert list((await press(passing("rep-ben", user="U0STRANGER"))).json()["errors"]) == ["to"]
    assert await stream("sales") == []


@pytest.mark.parametrize(
    ("reason", "field", "value", "kept"),
    [
        ("already_in_pipeline", "record", "Dana@Acme.com", DANA),
        ("out_of_territory", "region", "emea", "emea"),
        ("not_icp", "region", "emea", None),
        ("not_icp", "record", "D-1", None),
    ],
)
async def test_a_rejection_may_name_the_record_or_the_region(
    press: Press, stream: Stream, reason: str, field: str, value: str, kept: str | None
) -> None:
    payload = orjson.loads(orjson.dumps(modal(reason)))
    element = {"selected_option": {"value": value}} if field == "region" else {"value": value}
    payload["view"]["state"]["values"][field] = {field: element}
    answer = (await press(payload)).json()
    if kept is None:
        assert list(answer["errors"]) == [field]
    else:
        (event,) = await stream("sales")
        assert getattr(event.data, field) == kept


async def test_somebody_who_is_no_rep_is_informed_and_not_heard(press: Press, slack: Slack, stream: Stream) -> None:
    assert (await press(click(ACCEPT, user="U0STRANGER"))).status_code == 200
    ((method, call),) = slack.calls
    assert (method, call["user"]) == ("chat.postEphemeral", "U0STRANGER")
    assert (await press(modal("not_icp", user="U0STRANGER"))).json()["response_action"] == "errors"
    assert await stream("sales") == []


async def test_a_lead_that_is_gone_is_shown_to_the_rep(press: Press, slack: Slack) -> None:
    value = OfferButton(lead="nobody", assignment="x").encode()
    assert (await press(click(ACCEPT, value=value))).status_code == 200
    assert "nobody" in slack.calls[0][1]["text"]


@pytest.mark.parametrize("payload", [click("open", value=None), click(ACCEPT, value="{"), {"type": "shortcut"}])
async def test_other_buttons_do_nothing(press: Press, stream: Stream, payload: Json) -> None:
    assert (await press(payload)).status_code == 200
    assert await stream("sales") == []


HOSTILE = [None, 7, "", "{", "[]", "null", '{"lead": 1, "assignment": "x"}', '{"lead": "x"}', {"lead": DANA}, "\x00",
           "x" * 9000]  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE)
async def test_values_that_no_card_of_ours_holds_do_nothing(
    press: Press, slack: Slack, stream: Stream, value: object
) -> None:
    actions = [{"action_id": action, "value": value, "action_ts": "1"} for action in (ACCEPT, REJECT)]
    assert (await press({**click(ACCEPT), "actions": actions})).status_code == 200
    assert (await press(modal("not_icp", value=value))).content == b""
    assert (await stream("sales"), slack.calls) == ([], [])


class Forgery(TypedDict, total=False):
    stamp: str | bytes
    signature: str | bytes


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
async def test_only_slack_is_heard(press: Press, stream: Stream, forged: Forgery) -> None:
    assert (await press(click(ACCEPT), **forged)).status_code == 401
    assert await stream("sales") == []


@pytest.mark.parametrize("body", [b"payload=", b"payload={", b"payload=[]", b"x=1", b"%ff=%ff"])
async def test_a_signed_body_may_still_be_nonsense(press: Press, body: bytes) -> None:
    assert (await press({}, body=body)).status_code == 400


async def test_without_a_secret_the_door_says_what_to_set(http: AsyncClient) -> None:
    answer = await http.post("/slack/interactivity", content=b"payload={}")
    assert answer.status_code == 401
    assert "BATON_SLACK_SIGNING_SECRET" in answer.json()["detail"]


async def test_a_slack_that_is_away_does_not_matter_to_the_answer(context: Context) -> None:
    async with client(slack_app(context, "http://127.0.0.1:1/api/")) as http:
        assert (await Press(http)(click(REJECT))).status_code == 200


async def test_bytes_that_are_no_text_are_refused_like_any_forgery(app: ASGIApp) -> None:
    async with client(app) as http:
        headers = {"x-slack-request-timestamp": str(int(wall().timestamp())), "x-slack-signature": "v0=0"}
        assert (await http.post("/slack/interactivity", content=b"\xff", headers=headers)).status_code == 401


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
                "callback_id": REJECT,
                "private_metadata": VALUE,
                "state": {"values": {"reason": [], "text": 1}},
            },
        },
    ],
)
async def test_shapes_that_slack_does_not_send_break_nothing(press: Press, stream: Stream, payload: Json) -> None:
    assert (await press(payload)).status_code == 200
    assert await stream("sales") == []
