"""What partners and we tell each other, at the door: each partner for itself, by a person or by its key."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from events import Event
from ingest.service import SERVICE
from runtime.database.connect import admin
from runtime.http.access_keys import create
from runtime.http.client import ASGITransport, AsyncClient, Response
from runtime.http.sessions import open_session
from runtime.service import Context
from testing.service import edge_of

Stream = Callable[[str], Awaitable[list[Event]]]
OURS = {"sec-fetch-site": "same-origin"}
NOTE = {"type": "partner_feedback", "note": "Your reps called all of our leads within a day"}


@pytest.fixture
async def http(context: Context) -> AsyncIterator[AsyncClient]:
    transport = ASGITransport(app=edge_of(SERVICE, context), client=("192.168.1.77", 1))
    async with AsyncClient(transport=transport, base_url="http://192.168.1.5:8300") as http:
        yield http


async def post(http: AsyncClient, context: Context, who: str, **fact: object) -> Response:
    async with admin(context.database.dsn) as tx, tx.begin():
        secret = await open_session(tx, who, "mail")
    http.cookies.set("baton_session", secret)
    return await http.post("/sales", json={**NOTE, **fact}, headers=OURS)


async def key_of(context: Context, scope: str) -> dict[str, str]:
    async with admin(context.database.dsn) as tx, tx.begin():
        _, secret = await create(tx, "server", "agency", [scope])
    return {"authorization": f"Bearer {secret}"}


async def test_somebody_of_a_partner_speaks_for_the_own_partner_alone(
    http: AsyncClient, context: Context, stream: Stream
) -> None:
    assert (await post(http, context, "piet")).status_code == 200
    assert (await post(http, context, "piet", partner="adventure-works", from_partner=False)).status_code == 200
    assert (await post(http, context, "piet", partner="litware")).status_code == 403
    assert (await post(http, context, "piet", type="feedback", lead="x", quality=9)).status_code == 403
    for lead in ("somebody-elses", "cora@coldstart.io"):
        assert (await post(http, context, "piet", lead=lead)).status_code == 422, "it names no lead"
    notes = await stream("sales")
    assert {(one.subject, one.data.partner, one.data.from_partner, one.data.actor) for one in notes} == {
        ("adventure-works", "adventure-works", True, "piet")
    }


async def test_we_write_to_any_partner_and_never_in_its_name(
    http: AsyncClient, context: Context, stream: Stream
) -> None:
    assert (await post(http, context, "mara", partner="litware", from_partner=True)).status_code == 200
    assert (await post(http, context, "rep-ana", partner="litware")).status_code == 200
    assert (await post(http, context, "mara", partner="fabrikam")).status_code == 422
    assert {(one.data.from_partner, one.data.by, one.data.actor) for one in await stream("sales")} == {
        (False, None, "mara"),
        (False, "rep-ana", None),
    }


async def test_a_partners_key_may_what_the_partner_may(http: AsyncClient, context: Context, stream: Stream) -> None:
    headers = await key_of(context, "partner:litware")
    assert (await http.post("/sales", json=NOTE, headers=headers)).status_code == 200
    (note,) = await stream("sales")
    assert (note.subject, note.data.from_partner, note.data.via) == ("litware", True, "api")
    for path, body in (("/sales", {**NOTE, "partner": "adventure-works"}), ("/api/content", {}), ("/events", {})):
        assert (await http.post(path, json=body, headers=headers)).status_code == 403, path
    gone = await key_of(context, "partner:fabrikam")
    assert (await http.post("/sales", json=NOTE, headers=gone)).status_code == 401, "the agreement does not know it"
