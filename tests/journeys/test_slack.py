"""With Slack and mail configured: the card is posted, the button pressed in Slack counts, the card shows it."""

from urllib.parse import urlencode

import orjson
import pytest
from pydantic import SecretStr
from slack_sdk.signature import SignatureVerifier

from runtime.settings import Settings
from standalone.house import House
from testing.house import Client
from testing.world import Postbox, Slack, SlackCall, SlackElement

SIGNING = "shhh"
DANA = {"email": "dana@brightpath.io", "first_name": "Dana", "title": "VP Sales", "country": "US"}


@pytest.fixture
def settings(settings: Settings, slack: Slack, postbox: Postbox) -> Settings:
    given = {"slack_token": SecretStr("xoxb-test"), "slack_signing_secret": SecretStr(SIGNING)}
    return settings.model_copy(update={**given, "slack_url": slack.url, "smtp": SecretStr(postbox.url)})


def buttons(card: SlackCall) -> dict[str, SlackElement]:
    elements = [element for block in card["blocks"] if block["type"] == "actions" for element in block["elements"]]
    return {element["action_id"]: element for element in elements if "value" in element}


async def press(client: Client, card: SlackCall, action: str, user: str, *, secret: str = SIGNING) -> int:
    payload = {
        "type": "block_actions", "team": {"id": "T1"}, "user": {"id": user}, "trigger_id": "t.1",
        "container": {"type": "message", "message_ts": card["ts"], "channel_id": card["channel"]},
        "channel": {"id": card["channel"]}, "message": {"ts": card["ts"]},
        "actions": [{**buttons(card)[action], "action_ts": f"1754395300.{user}"}],
    }  # fmt: skip
    body = urlencode({"payload": orjson.dumps(payload).decode()})
    signer = SignatureVerifier(secret)
    stamp = str(int(signer.clock.now()))
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": signer.generate_signature(timestamp=stamp, body=body) or "",
    }
    return int((await client.http.post("/slack/interactivity", content=body, headers=headers)).status_code)


async def test_accepting_in_slack(house: House, client: Client, slack: Slack, postbox: Postbox) -> None:
    await client.submit("demo", **DANA)
    await client.settle()
    card = next(message for message in slack.posted if "accept" in buttons_of(message))
    assert postbox.mails == [], "one thing by one channel"
    offer = (await client.lead(DANA["email"]))["assignments"][0]
    rep = next(rep for rep in house.assembly.agreement.teams.reps if rep.id == offer["rep"])
    stranger = next(
        one
        for one in house.assembly.agreement.teams.reps
        if one.role == rep.role and one.id != rep.id and one.slack_user
    )

    assert rep.slack_user
    assert await press(client, card, "accept", rep.slack_user, secret="forged") == 401
    await client.settle()
    assert (await client.lead(DANA["email"]))["stage"] == "mql"

    assert await press(client, card, "accept", str(stranger.slack_user)) == 200
    await client.settle()
    assert (await client.lead(DANA["email"]))["stage"] == "mql", (
        "anyone in the channel can press, only the rep's counts"
    )

    assert await press(client, card, "accept", rep.slack_user) == 200
    await client.settle()
    lead = await client.lead(DANA["email"])
    assert lead["stage"] == "sal"
    await client.advance(seconds=10)  # one call a second to each channel
    assert "chat.update" in slack.methods(), "one living card, updated in place"
    shown = next(message for message in slack.posted if message["ts"] == card["ts"])
    assert "accept" not in buttons_of(shown)


def buttons_of(message: SlackCall) -> dict[str, SlackElement]:
    return buttons(message) if message.get("blocks") else {}


@pytest.mark.slow
async def test_a_lost_answer_is_listed_and_the_card_is_there_once(house: House, client: Client, slack: Slack) -> None:
    slack.script.append("reset")
    await client.submit("demo", **DANA)
    await client.settle()
    await client.advance(hours=2)
    cards = [message for message in slack.posted if "Dana" in orjson.dumps(message).decode()]
    assert len({card["metadata"]["event_payload"]["nid"] for card in cards if "accept" in buttons_of(card)}) == 1
    kinds = {entry["type"] for entry in (await client.lead(DANA["email"]))["timeline"]}
    assert "notice.unknown.v1" in kinds
    assert "notice.sent.v1" in kinds
