"""Who runs the house: is all well, what lies there and why; try it again, all like it too, or drop it with a reason."""

import re

import pytest

from runtime.database.connect import admin
from runtime.database.statement import statement
from runtime.http.client import client as http_client
from runtime.http.sessions import open_session
from runtime.http.tokens import derived
from standalone.house import House
from testing.house import Client
from testing.waiting import PATIENCE, eventually

OURS = {"sec-fetch-site": "same-origin", "accept": "text/html"}
_POISON = statement("""
    INSERT INTO routing.dead_letter (p, topic, seq, subject, type, reason, body)
    VALUES (0, 'scores', :seq, :subject, 'lead.scored.v1', :reason, '{"type": "nobody.knows.v1"}')
""")
_STATES = statement("SELECT seq, state, note, reason FROM routing.dead_letter ORDER BY seq")
_AUDIT = statement("SELECT who, action, object FROM house.audit WHERE action LIKE '%dead letter%' ORDER BY id")


async def letters(house: House) -> list[tuple[int, str, str | None, bool]]:
    """Number, state, note, and whether it lies there for the reason that the test gave it."""
    async with admin(house.dsn) as tx, tx.begin():
        rows = [*await tx.execute(_STATES)]
    return [(row.seq, row.state, row.note, row.reason.startswith(("KeyError", "ValueError"))) for row in rows]


@pytest.mark.slow
async def test_dead_letters_are_tried_again_and_dropped_with_a_reason(house: House, client: Client) -> None:
    await client.submit(email="cora@coldstart.io", first_name="Cora")
    await client.settle()
    async with admin(house.dsn) as tx, tx.begin():
        for seq, reason in ((901, "KeyError: 'pool'"), (902, "KeyError: 'pool'"), (903, "ValueError: no stage")):
            await tx.execute(_POISON, {"seq": seq, "subject": f"lead-{seq}", "reason": reason})
        omar = await open_session(tx, "omar", "mail")
    async with http_client(base_url=house.url, timeout=2 * PATIENCE) as http:
        http.headers.update(OURS)
        http.cookies.set("baton_session", omar)
        page = (await http.get("/operations")).text
        assert "nothing waits but three dead letters" in page
        first, _, third = re.findall(r'action="(/api/dead-letters/routing/\d+)/retry"', page)
        assert f'action="{first}/retry-like"' in page
        assert f'action="{third}/retry-like"' not in page
        assert (await http.get(first)).json()["body"] == {"type": "nobody.knows.v1"}
        fields = {"form_token": derived(omar, "form")}
        assert (await http.post(f"{first}/retry-like", data={"form_token": "wrong"})).status_code == 403
        assert (await http.post(f"{third}/drop", data={**fields, "reason": " "})).status_code == 422
        ours = {"sec-fetch-site": "same-origin"}
        assert (await http.post(f"{third}/drop", json={"reason": None}, headers=ours)).status_code == 422
        again = await http.post(f"{first}/retry-like", data=fields)
        assert (again.status_code, again.headers["location"]) == (303, "/operations#dead")
        dropped = await http.post(f"{third}/drop", data={**fields, "reason": "a test of May"})
        assert dropped.status_code == 303
        assert (await http.post(f"{third}/drop", data={**fields, "reason": "once more"})).status_code == 404
    await client.settle()
    await eventually(lambda: worked(house))
    async with admin(house.dsn) as tx, tx.begin():
        audit = [(row.who, row.action) for row in await tx.execute(_AUDIT)]
    assert audit == [
        ("omar", "looked at a dead letter"),
        ("omar", "tried dead letters again"),
        ("omar", "tried dead letters again"),
        ("omar", "dropped a dead letter"),
    ]


async def worked(house: House) -> bool:
    """Two were tried again, and lie there for a reason of their own; the third is dropped."""
    first, second, third = await letters(house)
    tried = (first[1:], second[1:]) == (("open", None, False),) * 2
    return tried and third[1:] == ("dropped", "a test of May", True)


async def test_tools_say_how_much_they_send_and_what_nobody_knows(client: Client) -> None:
    await client.submit(email="cora@coldstart.io")
    await client.track(event="Nobody Knows This", anonymousId="a1")
    answer = await client.get("/api/tools", dict[str, list[dict[str, object]]])
    assert sum(int(str(one["events"])) for one in answer["items"]) >= 1
    assert {"source", "events", "last_at", "days"} <= answer["items"][0].keys()
