"""The content library, counted by hand: who met what, whether it reached whom it was made for, and what sales says."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import date, timedelta
from typing import TypeVar

import pytest
from httpx import AsyncClient
from services.reporting.tests.conftest import History, client_of, standing
from typing_extensions import TypedDict

from events import Event
from events.campaigns import ContentPublished
from events.deals import SurveyAnswered
from events.enrolment import CampaignEntered
from events.scores import LeadScored
from events.teamwork import ContentRated, ContentRequested
from reporting.reports.content import asset_row
from reporting.store.conditions import DatabaseRow
from runtime.database.connect import Database
from runtime.service import Context
from testing.events import scored_data
from testing.json import read

T = TypeVar("T")
Fold = Callable[[Context, Database, Sequence[Event]], Awaitable[None]]


class Who(TypedDict):
    persona: str | None
    people: int
    fits: bool
    leads: str


class Asset(TypedDict):
    asset: str
    state: str
    people: int
    touches: int
    reached: int | None
    reach: float | None
    won_deals: int
    used: int
    not_used: int
    reasons: list[dict[str, str | int]]
    personas: list[Who]
    links: dict[str, str]


class Answer(TypedDict):
    published: int
    unused: int
    items: list[Asset]


class Listed(TypedDict):
    items: list[dict[str, object]]


class Recommended(TypedDict):
    recommended: list[dict[str, str | None]]


async def ask(http: AsyncClient, path: str, shape: type[T]) -> T:
    return read(shape, (await http.get(path, headers={"accept": "application/json"})).content)


def library(history: History) -> History:
    """Four assets, six times met by four people (seven, with a machine's), two reps who speak about one."""
    first = history.now - timedelta(days=20)
    for asset, title, more in (
        ("roi", "ROI sheet", {"persona": "sales", "stage": "won", "url": "https://northwind.example/roi"}),
        ("deck", "Deck", {"persona": "marketing"}),
        ("story", "Story", {"stage": "lead"}),
        ("old", "Old", {"until": date(2020, 1, 1)}),
    ):
        data = {"asset": asset, "kind": "guide", "title": title, **more}
        history.add(ContentPublished, asset, first, data)
    whole = standing(history.now)
    manager = whole["facts"].replaced(function="other", seniority="manager")  # type: ignore[attr-defined]  # RouteFacts
    history.add(LeadScored, "lead-7", history.now, scored_data({**whole, "facts": manager}))
    for number, (lead, asset) in enumerate(
        [
            ("lead-0", "roi"),
            ("lead-1", "roi"),
            ("lead-1", "roi"),
            ("lead-7", "roi"),
            ("lead-6", "deck"),
            ("lead-8", "pdf"),
        ]
    ):
        at = first + timedelta(days=1, minutes=number)
        history.engaged(lead, at, "whitepaper", asset=asset, message_id=f"a-{number}")
    survey = {"deal": "d-lead-0", "outcome": "won", "by": "rep-dan", "content": ("roi SHEET", "Deck", "a talk")}
    history.add(SurveyAnswered, "lead-0", history.now, survey)
    for by, used, reason in (
        ("rep-dan", False, "too long"),
        ("rep-ivan", False, "out of date"),
        ("rep-dan", True, None),
    ):
        history.add(ContentRated, "roi", history.now, {"asset": "roi", "by": by, "used": used, "reason": reason})
    history.add(
        ContentRequested, "r-1", history.now, {"by": "rep-dan", "text": "<b>A price list</b>", "request": "r-1"}
    )
    history.add(ContentRequested, "r-2", history.now, {"by": "rep-dan", "text": "What it earns", "request": "r-2"})
    again = {
        "asset": "roi",
        "kind": "guide",
        "title": "ROI sheet",
        "persona": "sales",
        "stage": "won",
        "answers": "r-2",
    }
    history.add(ContentPublished, "roi", first, {**again, "url": "https://northwind.example/roi"})
    for lead in ("lead-0", "lead-1"):
        history.add(CampaignEntered, lead, history.now, {"cycle": 1, "campaign": "stories", "title": "Stories"})
    return history


@pytest.fixture
async def http(context: Context, database: Database, golden_history: History, fold: Fold) -> AsyncIterator[AsyncClient]:
    await fold(context, database, library(golden_history).events)
    async with client_of(context) as client:
        yield client


async def test_what_each_asset_did_is_counted_and_every_count_is_its_list(http: AsyncClient) -> None:
    answer = await ask(http, "/api/content", Answer)
    assets = {one["asset"]: one for one in answer["items"]}
    counts = {name: (one["state"], one["people"], one["touches"], one["won_deals"]) for name, one in assets.items()}
    assert counts == {
        "roi": (
            "used",
            3,
            4,
            1,
        ),  # lead-0, lead-1 twice, lead-7; one deal, although the survey says it too
        "deck": ("used", 1, 1, 1),  # lead-6; by the survey alone
        "pdf": ("used", 1, 1, 0),
        "story": ("unused", 0, 0, 0),
        "old": ("over", 0, 0, 0),
    }
    assert (assets["roi"]["reached"], assets["roi"]["reach"]) == (2, 2 / 3), "two vice presidents of sales, one manager"
    assert (assets["deck"]["reached"], assets["deck"]["reach"]) == (0, 0.0)
    assert assets["story"]["reached"] is None, "it is for everybody"
    assert [(one["persona"], one["people"], one["fits"]) for one in assets["roi"]["personas"]] == [
        ("sales vp", 2, True),
        ("manager", 1, False),
    ]
    assert (assets["roi"]["used"], assets["roi"]["not_used"]) == (1, 1), "of each rep the latest word"
    assert assets["roi"]["reasons"] == [{"reason": "out of date", "count": 1}]
    assert (answer["published"], answer["unused"]) == (4, 1)
    for one in answer["items"]:
        for name in ("people", "won_deals", "reached"):
            listed = await ask(http, one["links"][name], Listed)
            assert len(listed["items"]) == (one[name] or 0) or (name == "reached" and one[name] is None), (one, name)
        for who in one["personas"]:
            assert len((await ask(http, who["leads"], Listed))["items"]) == who["people"]


async def test_an_asset_is_found_however_it_is_written(http: AsyncClient) -> None:
    """As the door would write it: blanks and case do not matter, unless it is written so, too."""
    for path in ("leads", "deals"):
        listed = (await http.get(f"/api/{path}", params={"asset": "roi"})).json()["items"]
        assert listed
        for asset in ("ROI", " roi ", "Roi\t"):
            assert (await http.get(f"/api/{path}", params={"asset": asset})).json()["items"] == listed
        assert (await http.get(f"/api/{path}", params={"asset": "roi 2"})).json()["items"] == []


async def test_the_lead_page_recommends_what_the_card_does(http: AsyncClient) -> None:
    """By persona and stage, and not what was taken in: `roi` is for sales people who bought, and lead-0 had it."""
    assert (await ask(http, "/api/leads/lead-0", Recommended))["recommended"] == []
    (one,) = (await ask(http, "/api/leads/lead-9", Recommended))["recommended"]
    assert (one["asset"], one["stage"]) == ("story", "lead")
    page = (await http.get("/leads/lead-9")).text
    assert "Story" in page
    assert 'value="content_requested"' in page
    assert 'value="enrolled"' not in page, "marketing offers nothing at its stage"
    customer = (await http.get("/leads/lead-0")).text
    assert 'value="enrolled"' in customer
    assert "The first ninety days" in customer


async def test_the_page_shows_forms_to_whom_they_answer(http: AsyncClient) -> None:
    page = (await http.get("/content")).text
    for form in ('action="/api/content"', 'value="content_requested"', 'value="content_feedback"', 'value="r-1"'):
        assert form in page
    assert "<b>A price list</b>" not in page
    assert "&lt;b&gt;A price list" in page
    assert 'id="answer-r-1"' in page, "what is typed stays with its question when the page renews itself"
    assert 'hx-trigger="news from:#live"' in page
    assert "with ROI sheet" in page, "an answer is named as people name it"
    assert 'href="https://northwind.example/roi" rel="noopener noreferrer nofollow"' in page
    lines = (await http.get("/api/export/content.csv")).text.splitlines()
    assert len(lines) == 1 + len((await ask(http, "/api/content", Answer))["items"])


def test_whether_it_is_used_reached_or_out_of_date_is_decided_by_the_row_alone() -> None:
    row = {"asset": "a", "persona": "vp", "until": date(2026, 8, 3), "people": 4, "used": 0}
    personas: list[DatabaseRow] = [
        {"persona": "sales vp", "people": 2},
        {"persona": None, "people": 1},
        {"persona": "vp", "people": 1},
    ]
    shown = asset_row(row, personas, date(2026, 8, 3))
    assert (shown["state"], shown["reached"], shown["reach"]) == ("used", 3, 0.75)
    assert shown["links"]["reached"] == "/api/leads?asset=a&persona=sales+vp%2Cvp"
    assert asset_row(row, [], date(2026, 8, 4))["state"] == "over"
    assert asset_row({**row, "people": 0}, [], date(2026, 8, 3))["state"] == "unused"


async def test_a_won_deal_says_what_became_of_the_customer_and_asks_for_it(http: AsyncClient) -> None:
    page = (await http.get("/deals/d-lead-0")).text
    for form in ('value="renewed"', 'value="churned"', "Neither renewed nor ended yet"):
        assert form in page


class Programme(TypedDict):
    campaign: str
    leads: int
    won: int
    links: dict[str, str]


class Programmes(TypedDict):
    items: list[Programme]


async def test_a_campaign_of_sales_has_its_leads_behind_its_numbers(http: AsyncClient) -> None:
    (one,) = (await ask(http, "/api/programmes", Programmes))["items"]
    assert (one["campaign"], one["leads"], one["won"]) == ("stories", 2, 1)
    for name, leads in (("leads", {"lead-0", "lead-1"}), ("won", {"lead-0"})):
        listed = await ask(http, one["links"][name], Listed)
        assert {row["id"] for row in listed["items"]} == leads
    assert "What marketing offers" in (await http.get("/programmes")).text
    assert "names no expansion model" in (await http.get("/expansion")).text


async def test_an_address_that_was_published_before_addresses_were_checked_leads_nowhere(
    context: Context, database: Database, fold: Fold
) -> None:
    history = History()
    data = {"kind": "guide", "title": "Old", "url": "javascript:alert(1)"}
    history.add(ContentPublished, "old", history.now, {"asset": "old", **data})
    await fold(context, database, history.events)
    async with client_of(context) as http:
        page = (await http.get("/content")).raise_for_status().text
    assert ">Old<" in page
    assert "javascript:" not in page
