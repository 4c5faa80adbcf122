"""The JSON API over the golden history: shapes, numbers against a naive count, and refusals."""

import pytest
from httpx import AsyncClient

from events import Money
from reporting.api.csv import cell
from reporting.reports import REPORTS
from reporting.reports.report import Answer
from reporting.store.conditions import DatabaseRow


async def get(web: AsyncClient, path: str, status: int = 200) -> Answer:
    response = await web.get(path)
    assert response.status_code == status, response.text
    answer: Answer = response.json()
    return answer


def counts(stages: list[DatabaseRow]) -> dict[str, int]:
    return {stage["stage"]: stage["count"] for stage in stages}


GOLDEN = {"lead": 10, "mql": 6, "sal": 4, "sql": 2, "opportunity": 2, "won": 1}
NOTHING = (
    "lead-guarantee",
    "challenger",
    "expansion",
    "status-updates",
    "decisions",
    "stewards",
    "routing-defects",
    "reviews",
    "history",
    "content",
    "programmes",
    "action-items",
    "anomalies",
    "packs",
    "pack-figures",
    "enrichment",
)
"""Reports to which the golden history has nothing to say."""


@pytest.mark.parametrize("mode", ["cohort", "activity"])
async def test_the_funnel_counts_what_a_naive_reader_counts(web: AsyncClient, mode: str) -> None:
    answer = await get(web, f"/api/funnel?mode={mode}&range=30d")
    assert counts(answer["stages"]) == GOLDEN
    by_stage = {stage["stage"]: stage for stage in answer["stages"]}
    assert by_stage["mql"]["from_previous"] == 0.6
    assert by_stage["won"]["from_first"] == 0.1
    assert by_stage["lead"]["from_previous"] is None
    assert by_stage["sal"]["median_seconds"] == 1800
    assert by_stage["sql"]["target"]["numerator"] == 2
    assert answer["cohort"]["matured"] is (mode == "activity")


@pytest.mark.parametrize("mode", ["cohort", "activity"])
async def test_every_number_links_to_exactly_its_leads_and_groups_sum_up(web: AsyncClient, mode: str) -> None:
    for by in ("source", "team", "rep", "segment", "campaign", "persona"):
        await add_up(web, await get(web, f"/api/funnel?mode={mode}&range=30d&by={by}"))


async def add_up(web: AsyncClient, funnel: Answer) -> None:
    for stage in funnel["stages"]:
        leads = await get(web, stage["leads"])
        assert len(leads["items"]) == stage["count"], stage["stage"]
        if stage["stalled"]:
            assert len((await get(web, stage["stalled"]))["items"]) >= 0
    for name, total in GOLDEN.items():
        assert sum(counts(group["stages"])[name] for group in funnel["groups"]) == total
    for group in funnel["groups"]:
        for stage in group["stages"]:
            assert len((await get(web, stage["leads"]))["items"]) == stage["count"]


async def test_the_persona_of_a_lead_is_shown_and_divides_the_funnel(web: AsyncClient) -> None:
    (vps,) = (await get(web, "/api/funnel?range=30d&by=persona"))["groups"]
    assert vps["key"] == "sales vp"
    assert (await get(web, "/api/leads?persona=sales+manager"))["items"] == []
    listed = (await get(web, vps["stages"][0]["leads"]))["items"]
    assert {(await get(web, f"/api/leads/{one['id']}"))["persona"] for one in listed} == {"sales vp"}
    assert "persona sales vp" in (await web.get(f"/leads/{listed[0]['id']}")).text


async def test_filters_narrow_the_funnel(web: AsyncClient) -> None:
    assert counts((await get(web, "/api/funnel?range=30d&source=google"))["stages"])["mql"] == 3
    assert counts((await get(web, "/api/funnel?range=30d&source=form:demo"))["stages"])["lead"] == 4
    assert counts((await get(web, "/api/funnel?range=30d&product=core"))["stages"])["lead"] == 1
    assert counts((await get(web, "/api/funnel?from=2020-01-01&to=2020-02-01"))["stages"])["lead"] == 0


async def test_a_page_of_leads_and_the_next(web: AsyncClient) -> None:
    for sort in ("total", "first_seen", "last_engaged", "name", "company"):
        both = [await _paged(web, f"sort={sort}&order={order}") for order in ("asc", "desc")]
        for seen in both:
            assert len(seen) == len({one["id"] for one in seen}) == 10, sort
        up, down = ([one for one in seen if one[sort] is not None] for seen in both)
        assert [one["id"] for one in up] == [one["id"] for one in reversed(down)], sort
        values = [str(one[sort]).lower() if sort != "total" else one[sort] for one in up]
        assert values == sorted(values), sort
        assert all(one[sort] is None for one in both[0][len(up) :]), sort
        assert await _paged(web, f"sort={sort}") == both[0 if sort in ("name", "company") else 1]


async def _paged(web: AsyncClient, query: str) -> list[DatabaseRow]:
    """The whole list, three at a time."""
    seen: list[DatabaseRow] = []
    after = ""
    while True:
        answer = await get(web, f"/api/leads?{query}&limit=3{after}")
        seen += answer["items"]
        if not answer["next"]:
            return seen
        after = f"&after={answer['next']}"


async def test_leads_are_found_by_words_stage_band_and_owner(web: AsyncClient) -> None:
    async def ids(query: str) -> list[str]:
        return [lead["id"] for lead in (await get(web, f"/api/leads?{query}"))["items"]]

    assert await ids("q=whitfield") == ["lead-0"]
    assert await ids("q=%25") == []
    assert set(await ids("stage=sal")) == {"lead-2", "lead-3"}
    assert len(await ids("band=cold")) == 4
    assert len(await ids("owner=rep-dan&stage=mql")) == 1


async def test_a_lead_with_everything_that_hangs_on_it(web: AsyncClient) -> None:
    lead = await get(web, "/api/leads/LEAD-0@acme0.example")
    assert lead["id"] == "lead-0"
    assert sum(line["points"] for line in lead["score"]["lines"]) == lead["score"]["total"] == 95
    assert lead["gate"] == {"passed": True, "reason": "95 of 60", "fast_track": False, "hand_raise": None}
    assert {fact["name"]: fact["value"] for fact in lead["facts"]}["company"] == "Acme 0"
    assert [offer["answer"] for offer in lead["assignments"]] == ["accepted"]
    assert {clock["name"]: clock["state"] for clock in lead["clocks"]} == {"accepted": "met", "first_touch": "met"}
    assert lead["notices"][0]["state"] == "sent"
    assert lead["deals"][0]["amount"] == {"amount": 5_000_000, "currency": "USD"}
    assert "lead.assigned.v1" in {line["type"] for line in lead["timeline"]}
    assert (await web.get("/api/leads/nobody")).status_code == 404


async def test_the_inbox_shows_the_most_urgent_first(web: AsyncClient) -> None:
    answer = await get(web, "/api/inbox?rep=rep-dan")
    assert [item["lead"] for item in answer["items"]] == ["lead-2", "lead-3", "lead-5", "lead-1"]
    assert answer["items"][0]["overdue"]
    assert [item["state"] for item in answer["items"]] == ["accepted", "accepted", "offered", "accepted"]
    assert [item["due"] for item in answer["items"]] == sorted(
        (item["due"] for item in answer["items"]), key=lambda due: due or "9"
    )
    whole = (await get(web, "/api/inbox"))["items"]
    waiting = [item for item in whole if item["state"] == "offered"]
    assert (await get(web, "/api/inbox?state=offered"))["items"] == waiting != []
    first = await get(web, "/api/inbox?limit=1")
    assert (await get(web, f"/api/inbox?limit=1&after={first['next']}"))["items"][0]["lead"] == "lead-3"


async def test_service_levels_of_both_sides(web: AsyncClient) -> None:
    answer = await get(web, "/api/service-levels?range=30d")
    accepted = next(level for level in answer["sales"] if level["name"] == "accepted")
    assert (accepted["met"], accepted["total"], accepted["breached"], accepted["state"]) == (4, 5, 1, "missed")
    assert accepted["actual"] == 0.8
    assert len((await get(web, accepted["leads"]))["items"]) == 5
    assert [lead["id"] for lead in (await get(web, accepted["missed_leads"]))["items"]] == ["lead-5"]
    volume = next(level for level in answer["marketing"] if level["name"] == "volume")
    assert volume["target"] == 100
    routed = next(level for level in answer["marketing"] if level["name"] == "routed")
    assert (routed["actual"], routed["state"]) == (None, "no_data")


async def test_rejections_sources_and_goals(web: AsyncClient) -> None:
    rejections = await get(web, "/api/rejections?range=30d")
    assert [(reason["reason"], reason["count"]) for reason in rejections["reasons"]] == [("not_icp", 1)]
    assert rejections["acceptance"] == 0.8
    assert [lead["id"] for lead in (await get(web, rejections["reasons"][0]["leads"]))["items"]] == ["lead-4"]
    sources = {row["source"]: row for row in (await get(web, "/api/sources?range=30d"))["items"]}
    assert sources["google"]["spend"] == {"amount": 90_000, "currency": "USD"}
    assert sources["google"]["cost_per_lead"] == {"amount": 30_000, "currency": "USD"}
    assert sources["google"]["revenue"] == {"amount": 5_000_000, "currency": "USD"}
    assert sources["linkedin"]["spend"] is None
    assert sources["linkedin"]["cost_per_mql"] is None
    assert len((await get(web, sources["form:demo"]["links"]["leads"]))["items"]) == 4
    chain = (await get(web, "/api/goals"))["chain"]
    activity = counts((await get(web, "/api/funnel?mode=activity&range=mtd"))["stages"])
    assert {step["stage"]: step["actual"] for step in chain if step["stage"] != "won"}.items() <= activity.items()
    assert [round(step["exact"], 1) for step in chain] == [6.7, 22.2, 55.6, 222.2]
    assert [step["safe"] for step in chain] == [7, 24, 60, 240]


async def test_pools_explain_why_me(web: AsyncClient) -> None:
    pools = {pool["pool"]: pool for pool in (await get(web, "/api/pools"))["items"]}
    dan = next(member for member in pools["mid-na"]["members"] if member["rep"] == "rep-dan")
    assert (dan["assigned"], dan["credits"], dan["ratio"], dan["open"]) == (6, 1, 5.0, 3)
    pool = await get(web, "/api/pools/mid-na")
    assert pool["picks"][0]["candidates"][0]["rep"] == "rep-dan"
    assert (await web.get("/api/pools/nowhere")).status_code == 404


async def test_a_decision_down_to_its_events(web: AsyncClient) -> None:
    answer = await get(web, "/api/explain/lead-0.1")
    assert [link["type"] for link in answer["chain"]] == [
        "lead.assigned.v1",
        "lead.qualified.v1",
        "engagement.recorded.v1",
        "lead.captured.v1",
    ]
    assert answer["decision"]["rep_name"] == "Dan Kowalski"
    assert (await get(web, f"/api/explain/{answer['event']}"))["event"] == answer["event"]
    assert (await web.get("/api/explain/handoffs/0/999")).status_code == 404


async def test_what_cannot_be_meant_is_refused_with_a_pointer(web: AsyncClient) -> None:
    for path, pointer in {
        "/api/funnel?mode=sideways": "/query/mode",
        "/api/funnel?from=yesterday": "/query/from",
        "/api/funnel?from=2026-02-02&to=2026-02-01": "/query/to",
        "/api/funnel?range=7d&to=2026-02-01": "/query/range",
        "/api/funnel?team=nobody": "/query/team",
        "/api/funnel?segment=huge": "/query/segment",
        "/api/funnel?colour=red": "/query/colour",
        "/api/leads?limit=501": "/query/limit",
        "/api/leads?after=%2E%2E": "/query/after",
        "/api/leads?stage=hot": "/query/stage",
        "/api/inbox?rep=nobody": "/query/rep",
        "/api/inbox?after=bm8": "/query/after",
    }.items():
        response = await web.get(path)
        assert response.status_code == 422, response.text
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["errors"][0]["pointer"] == pointer


async def test_exports_open_in_a_spreadsheet_and_run_nothing(web: AsyncClient) -> None:
    response = await web.get("/api/export/leads.csv?range=30d&sort=name")
    assert response.headers["content-disposition"].startswith('attachment; filename="leads-2026-')
    lines = response.text.split("\r\n")
    assert lines[0].startswith("\ufeffid,email,name")
    assert len(lines) == 12
    funnel = await web.get("/api/export/funnel.csv?range=30d&by=source")
    assert "all,mql,6,0,0.6,10" in funnel.text


@pytest.mark.parametrize("words", ["=1+1", "+1", "-1", "@x", "\tx", " =1", '"=1', "'=1"])
def test_a_cell_is_never_a_formula(words: str) -> None:
    assert cell(words).startswith("'")
    assert cell("plain, words") == "plain, words"
    assert cell(-3) == "-3"


def test_money_in_a_file_is_its_minor_units_whatever_the_currency() -> None:
    assert [cell(Money.of("25.5", code)) for code in ("USD", "KWD")] == ["2550", "25500"]
    assert cell(Money.parse("25,000 JPY")) == "25000"


async def test_answers_that_came_back_are_those_of_reps_with_the_leads_behind_them(web: AsyncClient) -> None:
    answer = await get(web, "/api/rejections?range=30d")
    assert answer["answered"] == answer["accepted"] + answer["rejected"]
    for name in ("accepted", "rejected", "answered"):
        behind = (await get(web, answer["links"][name]))["items"]
        assert 0 < len(behind) <= answer[name], name


async def test_goals_lead_to_the_deals_they_count(web: AsyncClient) -> None:
    answer = await get(web, "/api/goals")
    assert len((await get(web, answer["revenue"]["leads"]))["items"]) == answer["revenue"]["deals"]
    assert len((await get(web, answer["pipeline"]["leads"]))["items"]) == answer["pipeline"]["deals"]


async def test_computed_lists_come_page_by_page_too(web: AsyncClient) -> None:
    for path in ("/api/sources?range=30d", "/api/attribution?range=30d", "/api/pools?"):
        whole = await get(web, f"{path}&limit=500")
        first = await get(web, f"{path}&limit=1")
        assert (first["items"], whole["next"]) == (whole["items"][:1], None), path
        assert first["next"], path
        assert (await get(web, f"{path}&limit=1&after={first['next']}"))["items"] == whole["items"][1:2], path
        assert (await web.get(f"{path}&limit=501")).status_code == 422
        assert (await web.get(f"{path}&after=nonsense")).status_code == 422


async def test_instants_are_in_utc(web: AsyncClient) -> None:
    assert (await get(web, "/api/funnel?range=30d"))["cohort"]["matures_at"].endswith("Z")
    lead = await get(web, "/api/leads/lead-0")
    assert all(fact["at"].endswith("Z") for fact in lead["facts"])


async def test_every_report_can_be_taken_along(web: AsyncClient) -> None:
    empty = set[str]()
    for report in (report for report in REPORTS if report.name != "lanes"):
        name, period = report.name, "?range=30d" if "range" in report.query.model_fields else ""
        response = await web.get(f"/api/export/{name}.csv{period}")
        assert (response.status_code, response.headers["content-type"]) == (200, "text/csv; charset=utf-8"), name
        assert name in response.headers["content-disposition"]
        if len(response.text.splitlines()) == 1:
            empty.add(name)
        assert "{" not in response.text, name
        assert (await web.get(f"/api/{name}{period}")).status_code == 200, name
    assert empty == {*NOTHING}


async def test_may_send_answers_also_where_other_services_have_databases_of_their_own(web: AsyncClient) -> None:
    """Then nobody can tell whether the views are behind, and nobody waits."""
    known = (await get(web, "/api/leads/lead-2"))["email"]
    for email, may in ((known, True), ("who@ever.io", False), ("no address", False)):
        page = {"sec-fetch-site": "same-origin"}
        answer = await web.post("/api/nurture/may-send", json={"email": email, "campaign": "spring"}, headers=page)
        assert (answer.status_code, answer.json()["may"], answer.json()["sent_this_month"]) == (200, may, 0), email


@pytest.mark.parametrize("name", ["from", "to"])
@pytest.mark.parametrize("day", ["0001-01-01", "0001-01-02", "1899-12-31", "9999-12-31"])
async def test_a_day_at_the_end_of_the_calendar_is_refused(web: AsyncClient, name: str, day: str) -> None:
    """Sums of days would leave the calendar: 500 for a typo."""
    for path in ("/api/funnel", "/api/speed"):
        answer = await web.get(f"{path}?{name}={day}")
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"].endswith(f"/{name}")
