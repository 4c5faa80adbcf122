"""Bad input gets a clear error and changes nothing."""

import gzip
from typing import Final

import pytest

from testing.answers import LeadsAnswer
from testing.figures import LanesAnswer
from testing.house import Client


async def leads(client: Client) -> int:
    await client.settle()
    return len((await client.get("/api/leads", LeadsAnswer))["items"])


REFUSED: Final[tuple[tuple[str, bytes, dict[str, str], int], ...]] = (
    ("/v1/batch", b"{", {}, 400),
    (
        "/v1/track",
        b'{"type":"track","event":"' + b"x" * 600_000 + b'"}',
        {},
        400,
    ),
    ("/v1/batch", gzip.compress(b" " * 50_000_000, 1), {"content-encoding": "gzip"}, 400),
    ("/v1/nonsense", b"{}", {}, 404),
    ("/sales", b"{", {"content-type": "application/json"}, 400),
    ("/sales", b'{"type":"accepted"}', {"content-type": "application/json"}, 422),
    ("/sales", b"[" * 5_000, {"content-type": "application/json"}, 400),
    ("/sales", b'{"type":"won","lead":"x@y.zz"}', {"content-type": "application/json"}, 422),
    ("/sales", b"x" * 3_000_000, {"content-type": "application/json"}, 413),
    ("/events", b"{}", {"content-type": "application/cloudevents+json"}, 422),
    ("/f/demo", b"email=no-address", {}, 422),
)
"""Path, body and headers of what changes nothing, and the status of the answer."""


@pytest.mark.slow
@pytest.mark.fault("F14")
async def test_each_is_refused_with_a_reason(client: Client) -> None:
    for path, content, headers, status in REFUSED:
        where = f"{path}?writeKey={client.write_key}" if path.startswith("/v1") else path
        given = {"accept": "application/json", "content-type": "application/x-www-form-urlencoded", **headers}
        if path in ("/sales", "/events"):
            given["authorization"] = f"Bearer {client.server_key}"
        answer = await client.http.post(where, content=content, headers=given)
        row = (path, content[:40], answer.text)
        assert answer.status_code == status, row
        body = answer.json()
        assert body.get("detail") or body.get("message"), row
        assert await leads(client) == 0, row


async def test_a_wrong_key_is_refused(client: Client) -> None:
    answer = await client.http.post("/v1/batch", json={"batch": []}, auth=("wk_wrong", ""))
    assert (answer.status_code, set(answer.json())) == (401, {"code", "message"})
    answer = await client.http.post("/sales", json=[], headers={"authorization": "Bearer lk_wrong"})
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    answer = await client.http.get("/api/leads", headers={"authorization": "Bearer lk_wrong"})
    assert answer.status_code == 401


@pytest.mark.fault("F14")
async def test_nul_characters_do_not_stop_anything(client: Client) -> None:
    await client.submit("demo", email="nul@brightpath.io", company="Bright\x00path", message="a\x00b")
    event = {"type": "track", "event": "Blog\x00 Read", "userId": "u", "messageId": "m\x00",
             "context": {"traits": {"email": "nul@brightpath.io"}}}  # fmt: skip
    await client.track(**event)
    assert await leads(client) == 1


async def test_an_unknown_event_is_kept_and_shown_and_worth_nothing(client: Client) -> None:
    await client.track(
        type="track", event="Moon Phase Changed", userId="u", messageId="m-1",
        context={"traits": {"email": "kim@brightpath.io"}},
    )  # fmt: skip
    await client.settle()
    lead = await client.lead("kim@brightpath.io")
    assert lead["score"]["engagement"] == 0
    assert any("Moon Phase Changed" in entry["text"] for entry in lead["timeline"])


async def test_a_null_in_a_trait_does_not_dead_letter_the_lead(client: Client) -> None:
    traits = {"email": "lou@brightpath.io", "title": None, "company": {"name": "Brightpath", "employee_count": None}}
    await client.track(type="identify", userId="u", messageId="m-1", traits=traits)
    await client.settle()
    lead = await client.lead("lou@brightpath.io")
    assert (lead["company"], lead["title"], lead["score"]["fit"]) == ("Brightpath", None, 0)
    assert (await client.get("/api/lanes", LanesAnswer))["dead_letters"] == []
