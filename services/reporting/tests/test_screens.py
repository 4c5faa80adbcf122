"""Screens on a wall: an address shows what it was made for, nothing else, and can be withdrawn."""

import re
from html.parser import HTMLParser
from pathlib import Path

from httpx import AsyncClient

from reporting.pages.dashboard import ON_A_SCREEN
from reporting.pages.screens import in_words
from reporting.service import SERVICE
from runtime.database.connect import admin
from runtime.http.access_keys import KIOSK, create
from runtime.service import Context
from testing.office import OURS, browser, hidden, sign_in

GRACE = "grace.miller@northwind.example"
DAN = "dan.kowalski@northwind.example"


async def make(http: AsyncClient, filters: str) -> str:
    """The path of a new screen with these filters."""
    token = hidden(await http.get(f"/screens?{filters}"))
    answer = await http.post("/screens", data={"form_token": token, "filters": filters}, headers=OURS)
    assert answer.status_code == 200
    found = re.search(r'<a href="http[^"]*(/kiosk/[^"]+)"', answer.text)
    assert found
    return found[1]


def cards(page: str) -> int:
    return page.count('<section class="card') + page.count('<dl class="kpis')


class Nesting(HTMLParser):
    """Whether each element that was opened is closed, in its turn."""

    def __init__(self) -> None:
        super().__init__()
        self.open = list[str]()
        self.wrong = list[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "link", "br", "input", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Nothing is open after it."""


def is_well_formed(page: str) -> bool:
    nesting = Nesting()
    nesting.feed(page)
    return not nesting.open and not nesting.wrong


async def test_a_screen_shows_three_cards_by_the_filters_that_it_was_made_with(
    house: Context, http: AsyncClient, mails: Path
) -> None:
    await sign_in(http, mails, GRACE)
    path = await make(http, "source=google&range=30d")
    async with browser(SERVICE, house) as wall:
        page = await wall.get(path)
        assert page.status_code == 200
        assert cards(page.text) == len(ON_A_SCREEN)
        assert "Search" not in page.text
        assert "source google" in page.text, "it says whose numbers they are"
        assert 'href="/' not in page.text.partition("<body")[2], "a wall has no mouse: its numbers are text"
        assert is_well_formed(page.text)
        assert (await wall.get(f"{path}?theme=dark")).status_code == 200
        refreshed = re.search(r'hx-get="([^"]+)"', page.text)
        assert refreshed
        assert (await wall.get(refreshed[1].replace("&amp;", "&"))).status_code == 200, "it renews itself"
        for others in ("source=linkedin&range=30d", "range=90d", "team=berlin", "range=forever", "rep=rep-dan"):
            answer = await wall.get(f"{path}?{others}&theme=dark")
            assert (answer.status_code, answer.headers["location"]) == (303, f"{path}?theme=dark"), others


async def test_a_withdrawn_screen_opens_nothing(house: Context, http: AsyncClient, mails: Path) -> None:
    await sign_in(http, mails, GRACE)
    path = await make(http, "range=7d")
    listed = await http.get("/screens")
    assert "7 days" in listed.text
    assert path.rpartition("/")[2] not in listed.text, "the address is shown once"
    withdraw = re.search(r'action="(/screens/[^"]+/withdraw)"', listed.text)
    assert withdraw
    assert (await http.post(withdraw[1], data={"form_token": "guess"}, headers=OURS)).status_code == 403
    assert (await http.post(withdraw[1], data={"form_token": hidden(listed)}, headers=OURS)).status_code == 303
    async with browser(SERVICE, house) as wall:
        gone = await wall.get(path)
        assert (gone.status_code, gone.headers["content-type"]) == (404, "text/html; charset=utf-8")
        assert "no screen has this address" in gone.text
    assert "7 days" not in (await http.get("/screens")).text


async def test_what_is_no_filter_makes_no_screen(http: AsyncClient, mails: Path) -> None:
    await sign_in(http, mails, GRACE)
    token = hidden(await http.get("/screens"))
    for filters in ("range=forever", "team=nowhere", "x" * 2001):
        answer = await http.post("/screens", data={"form_token": token, "filters": filters}, headers=OURS)
        assert answer.status_code == 422, filters
    assert (await http.post("/screens", data={"filters": ""}, headers=OURS)).status_code == 403, "without the token"


async def test_a_rep_makes_no_screen(http: AsyncClient, mails: Path) -> None:
    await sign_in(http, mails, DAN)
    assert (await http.get("/screens")).status_code == 403
    assert 'href="/?kiosk=1"' in (await http.get("/")).text, "but may look at one's own"


async def test_an_access_key_for_screens_shows_all_leads_and_opens_nothing_else(house: Context) -> None:
    async with admin(house.database.dsn) as tx, tx.begin():
        _, key = await create(tx, "server", "tv", [KIOSK])
        _, other = await create(tx, "server", "crm", ["read"])
    async with browser(SERVICE, house) as http:
        assert cards((await http.get(f"/kiosk/{key}?theme=dark")).text) == len(ON_A_SCREEN)
        assert (await http.get(f"/kiosk/{key}?range=30d")).headers["location"] == f"/kiosk/{key}"
        assert (await http.get(f"/kiosk/{other}")).status_code == 404
        bearer = {"authorization": f"Bearer {key}", "accept": "application/json"}
        assert (await http.get("/api/leads", headers=bearer)).status_code == 403
        assert (await http.get("/", headers=bearer)).status_code == 403


def test_filters_in_words() -> None:
    assert in_words("") == "the last 90 days, all leads"
    assert in_words("range=30d&source=google") == "30 days, source google"
