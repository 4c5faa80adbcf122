"""A report is one value: what is made from it; and the running month, counted as it will be judged."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, get_args

import pytest
from httpx import ASGITransport, AsyncClient

from agreement import Agreement
from agreement.service_levels import ClockStart, ClockStop
from events import Event
from events.handoffs import StageChanged
from events.leads import LeadCaptured
from reporting.api import routes as api
from reporting.filters import ReportQuery
from reporting.pages import routes as pages
from reporting.pages.agreement_tables import STARTS, STOPS, ChapterPart, chapters
from reporting.pages.live import LiveUpdates
from reporting.reports import REPORTS
from reporting.reports.leads import COLUMNS
from reporting.reports.report import Answer, Column, Report, ReportScope
from runtime.database.connect import Database
from runtime.http.access_keys import Keys
from runtime.http.app import application
from runtime.service import Context
from testing.events import NOON, EventBuilder

Fold = Callable[[Context, Database, Sequence[Event]], Awaitable[None]]


class CountryQuery(ReportQuery):
    continent: str = "all"


async def countries(scope: ReportScope, query: CountryQuery) -> Answer:
    names = {"all": ["DE", "JP", "US"], "europe": ["DE"]}[query.continent]
    items = [{"country": name, "leads": 7, "behind": scope.leads(query)} for name in names]
    return {**scope.period(query).parameters, "items": items, "next": None}


COUNTRIES = Report(
    "countries",
    CountryQuery,
    countries,
    columns=(Column("country", "Country"), Column("leads", "Leads here", "number", link="behind")),
    summary="Where leads live",
    title="Countries",
    panel="half",
)


@pytest.fixture
async def web_with_countries(house: Context) -> AsyncIterator[AsyncClient]:
    """A browser before a house with one more report."""
    reports = (*REPORTS, COUNTRIES)

    async def look() -> int:
        return 1

    app = application(
        title="test",
        settings=house.settings,
        keys=Keys(house.database),
        routers=[api.router(house, reports), pages.page_router(house, LiveUpdates(look), reports).routes],
        ready={},
    )
    async with AsyncClient(transport=ASGITransport(app=app), base_url="http://localhost") as client:
        yield client


async def test_a_report_is_served_as_json_and_as_a_file(web_with_countries: AsyncClient) -> None:
    answer = (await web_with_countries.get("/api/countries?range=30d&continent=europe")).json()
    assert [(row["country"], row["leads"]) for row in answer["items"]] == [("DE", 7)]
    assert (await web_with_countries.get("/api/countries?colour=red")).status_code == 422
    file = await web_with_countries.get("/api/export/countries.csv?range=30d")
    assert file.headers["content-disposition"] == 'attachment; filename="countries-2026-07-07-2026-08-06.csv"'
    assert file.text.splitlines() == ["\ufeffcountry,leads", "DE,7", "JP,7", "US,7"]


async def test_a_report_is_described_for_programs(web_with_countries: AsyncClient) -> None:
    paths = (await web_with_countries.get("/openapi.json")).json()["paths"]
    described = paths["/api/countries"]["get"]
    assert described["summary"] == "Where leads live"
    assert {"continent", "from", "to", "range", "source"} <= {one["name"] for one in described["parameters"]}
    assert {f"/api/{report.name}" for report in REPORTS} <= set(paths)
    assert {f"/api/export/{report.name}.csv" for report in (*REPORTS, COUNTRIES)} <= set(paths)


async def test_a_report_has_a_panel_of_its_own_and_on_the_dashboard(web_with_countries: AsyncClient) -> None:
    panel = (await web_with_countries.get("/panel/countries?range=30d&continent=europe")).text
    dashboard = (await web_with_countries.get("/?range=30d")).text
    for text in (panel, dashboard):
        assert "Leads here" in text
        assert '<a href="/leads?from=2026-07-07&amp;to=2026-08-06">7</a>' in text
    assert "<html" not in panel
    assert "JP" not in panel
    assert (await web_with_countries.get("/panel/nothing")).status_code == 404


async def test_every_report_has_a_panel(web_with_countries: AsyncClient) -> None:
    for report in REPORTS:
        response = await web_with_countries.get(f"/panel/{report.name}?range=30d")
        assert response.status_code == (503 if report.name == "lanes" else 200), report.name
        assert "<section" in response.text or report.name == "lanes", report.name


async def test_a_column_of_the_lead_list_stands_in_one_place(web: AsyncClient) -> None:
    lead = (await web.get("/api/leads?limit=1")).json()["items"][0]
    assert {column.name for column in COLUMNS} == set(lead) - {"owner_name"}
    file = (await web.get("/api/export/leads.csv")).text
    assert file.splitlines()[0] == "\ufeff" + ",".join(column.name for column in COLUMNS if column.file)
    every = ",".join(column.name for column in COLUMNS if column.title)
    page = (await web.get(f"/leads?columns={every}")).text
    titles = re.findall(r'<th class="[^"]*"[^>]*>(?:<a [^>]*>)?([^<↓]+?) ?[↓<]', page)
    assert titles == [column.title for column in COLUMNS if column.title]


def stage_entry(lead: str, at: datetime, **data: object) -> list[Event]:
    """A lead that became known and entered a stage."""
    builder = EventBuilder(lead)
    fields: dict[str, Any] = {"cycle": 1, "status": "assigned", "why": "test", **data}
    return [
        builder.make(LeadCaptured, at=at, email=f"{lead}@x.example", channel="form:demo"),
        builder.make(StageChanged, at=at, **fields),
    ]


async def test_a_running_month_counts_as_it_will_be_judged(
    context: Context, database: Database, new_house: AsyncClient, fold: Fold
) -> None:
    """Not the implied, the withdrawn and the re-engaged; completeness by all that count, also those not known."""
    day = NOON - timedelta(days=2)
    events = [
        *stage_entry("complete", day, stage="mql", completeness=100),
        *stage_entry("meagre", day, stage="mql", completeness=10),
        *stage_entry("not-rated", day, stage="mql"),
        *stage_entry("skipped", day, stage="sql", implied=("mql",), completeness=100),
        *stage_entry("withdrawn", day, stage="mql", completeness=100),
        *stage_entry("again", day, stage="mql", cycle=2, re_engaged=True, completeness=100),
        *stage_entry("last-month", day - timedelta(days=30), stage="mql", completeness=100),
    ]
    back: dict[str, Any] = {
        "cycle": 1,
        "stage": "lead",
        "stage_from": "mql",
        "status": "nurture",
        "why": "test",
        "withdrawn": True,
    }
    events.append(EventBuilder("withdrawn").make(StageChanged, at=NOON, seq=3, **back))
    await fold(context, database, events)

    levels = (await new_house.get("/api/service-levels")).json()["marketing"]
    volume, completeness = levels[0], levels[1]
    assert (volume["name"], volume["actual"], volume["met"]) == ("volume", 3, 3)
    assert (completeness["name"], completeness["met"], completeness["total"]) == ("completeness", 1, 3)
    assert completeness["actual"] == 1 / 3
    chain = (await new_house.get("/api/goals")).json()["chain"]
    goal = next(step for step in chain if step["stage"] == "mql")
    assert goal["actual"] == volume["actual"], "one number on one dashboard"
    for behind in (volume["leads"], goal["leads"]):
        leads = (await new_house.get(behind)).json()["items"]
        assert {lead["id"] for lead in leads} == {"complete", "meagre", "not-rated"}


def test_every_start_and_stop_of_a_promise_has_a_sentence() -> None:
    assert set(STARTS) == set(get_args(ClockStart))
    assert set(STOPS) == set(get_args(ClockStop))


def part_of(part: ChapterPart, *titles: str) -> ChapterPart:
    for title in titles:
        part = next(one for one in part.parts if one.title.text == title)
    return part


def test_the_agreement_is_shown_in_sentences_and_marks_what_is_prose(agreement: Agreement) -> None:
    marks = {"service_levels.promises.title": "prose", "service_levels.repool": "not yet"}
    shown = {name: part for name, _, part in chapters(agreement, marks.get)}["service_levels"]
    promises = part_of(shown, "Promises")
    marked = {label.text: label.mark for label in promises.columns}
    assert (marked["title"], marked["side"]) == ("prose", None)
    assert part_of(shown, "Repool").title.mark == "not yet"
    starts = [row[list(marked).index("starts")] for row in promises.rows]
    assert starts[0] == "when the lead becomes an MQL"
    assert "when the lead is assigned, or a pool hands its qualified lead on" in starts
