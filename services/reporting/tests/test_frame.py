"""What surrounds every page: navigation, search, the drawer; and how pages travel."""

import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path

from httpx import AsyncClient
from services.reporting.tests.conftest import History

from events import Event
from events.topics import FLOW
from reporting.pages.first_run import FirstRun, steps_of
from reporting.pages.frame import GO
from reporting.pages.operations import LagHistory, state_of_house
from reporting.pages.search import SearchHit, named_like
from reporting.service import SERVICE
from runtime.database.connect import Database
from runtime.http.parameters import without_empty
from runtime.service import Context
from testing.events import NOON
from testing.office import browser, sign_in

Fold = Callable[[Context, Database, Sequence[Event]], Awaitable[None]]


def links(page: str) -> list[str]:
    navigation = re.search(r'<nav class="main".*?</nav>', page, re.DOTALL)
    assert navigation
    return re.findall(r'<a href="[^"]*"[^>]*>([A-Z]\w+)', navigation[0])


async def test_the_navigation_is_in_the_order_of_who_comes_most_often(web: AsyncClient) -> None:
    page = (await web.get("/")).text
    assert links(page) == ["Inbox", "Team", "Numbers", "Leads", "Agreement"]
    more = re.search(r'<nav id="more".*?</nav>', page, re.DOTALL)
    assert more
    assert re.findall(r">([^<]+)</a>", more[0]) == [
        *("Packs", "Content", "Partners", "Customers", "Campaigns of sales"),
        *("Offers", "Messages", "Operations", "Audit", "API"),
    ]
    assert {key for key, _ in re.findall(r'data-go="(\w)">([^<]+)<', page)} == set(GO)


async def test_a_reps_inbox_says_how_much_waits_to_be_answered(house: Context, tmp_path: Path) -> None:
    async with browser(SERVICE, house) as http:
        await sign_in(http, house.settings.data / "outbox" / "email")
        page = (await http.get("/inbox")).text
    assert re.search(r'<span id="waiting">( <b>\d+</b>)?', page)


async def test_search_finds_leads_reps_campaigns_and_pages(web: AsyncClient) -> None:
    found = {words: (await web.get(f"/search?q={words}")).text for words in ("whitfield", "dan", "google", "mess", "")}
    assert 'href="/leads/lead-0">Dana Whitfield</a>' in found["whitfield"]
    assert 'href="/inbox?rep=rep-dan"' in found["dan"]
    assert 'href="/?campaign=google-2026"' in found["google"]
    assert '<li><a href="/outbox">Messages</a></li>' in found["mess"]
    assert "What do you look for?" in found[""]
    assert "Nothing is called that" in (await web.get("/search?q=xyzzy")).text


def test_what_begins_with_the_letters_comes_first() -> None:
    hits = [SearchHit(name, "/") for name in ("Ana Lima", "Lia Chen", "Dan")]
    assert [one.name for one in named_like("li", hits)] == ["Lia Chen", "Ana Lima"]


async def test_a_list_fits_into_the_drawer(web: AsyncClient) -> None:
    pane = (await web.get("/leads?reached=sql&mode=activity&range=30d&pane=1")).text
    assert "<h2>2 leads" in pane
    assert "Dana Whitfield" in pane
    assert "<html" not in pane
    assert 'href="/leads?reached=sql&amp;mode=activity&amp;range=30d">The whole list' in pane


async def test_pages_are_compressed_and_files_of_this_version_never_change(web: AsyncClient, house: Context) -> None:
    async with browser(SERVICE, house) as http:
        for name in ("br", "zstd", "gzip"):
            page = await http.get("/sign-in", headers={"accept-encoding": name})
            assert page.headers["content-encoding"] == name
    address = re.search(r"/static/baton.css\?v=\w+", (await web.get("/")).text)
    assert address
    assert (await web.get(address[0])).headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "immutable" not in (await web.get("/static/baton.css?v=other")).headers["cache-control"]


async def test_a_filter_left_empty_is_none(web: AsyncClient) -> None:
    """As a form sends what nobody chose: on routes for programs as on pages."""
    for path in ("/api/leads", "/api/funnel", "/api/audit", "/api/places", "/api/offers", "/leads"):
        answer = await web.get(f"{path}?limit=&stage=&status=&from=&range=&by=&answered=&place=&who=")
        assert answer.status_code == 200, path
    assert without_empty(b"a=1&b=&c=2=&d&=&after=x%3D%3D") == b"a=1&c=2=&d&=&after=x%3D%3D".replace(b"&=&", b"&")


async def test_only_what_is_about_days_names_days(web: AsyncClient) -> None:
    days = re.compile(r"<h1>[^<]*</h1><p>[^<]*20\d\d")
    assert not days.search((await web.get("/places")).text)
    assert days.search((await web.get("/offers")).text)


async def test_a_theme_is_in_the_address_or_nowhere(web: AsyncClient) -> None:
    assert 'data-theme="dark"' in (await web.get("/?theme=dark")).text
    assert "data-theme=" not in (await web.get('/?theme="><b>')).text.split("<head>")[0]


def service_row(name: str, **values: object) -> dict[str, object]:
    return {"name": name, "lanes": 2, "held": 2, "behind": 0, "stopped": None, "door": False, **values}


def test_operations_begin_with_one_sentence() -> None:
    at = NOON - timedelta(seconds=3)
    house = [service_row(name) for name in FLOW]
    assert state_of_house(house, 0, at, NOON) == "All six services work, nothing waits, last event 3 s ago"
    assert state_of_house(house, 1, None, NOON) == (
        "All six services work, nothing waits but one dead letter, nothing has come yet"
    )
    slow = [*house[:-1], service_row("reporting", behind=1200)]
    assert state_of_house(slow, 2, at, NOON).startswith("All six services work, 1,200 events wait, two dead letters")
    ill = [service_row("scoring", stopped="poison"), service_row("routing", held=1)]
    assert state_of_house(ill, 0, at, NOON).startswith("Scoring has stopped, nothing waits")
    assert state_of_house(ill[1:], 0, at, NOON).startswith("Routing is not working on everything")


def test_lag_is_drawn_as_a_share_of_the_worst_lately() -> None:
    lag = LagHistory()
    for seconds, behind in ((0, 0), (6, 10), (12, 5), (13, 6), (14, 7)):
        lag.note([service_row("scoring", behind=behind)], NOON + timedelta(seconds=seconds))
    assert lag.shares("scoring") == [0, 1, 0.5, 0.7], "a look soon after another takes its place"
    assert lag.words("scoring") == "waiting events of scoring: 7 now, 10 at most lately"
    assert lag.shares("nobody") == [0, 0, 0, 0]


async def test_a_new_house_shows_the_way_and_ticks_it_off(
    context: Context, database: Database, new_house: AsyncClient, fold: Fold
) -> None:
    def ticks(page: str) -> list[str]:
        return re.findall(r'<li class="(\w*)"[^>]*><b>', page)

    empty = (await new_house.get("/")).text
    assert ticks(empty) == ["next", "", "", ""]
    assert 'action="/f/demo' in empty
    history = History()
    history.offered("lead-a", NOON, "rep-dan", name="Dana Whitfield", company="Acme", source="google")
    await fold(context, database, history.events)
    offered = (await new_house.get("/")).text
    assert ticks(offered) == ["done", "done", "next", ""]
    assert "Dana Whitfield" in offered
    assert 'href="/inbox?rep=rep-dan">Answer it in the inbox' in offered


async def test_a_house_that_has_leads_shows_numbers(web: AsyncClient) -> None:
    assert "From a visit to a won deal" not in (await web.get("/")).text


def test_the_last_step_is_a_won_deal() -> None:
    lead = {"rep": "rep-dan", "answer": "accepted", "won": True}
    assert [step.done for step in steps_of(lead)] == [True] * 4
    assert FirstRun(steps_of(lead), lead, None).at == 5
    assert FirstRun(steps_of(None), None, None).at == 1
