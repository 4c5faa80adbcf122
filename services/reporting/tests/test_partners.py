"""Partners, counted by hand; and what somebody of a partner sees: the own leads, the own page, nothing of others."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

import pytest
from httpx import AsyncClient
from services.reporting.tests.conftest import History, client_of, standing
from typing_extensions import TypedDict

from agreement import Agreement
from agreement.people import People
from events import Event
from events.scores import LeadScored
from events.teamwork import PartnerNoted
from reporting.pages.briefing import briefing, who_is_wanted
from reporting.service import SERVICE
from runtime.database.connect import Database, admin
from runtime.http.access_keys import create
from runtime.service import Context
from testing.events import scored_data
from testing.json import read
from testing.office import browser, sign_in

T = TypeVar("T")
Fold = Callable[[Context, Database, Sequence[Event]], Awaitable[None]]
JSON = {"accept": "application/json"}
OURS, THEIRS = "We pay for SQLs from now on", "Nobody called Dana back"


class Row(TypedDict):
    partner: str
    leads: int
    mqls: int
    sqls: int
    won: int
    rated: int
    quality: float | None
    main_reason: str | None
    rejections: list[dict[str, str | int]]
    links: dict[str, str]


class Rows(TypedDict):
    items: list[Row]


class Listed(TypedDict):
    items: list[dict[str, object]]


async def ask(http: AsyncClient, path: str, shape: type[T]) -> T:
    return read(shape, (await http.get(path, headers={"accept": "application/json"})).content)


def referred(history: History) -> History:
    """Of litware: one that was won and rated 8, one that became an SQL, one that came back. Of adventure-works: one."""
    whole = standing(history.now)
    for lead, partner in (
        ("lead-0", "litware"),
        ("lead-1", "litware"),
        ("lead-4", "litware"),
        ("lead-2", "adventure-works"),
    ):
        facts = whole["facts"].replaced(referral=partner, referral_at=history.now)  # type: ignore[attr-defined]  # RouteFacts
        history.add(LeadScored, lead, history.now, scored_data({**whole, "facts": facts}))
    for partner, note, theirs in (
        ("adventure-works", THEIRS, True),
        ("adventure-works", OURS, False),
        ("litware", "x" * 9, False),
    ):
        data = {"partner": partner, "note": note, "from_partner": theirs, "actor": "piet" if theirs else "mara"}
        history.add(PartnerNoted, partner, history.now, data)
    return history


@pytest.fixture
async def house(context: Context, database: Database, golden_history: History, fold: Fold) -> Context:
    await fold(context, database, referred(golden_history).events)
    return context


async def test_partners_are_compared_and_every_count_is_its_list(house: Context) -> None:
    async with client_of(house) as http:
        answer = await ask(http, "/api/partners", Rows)
        counts = {one["partner"]: (one["leads"], one["mqls"], one["sqls"], one["won"]) for one in answer["items"]}
        assert counts.pop("litware") == (3, 3, 2, 1)
        assert counts.pop("adventure-works") == (1, 1, 0, 0)
        assert set(counts.values()) == {(0, 0, 0, 0)}
        first = answer["items"][0]
        assert (first["partner"], first["rated"], first["quality"]) == ("litware", 1, 8.0)
        assert [(one["reason"], one["leads"]) for one in first["rejections"]] == [("not_icp", 1)]
        for name in ("leads", "mqls", "sqls", "won", "rated"):
            listed = await ask(http, first["links"][name], Listed)
            assert len(listed["items"]) == first[name], name
        came_back = await ask(http, str(first["rejections"][0]["link"]), Listed)
        assert [one["id"] for one in came_back["items"]] == ["lead-4"]
        page = (await http.get("/partners")).text
        assert "Litware" in page
        assert "Who we look for" in (await http.get("/partners/litware")).text
        assert (await http.get("/partners/fabrikam")).status_code == 404


async def test_somebody_of_a_partner_sees_the_own_page_and_nothing_of_others(
    house: Context, http: AsyncClient, mails: Path
) -> None:
    entered = await sign_in(http, mails, "piet@adventure-works.example")
    assert entered.headers["location"] == "/partners"
    page = await http.get("/partners")
    assert page.status_code == 200
    for words in ("Adventure Works", OURS, THEIRS, "Who we look for", 'value="partner_feedback"'):
        assert words in page.text, words
    assert "x" * 9 not in page.text
    rows = (await http.get("/api/partners", headers=JSON)).json()["items"]
    assert [(one["partner"], one["leads"]) for one in rows] == [("adventure-works", 1)]
    assert (await http.get("/partners/litware")).status_code == 404
    assert (await http.get("/api/partners/litware", headers=JSON)).status_code == 404
    assert (await http.get("/api/leads?partner=litware", headers=JSON)).json()["items"] == []
    listed = (await http.get("/api/leads", headers=JSON)).json()["items"]
    assert [one["id"] for one in listed] == ["lead-2"]
    for foreign in ("lead-0", "lead-9"):
        assert (await http.get(f"/api/leads/{foreign}", headers=JSON)).status_code == 404
    for closed in ("/content", "/api/content", "/inbox", "/expansion", "/"):
        assert (await http.get(closed)).status_code == 403, closed


async def test_a_partners_key_reads_what_the_partner_reads(house: Context) -> None:
    async with admin(house.database.dsn) as tx, tx.begin():
        _, secret = await create(tx, "server", "agency", ["partner:litware"])
    async with browser(SERVICE, house) as http:
        headers = {"authorization": f"Bearer {secret}", **JSON}
        listed = (await http.get("/api/leads", headers=headers)).json()["items"]
        assert {one["id"] for one in listed} == {"lead-0", "lead-1", "lead-4"}
        assert (await http.get("/api/leads/lead-2", headers=headers)).status_code == 404
        rows = (await http.get("/api/partners", headers=headers)).json()["items"]
        assert [one["partner"] for one in rows] == ["litware"]
        lines = (await http.get("/api/export/leads.csv", headers=headers)).text.splitlines()
        assert len(lines) == 1 + 3
        for path in (
            "/api/content",
            "/api/funnel",
            "/api/inbox",
            "/api/deals",
            "/metrics",
            "/api/partners/adventure-works",
        ):
            assert (await http.get(path, headers=headers)).status_code in (403, 404), path


def test_a_partner_is_briefed_with_the_agreements_own_sentences(agreement: Agreement) -> None:
    sections = dict(briefing(agreement, People(agreement.teams).name))
    assert list(sections) == ["Who we look for", "From lead to MQL", "From SAL to SQL", "When we hand it over"]
    assert all(sections.values())
    assert who_is_wanted(agreement.definitions.ideal_customer)[0] == (
        "Companies in B2B SaaS, Professional services and Technology with 50–500 people; best of all 100–200."
    )
    assert sections["When we hand it over"][1] == "A referral counts as yours for 180 days."
