"""Every role before every route of one living house, with an own lead and somebody else's."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pytest

from agreement.people import People, User
from runtime.database.connect import admin
from runtime.http.access_keys import create
from runtime.http.client import AsyncClient
from runtime.http.client import client as http_client
from runtime.http.policy import POLICY
from runtime.http.sessions import open_session
from standalone.house import House
from testing.house import Client
from testing.waiting import PATIENCE

STREAMS: Final = ("/live",)
"""They answer for as long as one listens."""
CAST: Final = ("rep-grace", "mara", "omar", "ada", "piet")
"""One of each role; the reps are the owner of a lead and a stranger to it."""


PARTNER: Final = "adventure-works"
"""Whose Piet is."""

CORA: Final = {
    "email": "cora@coldstart.io",
    "first_name": "Cora",
    "company": "Coldstart",
    "title": "VP Sales",
    "country": "US",
    "message": "demo",
}


@dataclass(frozen=True)
class Cell:
    """One role before one route."""

    user: User
    method: str
    path: str
    own: bool
    """The lead, or the partner, in the address is one that this person may see."""


def address(path: str, lead: str, names: Mapping[str, str]) -> str:
    """The route with its blanks filled in."""
    return re.sub(r"\{(\w+)(:path)?\}", lambda blank: {"lead": lead, **names}.get(blank[1], "nothing"), path)


def expected(cell: Cell) -> range | tuple[int, ...]:
    """What the policy says: refused, not there for this person, or answered (whatever is wrong with the rest)."""
    rule = POLICY[f"{cell.method} {cell.path}"]
    if not rule.roles & cell.user.roles:
        return (403,)
    if "{lead}" in cell.path or "{partner}" in cell.path:
        return (200,) if cell.own else (404,)
    return (200, 303, 400, 404, 409, 422)


async def status(http: AsyncClient, cell: Cell, lead: str) -> int:
    partner = PARTNER if lead == "own" else "litware"
    path = address(cell.path, lead, {"pool": "mid-na", "report": "funnel", "partner": partner})
    ours = {"sec-fetch-site": "same-origin", "accept": "application/json"}
    return (await http.request(cell.method, path, headers=ours)).status_code


@pytest.mark.slow
@pytest.mark.parametrize("share", [10, pytest.param(1, marks=pytest.mark.chaos)])
async def test_a_role_opens_what_the_policy_says_and_sees_its_own_leads(
    house: House, client: Client, share: int
) -> None:
    """Each route of a lead or partner for everybody; of the others, one in `share`, for everybody another one."""
    await client.submit(**CORA)
    await client.submit(form="newsletter", email="nina@other.example", first_name="Nina")
    await client.submit(form="newsletter", email="paul@sent.example", first_name="Paul", partner=PARTNER)
    await client.settle()
    lead, other = await client.lead("cora@coldstart.io"), await client.lead("nina@other.example")
    sent = await client.lead("paul@sent.example")
    owner = lead["owner"]
    assert owner is not None
    people = People(house.assembly.agreement.teams)
    holder = people.user(owner)
    assert holder is not None
    reps = [user for user in people.users() if user.roles == {"rep"}]
    stranger = next(user.id for user in reps if not set(user.pools) & set(holder.pools))
    routes = sorted(name.split(" ", 1) for name, rule in POLICY.items() if not rule.open)
    wrong: list[str] = []
    for turn, who in enumerate((owner, stranger, *CAST)):
        user = people.user(who)
        assert user is not None
        async with admin(house.dsn) as tx, tx.begin():
            secret = await open_session(tx, who, "mail")
        async with http_client(base_url=house.url, timeout=2 * PATIENCE) as http:
            http.cookies.set("baton_session", secret)
            for at, (method, path) in enumerate(routes):
                if path in STREAMS or path.startswith("/lab/") or ("{" not in path and (at + turn) % share):
                    continue
                seen = user.sees_all or who == owner
                rows = {lead["id"]: seen, other["id"]: user.sees_all, sent["id"]: user.sees_all or bool(user.partner)}
                wrong += await wrong_answers(http, user, (method, path), rows)
    assert wrong == []


async def wrong_answers(http: AsyncClient, user: User, route: tuple[str, str], rows: Mapping[str, bool]) -> list[str]:
    """What one route answers otherwise than it should: for each lead, that this person may see or not."""
    method, path = route
    if "{partner}" in path:
        rows = {"own": True, "foreign": not user.partner}  # in place of leads: the own partner, and another
    elif "{lead}" not in path:
        rows = dict([next(iter(rows.items()))])
    wrong = []
    for lead, own in rows.items():
        cell = Cell(user, method, path, own)
        answer = await status(http, cell, lead)
        if answer not in expected(cell) and not _is_no_page(path, answer):
            wrong.append(f"{user.id} {method} {path} own={own}: {answer}, not {expected(cell)}")
    return wrong


@pytest.mark.slow
async def test_a_partners_key_opens_what_somebody_of_the_partner_opens(house: House, client: Client) -> None:
    """Each route of the house, with the partner's lead and somebody else's; and with nobody's key nothing."""
    await client.submit(**CORA)
    await client.submit(form="newsletter", email="paul@sent.example", first_name="Paul", partner=PARTNER)
    await client.settle()
    lead, sent = await client.lead("cora@coldstart.io"), await client.lead("paul@sent.example")
    user = User(f"partner:{PARTNER}", "key", "", frozenset({"partner"}), partner=PARTNER)
    async with admin(house.dsn) as tx, tx.begin():
        _, secret = await create(tx, "server", "agency", [f"partner:{PARTNER}"])
    wrong: list[str] = []
    async with http_client(base_url=house.url, timeout=60) as http:
        http.headers["authorization"] = f"Bearer {secret}"
        for name, rule in sorted(POLICY.items()):
            method, path = name.split(" ", 1)
            if not rule.open and path not in STREAMS and not path.startswith("/lab/"):
                wrong += await wrong_answers(http, user, (method, path), {sent["id"]: True, lead["id"]: False})
    assert wrong == []


def _is_no_page(path: str, answer: int) -> bool:
    """The policy lets every report have a page, a file and a panel; most have no page."""
    return answer in (307, 404) and "{" not in path  # 307: to the same address with a slash, where the guard stands


@pytest.mark.slow
async def test_who_is_not_signed_in_opens_nothing_from_elsewhere(house: House) -> None:
    """Through a proxy, so not at this machine: 401 for programs on each route, and nothing is said of what there is."""
    async with http_client(base_url=house.url, timeout=2 * PATIENCE) as http:
        for name, rule in POLICY.items():
            method, path = name.split(" ", 1)
            if rule.open or path in STREAMS:
                continue
            far = {"x-forwarded-for": "203.0.113.9", "sec-fetch-site": "same-origin"}
            answer = await http.request(method, address(path, "x", {}), headers=far)
            assert answer.status_code == 401 or _is_no_page(path, answer.status_code), name


@pytest.mark.slow
async def test_an_acted_fact_says_who_did_it(house: House, client: Client) -> None:
    """The manager accepts in the rep's place: the story says so."""
    await client.submit(**CORA)
    await client.settle()
    lead = await client.lead("cora@coldstart.io")
    people = People(house.assembly.agreement.teams)
    manager = people.manager(lead["owner"])
    assert manager is not None
    async with admin(house.dsn) as tx, tx.begin():
        secret = await open_session(tx, manager, "mail")
    async with http_client(base_url=house.url, timeout=2 * PATIENCE) as http:
        http.cookies.set("baton_session", secret)
        fact = {
            "type": "accepted",
            "lead": lead["id"],
            "by": lead["owner"],
            "assignment": lead["assignments"][-1]["id"],
        }
        answer = await http.post("/sales", json=fact, headers={"sec-fetch-site": "same-origin"})
        assert answer.status_code == 200, answer.text
    await client.settle()
    after = await client.lead("cora@coldstart.io")
    assert after["assignments"][-1]["answer"] == "accepted"
    rows = await client.get("/api/audit", dict[str, object])
    assert people.name(manager) in str([line["text"] for line in after["timeline"]])
    assert str(manager) in str(rows)
