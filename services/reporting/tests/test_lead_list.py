"""The list of leads: exact views, columns and order in the address, rows that are picked; all without a script."""

import re
from collections.abc import Awaitable, Callable, Sequence
from html import unescape
from pathlib import Path

import pytest
from httpx import AsyncClient
from starlette.datastructures import QueryParams

from events import Event
from events.sales import ContactAttempted
from reporting.leads_query import LeadsQuery
from reporting.pages.lead_list import USUAL, VIEWS, chosen_columns, sort_of, views
from reporting.reports.leads import COLUMNS
from reporting.store.leads import _conditions_of, _page
from runtime.database.connect import Database
from runtime.database.statement import statement
from runtime.service import Context
from testing.events import NOON
from testing.office import hidden, sign_in

from .conftest import golden

Fold = Callable[[Context, Database, Sequence[Event]], Awaitable[None]]
OURS = {"sec-fetch-site": "same-origin"}


async def ids(web: AsyncClient, query: str) -> list[str]:
    return sorted(one["id"] for one in (await web.get(f"/api/leads?{query}&limit=500")).json()["items"])


async def test_a_view_is_exactly_its_filters(house: Context, database: Database, fold: Fold, web: AsyncClient) -> None:
    history = golden()
    history.add(ContactAttempted, "lead-2", NOON, {"by": "rep-dan", "channel": "call"})
    for flags in (None, ("cooling",)):  # it comes back, and cools
        history.stage("lead-7", NOON, "mql", "waiting_for_shift", cycle=2, flags=flags)
    await fold(house, database, history.events[-3:])
    wanted = {
        "All leads": [f"lead-{number}" for number in range(10)],
        "Unanswered": ["lead-5"],
        "Hot and untouched": ["lead-3", "lead-5"],
        "Cooling": ["lead-7"],
        "Came back": ["lead-7"],
        "Nobody's": ["lead-7"],
    }
    for title, filters, _ in VIEWS:
        query = "&".join(f"{name}={value}" for name, value in filters.items())
        assert await ids(web, query) == wanted[title], title
        page = (await web.get(f"/leads?{query}")).text
        assert f">{len(wanted[title])} lead" in page.replace("<b>", ""), title
        lit = re.findall(r'aria-current="page"[^>]*>([^<]*)</a>', page)
        assert unescape(lit[-1]) == title, lit


def test_a_tab_is_lit_by_its_filters_and_keeps_order_and_columns() -> None:
    filters = {"band": "hot", "touched": "false", "ended": "false", "q": "walsh", "sort": "name"}
    tabs = views(filters, QueryParams({**filters, "columns": "total,owner"}))
    assert [tab["title"] for tab in tabs if tab["here"]] == ["Hot and untouched"]
    assert tabs[1]["href"] == "/leads?offered=true&sort=name&columns=total%2Cowner"
    assert not any(tab["here"] for tab in views({"band": "hot"}, QueryParams()))


def test_columns_are_chosen_in_the_address() -> None:
    def names(query: str) -> list[str]:
        return [column.name for column in chosen_columns(QueryParams(query))]

    assert names("") == [column.name for column in COLUMNS if column.name in USUAL]
    assert names("columns=campaign,total,nonsense") == ["name", "total", "campaign"]
    assert names("columns=campaign&columns=total") == ["name", "total", "campaign"]


def test_a_second_look_at_a_column_turns_the_order() -> None:
    column = {one.name: one for one in COLUMNS}
    assert sort_of(column["name"], LeadsQuery()) == {"sort": "name", "order": None}
    assert sort_of(column["total"], LeadsQuery()) == {"sort": "total", "order": "asc"}
    assert sort_of(column["total"], LeadsQuery(order="asc")) == {"sort": "total", "order": "desc"}
    assert sort_of(column["name"], LeadsQuery(sort="name")) == {"sort": "name", "order": "desc"}


def test_a_statement_has_the_conditions_that_were_asked_for() -> None:
    """Else PostgreSQL reads tables that nobody filters about."""
    assert _conditions_of({"mode": "cohort", "captured": False, "others": False}) == ()
    assert _conditions_of({"ended": False, "captured": True}) == ("captured", "ended")
    assert _conditions_of({"source": "google", "rep": "rep-dan"}) == ("first", "is")
    assert _conditions_of({"rep": "rep-dan", "others": True, "answered": "any"}) == ("answered",)


async def test_the_page_shows_the_columns_and_the_order_of_its_address(web: AsyncClient) -> None:
    page = (await web.get("/leads?columns=campaign,total&sort=total&order=asc&source=google")).text
    head = re.findall(r"<th[^>]*>(?:<a[^>]*>)?([A-Z][a-z ]+)", page.split("<thead>")[1].split("</thead>")[0])
    assert [one.strip() for one in head] == ["Name", "Score", "Campaign"]
    assert 'aria-sort="ascending"' in page
    assert "order=desc" in page
    assert page.count("data-row") == len(await ids(web, "source=google"))
    several = await web.get("/leads?columns=campaign&columns=total&q=dana")
    assert (several.status_code, several.headers["location"]) == (303, "/leads?columns=campaign%2Ctotal&q=dana")
    assert 'role="img" aria-label="fit 45, engagement 50"' in page


async def test_the_file_of_picked_rows_has_these_and_no_others(http: AsyncClient, mails: Path) -> None:
    await sign_in(http, mails, "grace.miller@northwind.example")
    page = await http.get("/leads")
    assert page.text.count('form="picked"') == 10
    for button in ('value="reassigned"', 'value="nurtured"', 'formaction="/leads/selected.csv"'):
        assert button in page.text
    fields = {"form_token": hidden(page), "lead": ["lead-3", "lead-1"], "type": "reassigned"}
    file = await http.post("/leads/selected.csv", data=fields, headers=OURS)
    assert file.headers["content-type"].startswith("text/csv")
    assert sorted(line.split(",")[0] for line in file.text.splitlines()[1:]) == ["lead-1", "lead-3"]
    nothing = await http.post("/leads/selected.csv", data={"type": "reassigned"}, headers=OURS)
    assert len(nothing.text.splitlines()) == 1
    assert (await http.post("/leads/selected.csv", data=fields)).status_code == 403
    await sign_in(http, mails, "dan.kowalski@northwind.example")
    own = (await http.get("/leads")).text
    assert 'value="reassigned"' not in own
    assert 'value="handed_over"' in own


SEED = """
    INSERT INTO person (lead, email, name, company, facts, captured_at, first_seen, historical)
        SELECT 'many-' || n, n || '@many.example', 'Name ' || n * 7919 % 20011, 'Many', '{}', now(),
               now() - n * interval '1 minute', false FROM generate_series(1, 20000) n;
    INSERT INTO standing (lead, fit, engagement, total, band, completeness, passed, at, last_engaged, body)
        SELECT 'many-' || n, 0, 0, n % 200, 'cool', 50, false, now(), now() - n * interval '1 minute', '{"facts": {}}'
        FROM generate_series(1, 20000) n;
    INSERT INTO place (lead, stage, status, cycle, accepted, closed)
        SELECT 'many-' || n, 'lead', 'nurture', 1, false, true FROM generate_series(1, 20000) n;
    INSERT INTO journey SELECT * FROM journey_now ON CONFLICT DO NOTHING;
"""


@pytest.mark.slow
async def test_the_first_page_of_many_leads_walks_an_index(house: Context) -> None:
    tables = ("person", "standing", "place", "journey")
    for command in (*SEED.split(";")[:-1], *(f"ANALYZE {table}" for table in tables)):
        async with house.database.begin() as tx:
            await tx.execute(statement(command))
    columns = ", ".join(f"c.{column.name}" for column in COLUMNS)
    for sort, index in (
        ("total", "standing_by_total"),
        ("last_engaged", "standing_by_last_engaged"),
        ("name", "person_by_name"),
        ("first_seen", "person_by_first_seen"),
    ):
        for part in ("up", "down"):
            listed = _page(columns, (), sort, part, continued=False, few=None)
            async with house.database.begin() as tx:
                explained = await tx.execute(statement(f"EXPLAIN {listed}"), {"limit": 51})
                plan = "\n".join(str(row[0]) for row in explained)
            assert index in plan, plan
            assert "Seq Scan" not in plan, plan
