"""Habits of dashboards that people love (docs/habits.md), those that no other test shows."""

import re

from httpx import ASGITransport, AsyncClient

from reporting.filters import ReportQuery
from reporting.pages import routes as pages
from reporting.pages.filter_choices import RANGES
from reporting.pages.live import LiveUpdates
from reporting.reports import REPORTS
from reporting.reports.report import Answer, Report, ReportScope
from runtime.http.access_keys import Keys
from runtime.http.app import application
from runtime.service import Context


async def test_days_are_one_of_six_spans_or_two_dates_in_a_zone_that_is_named(web: AsyncClient) -> None:
    page = (await web.get("/")).text
    for name, words in RANGES:
        assert re.search(rf'<a href="/\?range={name}"[^>]*>{words}</a>', page), name
    assert '<input type="date" name="from"' in page
    assert '<input type="date" name="to"' in page
    assert "times in America/New_York" in page
    assert "1 to 5 August 2026" in (await web.get("/?from=2026-08-01&to=2026-08-06")).text


async def test_the_funnel_says_how_it_counts_in_both_ways(web: AsyncClient) -> None:
    cohort, activity = [(await web.get(f"/?mode={mode}&range=30d")).text for mode in ("cohort", "activity")]
    assert "All stages in order, of the leads that became known 7 July to 5 August 2026." in cohort
    assert "Any stage entered 7 July to 5 August 2026, whenever the lead became known." in activity


async def test_each_step_has_its_rate_the_rate_of_all_its_time_and_a_division(web: AsyncClient) -> None:
    page = (await web.get("/?range=30d&by=source")).text
    funnel = page.split(' class="funnel"', 1)[1].split("</section>", 1)[0]
    for words in ("From previous", "From first", "Typical time", "Slowest tenth", "The same by source"):
        assert words in funnel, words
    answer = (await web.get("/api/funnel?range=30d&by=source")).json()
    assert {"from_previous", "from_first", "median_seconds", "p90_seconds"} <= answer["stages"][1].keys()
    assert sum(group["stages"][0]["count"] for group in answer["groups"]) == answer["stages"][0]["count"]


async def test_the_month_says_how_far_it_is_and_where_it_ends_at_this_pace(web: AsyncClient) -> None:
    page = (await web.get("/")).text
    assert re.search(r"<b>\d+</b> of \d+ MQLs this month, at this pace \d+", page)


async def test_the_first_card_is_whether_both_teams_keep_their_word(web: AsyncClient) -> None:
    page = (await web.get("/")).text
    first = page.split('<section class="card', 1)[1].split("</section>", 1)[0]
    assert "Do we keep our word?" in first


async def broken(scope: ReportScope, query: ReportQuery) -> Answer:
    raise RuntimeError("this one cannot be counted")


BROKEN = Report("broken", ReportQuery, broken, columns=(), summary="Cannot be", title="A broken card", panel="half")


async def test_a_card_that_fails_says_so_in_its_place_and_the_others_stand(house: Context) -> None:
    async def look() -> int:
        return 1

    shown = pages.page_router(house, LiveUpdates(look), (*REPORTS, BROKEN))
    app = application(
        title="test", settings=house.settings, keys=Keys(house.database), routers=[shown.routes], ready={}
    )
    async with AsyncClient(transport=ASGITransport(app=app), base_url="http://localhost") as http:
        page = await http.get("/")
    assert page.status_code == 200
    assert "A broken card" in page.text
    assert "These figures could not be made just now; the others are not touched by it." in page.text
    assert "Do we keep our word?" in page.text
