"""Promises of both sides as the reports show them: facts recorded late, and the leads and lists behind the numbers."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import pytest
from httpx import AsyncClient
from services.reporting.tests.conftest import History

from events import Event
from events.deals import SurveyAnswered
from events.handoffs import LeadReturned, StageChanged
from events.leads import LeadErased
from events.slas import ClockBreached, ClockMet, ClockMoved, CommitmentJudged, StatusUpdateJudged
from runtime.database.connect import Database
from runtime.service import Context
from testing.events import NOON, EventBuilder

Fold = Callable[[Context, Database, Sequence[Event]], Awaitable[None]]


async def level(web: AsyncClient, name: str, query: str = "range=90d") -> dict[str, object]:
    answer = (await web.get(f"/api/service-levels?{query}")).json()
    (found,) = [one for one in answer["sales"] + answer["marketing"] if one["name"] == name]
    return dict(found)


def status_update(builder: EventBuilder, lead: str, number: int, *, late: bool, by: str = "rep-dan") -> Event:
    occurred: datetime = NOON - timedelta(days=6)
    verdict = {
        **{"promise": "status_updated", "side": "sales", "fact": f"sales/1/{number}", "kind": "deal.won", "by": by},
        **{"team": "new-york", "target": "1bd", "occurred": occurred, "due": occurred + timedelta(days=1)},
        **{"recorded": occurred + timedelta(days=2 if late else 0), "late": late},
    }
    return builder.make(StatusUpdateJudged, verdict, subject=lead, at=occurred)


@pytest.fixture
async def updates(house: Context, database: Database, fold: Fold, builder: EventBuilder) -> None:
    """Four facts about two leads, one of them late."""
    facts = [status_update(builder, f"lead-{n % 2}", n, late=n == 1) for n in range(4)]
    await fold(house, database, facts)


@pytest.mark.usefixtures("updates")
async def test_status_updates_are_counted_fact_by_fact_with_their_list(web: AsyncClient) -> None:
    row = await level(web, "status_updated")
    assert (row["met"], row["total"], row["late"], row["actual"]) == (3, 4, 1, 0.75)
    behind = (await web.get(str(row["missed_leads"]))).json()["items"]
    assert [one["id"] for one in behind] == ["lead-1"]
    (late,) = (await web.get(str(row["facts"]))).json()["items"]
    assert (late["id"], late["name"], late["kind"], late["by"]) == ("lead-1", "Ravi Menon", "deal.won", "rep-dan")
    every = (await web.get("/api/status-updates?range=90d")).json()["items"]
    assert len(every) == 4
    assert (await web.get("/panel/status-updates?range=90d")).status_code == 200


LATE = {"holder": "rep-dan", "charged": "rep-dan"}


async def test_a_clock_that_moved_is_shown_as_it_is_now_and_charged_to_nobody(
    web: AsyncClient, house: Context, database: Database, fold: Fold, golden_history: History
) -> None:
    later = NOON + timedelta(days=2)
    clock = {"clock": "moved", "holder": "rep-dan", "assignment": None}
    golden_history.clock(ClockBreached, "lead-1", NOON, "ae_touch", None, **clock, charged="rep-dan")
    moved = {"due_before": NOON, "was": "breached", "now": "running", "due": later}
    golden_history.clock(ClockMoved, "lead-1", NOON, "ae_touch", None, **clock, **moved)
    await fold(house, database, golden_history.events)
    lead = (await web.get("/api/leads/lead-1")).json()
    (found,) = [one for one in lead["clocks"] if one["name"] == "ae_touch"]
    assert (found["state"], found["charged"], datetime.fromisoformat(found["due"])) == ("running", None, later)


def first_touches(history: History, kept: int, late: int, system: int) -> None:
    """Clocks of this month, in the house's zone; the golden history's began in July."""
    at = NOON - timedelta(days=1)
    for number in range(kept + late + system):
        kind, data = (ClockMet, {"stopped": at, "cause": "attempted"}) if number < kept else (ClockBreached, LATE)
        charged = {"charged": "system"} if number >= kept + late else {}
        clock = {"clock": f"c-{number}", "holder": "rep-dan", "assignment": None, "agreement": "v7", **data, **charged}
        history.clock(kind, f"lead-{number % 6}", at, "ae_touch", None, **clock)


@pytest.mark.parametrize(
    ("kept", "late", "system", "colour", "state", "left"),
    [
        (95, 5, 0, "green", "met", 0),
        (94, 6, 0, "amber", "near", -1),
        (90, 10, 0, "amber", "near", -5),
        (89, 11, 0, "red", "missed", -6),
        (20, 0, 30, "green", "met", 1),  # what is charged to the system is nobody's breach
        (0, 0, 3, None, "no_data", 0),
    ],
)
async def test_a_promise_has_an_agreed_share_and_a_budget_that_burns_down(
    house: Context,
    database: Database,
    fold: Fold,
    golden_history: History,
    web: AsyncClient,
    kept: int,
    late: int,
    system: int,
    colour: str | None,
    state: str,
    left: int,
) -> None:
    before = len(golden_history.events)
    first_touches(golden_history, kept, late, system)
    await fold(house, database, golden_history.events[before:])
    row = await level(web, "ae_touch")
    assert (row["colour"], row["state"], row["kept_percent"]) == (colour, state, 95)
    page = (await web.get("/service-levels?range=90d")).text
    promise = page.split("Account executive takes over")[1].split("</tr>")[0]
    dots = {"green": 'class="dot good"', "amber": 'class="dot warn"', "red": 'class="dot bad"'}
    assert [dot for dot in dots.values() if dot in promise] == ([dots[colour]] if colour else [])
    assert (row["met"], row["total"], row["system"]) == (kept, kept + late, system)
    budget = row["budget"]
    assert isinstance(budget, dict)
    assert (budget["total"], budget["used"], budget["left"]) == (kept + late, late, left)
    assert (budget["from"], budget["to"]) == ("2026-08-01", "2026-08-06")
    behind = (await web.get(str(row["system_leads"]))).json()["items"]
    assert len(behind) == min(6, system)
    clocks = (await web.get("/api/leads/lead-0")).json()["clocks"]
    clock = next(one for one in clocks if one["name"] == "ae_touch")
    assert (clock["agreement"], clock["level"]) == ("v7", "owner")
    assert (await web.get("/leads/lead-0")).text.count("agreement v7") > 0
    assert (await web.get("/panel/service-levels")).status_code == 200


ANSWERS = {
    **{"by": "rep-dan", "deal": "d-lead-0", "outcome": "won", "reason": "service", "competitor": "Rival"},
    **{"content": ["Retail case study"], "objections": ["<script>price</script>"], "champion": "Dana"},
    "lead_quality_issue": False,
}


async def test_the_latest_survey_of_a_deal_is_shown_by_its_api_and_its_pages(
    house: Context, database: Database, fold: Fold, builder: EventBuilder, web: AsyncClient
) -> None:
    page = (await web.get("/survey/d-lead-0")).text
    assert '<input type="hidden" name="outcome" value="won">' in page
    assert '<input type="hidden" name="lead" value="lead-0">' in page
    assert "Who was the main competitor?" in page
    assert "Which missing feature broke the deal?" not in page, "it was won"
    assert (await web.get("/api/deals/d-lead-0")).json()["survey"] is None
    first = builder.make(SurveyAnswered, {**ANSWERS, "reason": "price"}, subject="lead-0", at=NOON)
    second = builder.make(SurveyAnswered, ANSWERS, subject="lead-0", at=NOON + timedelta(hours=1))
    await fold(house, database, [second, first])
    survey = (await web.get("/api/deals/d-lead-0")).json()["survey"]
    assert {name: survey[name] for name in ANSWERS if name != "deal"} == {
        k: v for k, v in ANSWERS.items() if k != "deal"
    }
    page = (await web.get("/deals/d-lead-0")).text
    assert "Retail case study" in page
    assert "<script>price" not in page
    assert "50,000" in page
    assert (await web.get("/deals/nothing")).status_code == (await web.get("/survey/nothing")).status_code == 404
    erasure = builder.make(LeadErased, subject="lead-0", at=NOON + timedelta(hours=2))
    await fold(house, database, [erasure])
    survey = (await web.get("/api/deals/d-lead-0")).json()["survey"]
    assert (survey["champion"], survey["reason"]) == (None, "service")


@pytest.mark.parametrize("name", ["service-levels", "status-updates", "lead-guarantee", "places"])
async def test_what_messages_and_numbers_link_to_is_a_page(web: AsyncClient, name: str) -> None:
    assert (await web.get(f"/{name}?range=90d")).status_code == 200


async def test_a_lead_that_came_back_raises_the_months_target_with_its_list(
    house: Context, database: Database, fold: Fold, builder: EventBuilder, web: AsyncClient
) -> None:
    """Also one that was accepted first."""
    back = {"reason": "not_icp", "rep": "rep-dan", "lead_guarantee": True}
    offers = [("lead-1", "lead-1.1"), ("lead-5", "lead-5.1")]
    events = [
        builder.make(LeadReturned, {**back, "assignment": offer}, subject=lead, at=NOON) for lead, offer in offers
    ]
    assert (await level(web, "volume"))["target"] == 100
    await fold(house, database, events)
    volume = await level(web, "volume")
    assert (volume["target"], volume["agreed"], volume["owed"]) == (102, 100, 2)
    ledger = (await web.get(str(volume["owed_leads"]))).json()
    assert (ledger["owed"], sorted(one["id"] for one in ledger["items"])) == (2, ["lead-1", "lead-5"])
    assert {(one["rep"], one["reason"]) for one in ledger["items"]} == {("rep-dan", "Not our kind of customer")}
    reasons = (await web.get("/api/rejections?range=90d")).json()["reasons"]
    assert {one["owed_leads"] for one in reasons} == {"/api/lead-guarantee?from=2026-05-08&to=2026-08-06"}


async def test_the_feedback_commitment_lists_the_rated_leads(
    house: Context, database: Database, fold: Fold, builder: EventBuilder, web: AsyncClient
) -> None:
    week = {"start": NOON.date() - timedelta(days=21), "end": NOON.date() - timedelta(days=14)}
    verdict = {"name": "feedback", "side": "sales", "target": 1.0, "numerator": 1, "denominator": 1, "state": "met"}
    event = builder.make(CommitmentJudged, {**verdict, **week}, subject="feedback", at=NOON - timedelta(days=14))
    await fold(house, database, [event])
    behind = (await web.get(str((await level(web, "feedback"))["leads"]))).json()["items"]
    assert [one["id"] for one in behind] == ["lead-0"]


async def test_every_place_of_the_operations_page_has_its_list(
    house: Context, database: Database, fold: Fold, builder: EventBuilder, web: AsyncClient
) -> None:
    """An MQL from history that nobody got stands under operations."""
    data = {"stage": "mql", "status": "new", "why": "history"}
    await fold(house, database, [builder.make(StageChanged, data, subject="lead-7", at=NOON, mode="historical")])
    answer = (await web.get("/api/places?place=operations")).json()
    assert (answer["count"], [one["id"] for one in answer["items"]]) == (1, ["lead-7"])
    assert answer["places"]["operations"] == 1
    assert "lead-7" in (await web.get("/places?place=operations")).text
    everywhere = (await web.get("/places")).text
    assert 'href="/places?place=operations">operations 1</a>' in everywhere, "without a place one sees which there are"
    assert (await web.get("/api/places?place=nowhere")).status_code == 422


async def test_speed_says_where_the_minutes_went_and_how_often_the_goal_was_reached(web: AsyncClient) -> None:
    """Of six hands in the golden history two were answered, each after two hours; one lead was refused untouched."""
    answer = (await web.get("/api/speed?range=90d")).json()
    assert (answer["answered"], answer["waiting"], answer["ended_untouched"]) == (2, 3, 1)
    assert answer["median_seconds"] == 7200
    assert sum(one["seconds"] for one in answer["parts"]) == answer["seconds"] == 14400
    for row in answer["items"]:
        assert sum(row["parts"].values()) == row["seconds"]
        assert (row["rep"], row["kind"]) == ("rep-dan", "demo_request")
    goal = answer["goal"]
    assert (goal["goal"], goal["met"], goal["total"]) == ("10min", 0, 1), "one was raised before nine in New York"
    page = (await web.get("/speed?range=90d")).text
    assert "Dana Whitfield" in page
    assert "within 10 min of open time" in page
    assert "1 ended without a touch" in page
    file = (await web.get("/api/export/speed.csv?range=90d")).text
    assert "off_hours_seconds" in file.splitlines()[0]
