"""Hostile input at the younger ways in: a clear answer, and behind the door nothing stands still or is buried."""

from collections.abc import Mapping
from random import Random

import pytest

from agreement.readers.names import LONGEST_NAME
from testing.figures import LanesAnswer
from testing.house import Client

ANN = "ann@brightpath.io"


@pytest.mark.slow
@pytest.mark.fault("F14")
async def test_what_the_mail_tool_and_stewards_say_is_freed_of_nul(client: Client) -> None:
    await client.submit(email=ANN, company="Brightpath")
    await client.settle()
    lead = (await client.lead(ANN))["id"]
    bodies: Mapping[str, Mapping[str, object]] = {
        "/api/nurture/sent": {"email": ANN, "campaign": "spring\0", "id": "m\0-1"},
        f"/api/stewards/{lead}.company/decide": {"decision": "pin", "value": "Bright\0path GmbH", "note": "a\0b"},
    }
    for path, body in bodies.items():
        await client.post(path, body)
    await client.settle()
    assert (await client.get("/api/lanes", LanesAnswer))["dead_letters"] == []
    assert (await client.lead(ANN))["company"] == "Brightpath GmbH"


@pytest.mark.fault("F14")
async def test_texts_as_long_as_the_door_takes_bury_no_lead(client: Client) -> None:
    """Of what no index could hold: a name is cut, whoever says it, and longer texts stand in no index."""
    long = "".join(Random(7).choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(8000))
    traits = ("name", "firstName", "lastName", "company", "title", "phone", "website", "product", "how_did_you_hear")
    campaign = ("name", "source", "medium", "term", "content", "referral")
    messages: list[tuple[str, Mapping[str, object]]] = [("/v1/identify", {"traits": {name: long}}) for name in traits]
    messages += [("/v1/track", {"event": "Demo Requested", "context": {"campaign": {name: long}}}) for name in campaign]
    messages += [
        ("/v1/track", {"event": "Content Downloaded", "properties": {name: long}}) for name in ("asset", "title")
    ]
    for number, (path, body) in enumerate(messages):
        await client.post(path, {"userId": f"u{number}", **body})
        await client.post("/v1/identify", {"userId": f"u{number}", "traits": {"email": f"a{number}@firm{number}.io"}})
    await client.settle()
    assert (await client.get("/api/lanes", LanesAnswer))["dead_letters"] == []
    assert (await client.lead("a0@firm0.io"))["name"] == long[:LONGEST_NAME]


@pytest.mark.fault("F14")
async def test_a_question_with_a_nul_is_no_crash(client: Client) -> None:
    bearer = {"authorization": f"Bearer {client.server_key}"}
    paths = (
        "/api/leads?q=%00", "/api/leads?source=a%00", "/leads?q=%00", "/api/accounts/%00", "/api/inbox?rep=%00",
        "/api/decisions?manager=%00", "/api/explain/%00", "/api/history/%00", "/api/deals/%00", "/survey/%00",
    )  # fmt: skip
    answers = {path: (await client.http.get(path, headers=bearer)).status_code for path in paths}
    assert {path: status for path, status in answers.items() if status >= 500} == {}


@pytest.mark.fault("F14")
async def test_may_send_answers_whatever_is_asked(client: Client) -> None:
    assert (await client.http.post(
        "/api/nurture/may-send", json={"email": "a\0@x.io"}, headers={"authorization": f"Bearer {client.server_key}"}
    )).status_code == 422  # fmt: skip


@pytest.mark.slow
@pytest.mark.fault("F14")
async def test_numbers_and_times_that_nobody_can_keep_bury_no_lead(client: Client) -> None:
    await client.submit(email=ANN, company="Brightpath")
    await client.settle()
    lead = (await client.lead(ANN))["id"]
    for value, status in ((10**30, 200), (-(2**63), 422), (2**64, 200)):  # of more than 64 bits: a text of digits
        await client.post(f"/api/stewards/{lead}.revenue/decide", {"decision": "pin", "value": value}, status)
        money = {"amount": value, "currency": "USD"}
        await client.sales({"type": "deal_opened", "deal": "d", "amount": money, "lead": ANN}, status=422)
    for at in ("9999-12-31T23:59:59-23:00", "0001-01-01T00:00:00+23:00"):
        await client.sales({"type": "availability", "rep": "rep-ana", "state": "away", "until": at}, status=422)
    await client.settle()
    assert (await client.get("/api/lanes", LanesAnswer))["dead_letters"] == []
