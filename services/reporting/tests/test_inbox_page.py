"""The inbox as HTML: counts are their lists, the pane has the buttons, and everything works by links and forms."""

import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from httpx import AsyncClient
from services.reporting.tests.conftest import History

from events import Event
from events.handoffs import AlertRaised, AnswerIgnored
from events.teamwork import LeadSnoozed
from reporting.reports.inbox_views import VIEWS
from reporting.service import SERVICE
from runtime.database.connect import Database
from runtime.service import Context
from testing.events import NOON
from testing.office import browser, sign_in

Fold = Callable[[Context, Database, Sequence[Event]], Awaitable[None]]


def rows(page: str) -> list[str]:
    """The leads of the list that is drawn."""
    return re.findall(r'data-row data-lead="([^"]+)"', page)


def counts(page: str) -> dict[str, int]:
    """By view, the number on its tab."""
    return {view: int(count) for view, count in re.findall(r'data-view="(\w+)" data-count="(\d+)"', page)}


@pytest.fixture
async def busy(house: Context, database: Database, fold: Fold, web: AsyncClient) -> AsyncClient:
    """Leads in every view of the inbox of rep-dan."""
    history = History()
    for name in ("quinn", "rhea", "sol", "tia"):
        history.offered(name, NOON - timedelta(hours=1), "rep-dan", name=name.title(), company="Quay", source="google")
    history.accepted("rhea", NOON - timedelta(minutes=30), "rep-dan", NOON - timedelta(hours=1))
    history.add(LeadSnoozed, "sol", NOON, {"by": "rep-dan", "until": NOON + timedelta(hours=1)})
    await fold(house, database, history.events)
    return web


@pytest.mark.parametrize("rep", ["rep-dan", "rep-grace", ""])
async def test_the_count_on_a_tab_is_its_list(busy: AsyncClient, rep: str) -> None:
    page = (await busy.get("/inbox", params={"rep": rep})).text
    shown = counts(page)
    seen: list[str] = []
    for view in VIEWS:
        listed = rows((await busy.get("/inbox", params={"rep": rep, "view": view})).text)
        assert len(listed) == shown.get(view, 0), view
        answer = (await busy.get("/api/inbox", params={"rep": rep, "view": view})).json()
        assert [one["lead"] for one in answer["items"]] == listed, view
        seen += listed
    everything = (await busy.get("/api/inbox", params={"rep": rep})).json()["items"]
    assert {one["lead"] for one in everything} <= set(seen)
    assert len(seen) == len(set(seen))


async def test_who_is_chosen_has_as_many_in_work_as_stand_on_the_tabs(busy: AsyncClient) -> None:
    page = (await busy.get("/inbox", params={"rep": "rep-dan"})).text
    named = dict(re.findall(r'<option value="([^"]+)"[^>]*>[^<]*?, (\d+) in work</option>', page))
    assert int(named["rep-dan"]) == sum(counts(page).values())
    for rep, number in named.items():
        tabs = counts((await busy.get("/inbox", params={"rep": rep})).text)
        assert int(number) == sum(tabs.values()), rep


async def test_offers_accepted_ones_and_what_is_put_off_stand_apart(busy: AsyncClient) -> None:
    page = (await busy.get("/inbox?rep=rep-dan")).text
    assert {"quinn", "tia"} <= set(rows(page))
    assert rows((await busy.get("/inbox?rep=rep-dan&view=call")).text)[0:1] == ["rhea"]
    assert rows((await busy.get("/inbox?rep=rep-dan&view=snoozed")).text) == ["sol"]
    late = (await busy.get("/inbox?rep=rep-dan&view=late")).text
    assert rows(late) == ["lead-5"], "charged to Dan, long ago"
    assert "lead-5" in rows((await busy.get("/inbox?rep=rep-grace&view=late")).text), "his manager sees it"


async def test_the_address_of_a_lead_opens_its_tab_and_its_pane_with_the_buttons(busy: AsyncClient) -> None:
    page = (await busy.get("/inbox?rep=rep-dan&lead=rhea")).text
    assert re.search(r'data-view="call" data-count="\d+" aria-current="page"', page)
    assert '<article class="pane" data-lead="rhea"' in page
    offered = (await busy.get("/inbox?lead=quinn")).text
    bar = offered[offered.index('<section class="acts"') :]
    for kind in ("accepted", "rejected", "contact_attempted", "connected", "qualified", "deal_opened"):
        assert f'name="type" value="{kind}"' in bar
    assert 'name="assignment" value="quinn.1"' in bar
    assert 'name="by" value="rep-dan"' in bar


async def test_the_pane_says_who_what_by_when_and_why(busy: AsyncClient) -> None:
    pane = (await busy.get("/inbox?rep=rep-dan&lead=quinn&part=pane")).text
    for words in (
        "Quinn",
        "pricing page 3x",
        "Accept or reject",
        "first touch",
        "2 h left (11:00)",
        "Say",
        "It was the turn of Dan Kowalski in Mid-market in North America",
        "fit 45",
    ):
        assert words in pane, words
    assert "<html" not in pane
    assert (await busy.get("/inbox?lead=nobody&part=pane")).status_code == 200


async def test_an_answer_that_no_longer_counts_is_said(
    busy: AsyncClient, house: Context, database: Database, fold: Fold
) -> None:
    history = History()
    data = {"assignment": "quinn.1", "answer": "accepted", "by": "rep-dan", "reason": "reassigned"}
    text = "already reassigned to Ana Lima"
    history.offered("quinn", NOON - timedelta(hours=1), "rep-dan", name="Quinn", company="Quay", source="google")
    history.events = [history.add(AnswerIgnored, "quinn", NOON, {**data, "text": text})]
    await fold(house, database, history.events)
    answers = (await busy.get("/inbox?part=answers&sent=quinn,tia")).text
    assert text in answers
    assert answers.count("data-event") == 1
    assert "data-event" not in (await busy.get("/inbox?part=answers")).text


async def test_how_much_somebody_has_in_work_is_one_number_whoever_reads_it(
    busy: AsyncClient, house: Context, mails: Path
) -> None:
    """A rep sees a part of what others have, and so no number of it; the own one is what a manager reads."""
    read: dict[str, dict[str, str]] = {}
    for who in ("grace.miller", "dan.kowalski", "elena.petrova"):
        async with browser(SERVICE, house) as http:
            await sign_in(http, mails, f"{who}@northwind.example")
            page = (await http.get("/inbox?rep=")).text
        read[who] = dict(re.findall(r'<option value="([^"]+)"[^>]*>[^<]*?, (\d+) in work</option>', page))
    assert int(read["grace.miller"]["rep-dan"]) > 3
    assert read["dan.kowalski"] == {"rep-dan": read["grace.miller"]["rep-dan"]}
    assert set(read["elena.petrova"]) <= {"rep-elena"}


async def test_more_decisions_than_are_drawn_are_counted_all(
    house: Context, database: Database, fold: Fold, web: AsyncClient
) -> None:
    history, question = History(), {"to": "manager", "reason": "everyone_had_it", "text": "everybody has had it"}
    for number in range(52):
        lead, at = f"waits-{number}", NOON - timedelta(hours=2, seconds=number)
        history.captured(lead, at, email=f"{lead}@quay.example", name=lead, company="Quay", source=None)
        history.add(AlertRaised, lead, at, {**question, "rep": "rep-grace", "choices": ["reassigned"]})
    await fold(house, database, history.events)
    for rep in ("rep-grace", ""):
        page = (await web.get("/inbox", params={"rep": rep})).text
        assert "To decide: 52" in page
        assert "the 50 that wait longest" in page
        assert page.count('aria-label="To whom') == 50
    listed, after = set[str](), None
    while True:
        answer = (await web.get("/api/decisions", params={"manager": "rep-grace", "limit": 20, "after": after})).json()
        listed |= {one["lead"] for one in answer["items"]}
        if (after := answer["next"]) is None:
            break
    assert listed == {f"waits-{number}" for number in range(52)}
