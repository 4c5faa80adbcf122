"""Packs in a house: frozen once, as a fact; the same after a rebuild; later facts are differences with causes."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from httpx import AsyncClient
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from services.reporting.tests.conftest import History, client_of
from services.reporting.tests.test_deals import Fold
from typing_extensions import TypedDict

from events import Event
from events.codec import decode
from events.deals import DealLost, DealOpened
from events.packs import AnomalySeen, PackFigure, PackFrozen, PackOpened, PackPart
from events.teamwork import ActionItem
from reporting.decide import State, Terms, decide
from reporting.decide.packs import Pack, StoredAnomaly
from reporting.freezing import FreezingLoop
from reporting.reports.pack_parts import LONGEST_CELL, MOST_DEALS
from reporting.reports.packs import differences
from reporting.service import SERVICE
from runtime.database.connect import Database
from runtime.database.statement import statement
from runtime.service import Context
from testing.events import NOON, EventBuilder
from testing.office import browser, sign_in
from testing.service import at

WEEK = "2026-W30"
"""In which the golden leads came."""
_LINES = statement("SELECT body FROM stream_batch WHERE topic = 'packs' ORDER BY p, first_seq")


class FigureAnswer(TypedDict):
    name: str
    value: float | None
    text: str


class PartAnswer(TypedDict):
    name: str
    figures: list[FigureAnswer]


class DifferenceAnswer(TypedDict):
    name: str
    was: str


class CauseAnswer(TypedDict):
    type: str
    facts: int


class RestatedAnswer(TypedDict):
    figures: list[DifferenceAnswer]
    causes: list[CauseAnswer]


class PackAnswer(TypedDict):
    pack: str
    title: str
    parts: list[PartAnswer]
    restated: RestatedAnswer


async def frozen(context: Context, database: Database) -> list[Event]:
    """All that is due by now is written; the facts, as they stand in the streams."""
    loop = FreezingLoop(context)
    while await loop.round():
        pass
    async with database.begin() as tx:
        bodies = list((await tx.execute(_LINES)).scalars())
    events = (decode(line) for body in bodies for line in body.split(b"\n"))
    return sorted((one for one in events if one is not None), key=lambda one: (one.time, one.subject))


@pytest.fixture
async def packs(house: Context, database: Database, fold: Fold) -> list[Event]:
    """The facts of the golden house's three weeks, folded in."""
    events = await frozen(house, database)
    await fold(house, database, events)
    return events


@pytest.fixture
async def http(house: Context, packs: list[Event]) -> AsyncIterator[AsyncClient]:
    async with client_of(house) as client:
        yield client


async def ask(http: AsyncClient, pack: str = WEEK) -> PackAnswer:
    answer: PackAnswer = (await http.get(f"/api/packs/{pack}")).raise_for_status().json()
    return answer


def figures(answer: PackAnswer) -> dict[str, float | None]:
    return {one["name"]: one["value"] for part in answer["parts"] for one in part["figures"]}


async def test_each_period_that_is_over_is_frozen_once_at_its_instant(
    house: Context, database: Database, packs: list[Event]
) -> None:
    names = [one.data.pack for one in packs if isinstance(one, PackFrozen)]
    assert names == ["2026-07", "2026-W29", "2026-W30", "2026-W31"]
    assert await frozen(house, database) == packs, "another process, or the same one again, writes nothing more"


async def test_the_figures_of_a_week_by_hand(http: AsyncClient) -> None:
    """Six leads of the golden history passed the gate in the week of 20 July, and lead 0 was won on the 23rd."""
    shown = figures(await ask(http, "2026-W29"))
    assert shown["mqls"] == 6
    assert shown["deals_won"] == 0
    week = figures(await ask(http))
    assert week["mqls"] == 0, "lead 6 passed by hand and was withdrawn"
    assert week["won"] == 5_000_000
    assert week["deals_won"] == 1
    assert week["ratings"] is None


async def test_a_later_fact_changes_a_pack_only_as_a_difference_with_its_cause(
    house: Context, database: Database, http: AsyncClient, fold: Fold, builder: EventBuilder
) -> None:
    before = await ask(http, "2026-W29")
    assert before["restated"] == {"figures": [], "causes": []}
    late = History(NOON, builder=builder)
    start = datetime(2026, 7, 17, 12, tzinfo=UTC)
    late.captured("late", start, email="late@b.example", name="Late", company="Late", source="google")
    late.stage("late", start, "mql", "assigned")
    await fold(house, database, [replace(one, recordedtime=NOON + timedelta(hours=1)) for one in late.events])
    after = await ask(http, "2026-W29")
    assert after["parts"] == before["parts"], "what both teams saw stays"
    assert [one["name"] for one in after["restated"]["figures"]][:1] == ["mqls"]
    causes = {one["type"]: one["facts"] for one in after["restated"]["causes"]}
    assert causes == {"lead.captured.v1": 1, "stage.changed.v1": 1}


async def test_the_same_facts_give_the_same_packs_after_a_rebuild(
    packs: list[Event], history: list[Event], terms: Terms, house: Context, database: Database
) -> None:
    """Whatever is known by then: the packs come from their own facts, and of several the first counts."""
    again = [one.data for one in packs if isinstance(one, PackFrozen)]
    later = await frozen(at(house, NOON + timedelta(minutes=1)), database)
    assert later == packs
    rows = decide(State(), [*history, *packs, *reversed(packs)], terms, now=NOON).state.rows(Pack)
    assert {key[0] for key in rows} == {one.pack for one in again}
    assert all(rows[(one.pack,)].parts == one.parts for one in again)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=6), st.integers(0, 6))
def test_of_several_facts_of_a_period_the_first_counts_wherever_a_batch_is_cut(
    terms: Terms, titles: list[int], cut: int
) -> None:
    make = EventBuilder(WEEK).make
    week = {"pack": WEEK, "kind": "week", "start": "2026-07-20", "end": "2026-07-27", "currency": "USD", "parts": ()}
    facts = [make(PackFrozen, {**week, "title": str(one)}, subject=WEEK) for one in titles]
    head = decide(State(), facts[:cut], terms, now=NOON).state
    tail = decide(head, facts[cut:], terms, now=NOON).state
    head.update(tail)
    assert [row.title for row in head.rows(Pack).values()] == [str(titles[0])]


def test_of_several_facts_of_a_day_that_stands_out_the_first_counts(terms: Terms) -> None:
    day = {"anomaly": "mqls/2026-08-04", "kind": "fall", "metric": "mqls", "day": "2026-08-04", "expected": 14.0}
    day |= {"count": 3, "deviations": 3.7, "weeks": 8, "text": "MQLs fell."}
    make = EventBuilder("anomaly/mqls/2026-08-04").make
    facts = [make(AnomalySeen, {**day, "value": value}) for value in (3.0, 2.0)]
    assert [one.value for one in decide(State(), facts, terms, now=NOON).state.rows(StoredAnomaly).values()] == [3.0]


def figure(name: str, value: float | None) -> PackFigure:
    return PackFigure(name=name, title=name, value=value, text=str(value))


def part(name: str, *some: PackFigure) -> PackPart:
    return PackPart.read({"name": name, "title": name, "figures": [one.values() for one in some]})


def test_only_figures_of_closed_parts_are_compared() -> None:
    then = [part("metrics", figure("mqls", 61), figure("won", None)), part("money", figure("shared_cac", 5))]
    now = [part("metrics", figure("mqls", 62), figure("won", None)), part("money", figure("shared_cac", 9))]
    (changed,) = differences(then, now)
    assert (changed["name"], changed["was_value"], changed["is_value"]) == ("mqls", 61, 62)
    assert differences(then, then) == []


async def test_open_action_items_travel_with_the_pack_without_what_may_name_a_person(
    house: Context, database: Database, fold: Fold, builder: EventBuilder
) -> None:
    for item, lead in (("a-1", None), ("a-2", "lead-3")):
        data = {"item": item, "text": f"Do {item}", "owner": "rep-dan", "due": "2026-07-20"}
        made = builder.make(ActionItem, data, subject=lead or item, at=NOON - timedelta(days=18))
        await fold(house, database, [made])
    packs = [one for one in await frozen(house, database) if isinstance(one, PackFrozen)]
    (actions,) = [one for one in packs[-1].data.parts if one.name == "actions"]
    assert actions.sentences == ("2 items open, 2 of them overdue.",)
    assert {row.cells[0] for row in actions.tables[0].rows} == {"Do a-1", "about a lead: see the page"}


async def test_a_reason_in_somebodys_own_words_is_not_frozen(
    house: Context, database: Database, fold: Fold, builder: EventBuilder
) -> None:
    """It may name a person, and no erasure reaches a pack: there stands one of the agreement, or that there is one."""
    start, many = datetime(2026, 7, 22, 12, tzinfo=UTC), History(NOON, builder=builder)
    for n, reason in enumerate(("price", "Quinn Adams disliked the demo")):
        deal = {"deal": f"lost-{n}", "by": "rep-dan", "amount": {"amount": 9000 - n, "currency": "USD"}}
        many.add(DealOpened, "lead-3", start, deal)
        many.add(DealLost, "lead-3", start + timedelta(hours=1), {**deal, "reason": reason})
    await fold(house, database, many.events)
    packs = [one for one in await frozen(house, database) if isinstance(one, PackFrozen)]
    (deals,) = [part for one in packs if one.data.pack == WEEK for part in one.data.parts if part.name == "deals"]
    (losses,) = [one for one in deals.tables if one.title == "Losses"]
    assert [row.cells[2] for row in losses.rows] == ["price", "in own words"]


async def test_who_is_signed_in_and_opens_a_pack_is_noted_once(
    house: Context, database: Database, packs: list[Event], fold: Fold
) -> None:
    """Of both teams; a visitor of this machine is nobody. The self-assessment counts what both teams have opened."""
    for who in ("grace.miller", "grace.miller", "mara.lindqvist"):
        async with browser(SERVICE, house) as http:
            await sign_in(http, house.settings.data / "outbox" / "email", f"{who}@northwind.example")
            assert (await http.get(f"/packs/{WEEK}")).status_code == 200
        opened = [one for one in await frozen(house, database) if isinstance(one, PackOpened)]
        await fold(house, database, opened)
    assert [(one.data.by, one.data.side) for one in opened] == [("rep-grace", "sales"), ("mara", "marketing")]
    async with client_of(house) as http:
        page = (await http.get(f"/packs/{WEEK}")).text
        every = (await http.get("/api/packs")).json()["items"]
        topics = (await http.get("/api/self-assessment")).json()["items"]
    assert "Opened by Mara Lindqvist, Grace Miller." in page
    assert {one["pack"]: one["opened"] for one in every} == {"2026-07": 0, "2026-W29": 0, WEEK: 2, "2026-W31": 0}
    (text,) = [one["evidence_text"] for one in topics if one["topic"] == "meetings"]
    assert text.endswith("1 of 4 packs were opened by both teams")


async def test_no_word_of_anybody_makes_a_pack_too_large_to_be_told(
    house: Context, database: Database, fold: Fold, builder: EventBuilder
) -> None:
    """A fact that is too large would end the house, each time it begins."""
    text = "x" * 8192
    items = [builder.make(ActionItem, {"item": f"a-{n}", "text": text}, subject=f"a-{n}") for n in range(140)]
    start = datetime(2026, 7, 22, 12, tzinfo=UTC)
    many = History(NOON, builder=builder)
    for n in range(130):
        deal = {"deal": f"many-{n}", "by": "rep-dan"}
        many.add(DealOpened, "lead-3", start, deal)
        many.add(DealLost, "lead-3", start + timedelta(hours=1), {**deal, "reason": "price", "competitor": text})
    await fold(house, database, [*items, *many.events])
    packs = [one for one in await frozen(house, database) if isinstance(one, PackFrozen)]
    parts = {part.name: part for one in packs if one.data.pack == "2026-W30" for part in one.data.parts}
    assert len(parts["actions"].tables[0].rows) == 140
    assert max(len(cell) for row in parts["actions"].tables[0].rows for cell in row.cells) == LONGEST_CELL
    (losses,) = [one for one in parts["deals"].tables if one.title == "Losses"]
    assert len(losses.rows) == MOST_DEALS
    assert {len(row.cells[3]) for row in losses.rows} == {LONGEST_CELL}


async def test_the_page_shows_the_parts_and_takes_action_items_without_scripts(
    house: Context, database: Database, http: AsyncClient, fold: Fold, builder: EventBuilder
) -> None:
    data = {
        "item": "a-1",
        "pack": "2026-W29",
        "text": "Call the webinar leads",
        "owner": "rep-dan",
        "due": "2026-07-28",
    }
    await fold(house, database, [builder.make(ActionItem, data, subject="a-1", at=NOON - timedelta(days=9))])
    page = (await http.get(f"/packs/{WEEK}")).raise_for_status().text
    assert "Call the webinar leads" in page
    assert "carried over from 2026-W29" in page
    assert 'name="type" value="action_item"' in page
    assert 'hx-trigger="news from:#live"' in page, "who adds an item sees it"
    assert ">no</td>" in (await http.get("/action-items")).raise_for_status().text, "not False"
    assert page.count('method="post" action="/sales"') == 2
    assert (await http.get("/packs")).raise_for_status().text.count("Week 3") == 2
    assert (await http.get("/packs/2031-W01")).status_code == 404
    sheet = (await http.get("/api/export/pack-figures.csv", params={"pack": WEEK})).raise_for_status().text
    assert "5000000" in sheet


async def test_an_anomaly_is_kept_once_and_listed(
    house: Context, database: Database, http: AsyncClient, fold: Fold, builder: EventBuilder
) -> None:
    data = {
        **{"anomaly": "mqls/2026-08-04", "kind": "fall", "metric": "mqls", "day": "2026-08-04", "value": 3.0},
        **{"expected": 14.0, "count": 3, "deviations": 3.7, "weeks": 8, "dimension": "source", "part": "google"},
        **{"share": 0.92, "text": "MQLs fell on Tue 4 Aug: 3 where 14 are usual.", "link": "/api/leads?source=google"},
    }
    facts: Sequence[Event] = [builder.make(AnomalySeen, data, subject="anomaly/mqls/2026-08-04") for _ in range(2)]
    await fold(house, database, facts)
    answer = (await http.get("/api/anomalies")).raise_for_status().json()
    assert [one["anomaly"] for one in answer["items"]] == ["mqls/2026-08-04"]
    page = (await http.get("/panel/anomalies")).raise_for_status().text
    assert 'href="/leads?source=google"' in page
    assert "MQLs fell on Tue 4 Aug" in page
    assert "mqls/2026-08-04" in (await http.get("/api/export/anomalies.csv")).raise_for_status().text
    assert StoredAnomaly.table == "anomaly"
