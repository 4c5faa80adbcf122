"""The manager's page: who is late, who keeps which promise, who is next; and what a manager does about it, by forms."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from httpx import AsyncClient

from events import Event
from events.sales import RepAvailability
from events.slas import ClockBreached, ClockMet
from reporting.pages.team_shapes import by_rep, matrix, shift_words
from reporting.reports.presence import next_in_line
from reporting.reports.team import kept_words, late_words
from reporting.store.conditions import DatabaseRow
from runtime.database.connect import Database
from runtime.service import Context
from testing.events import NOON
from testing.office import hidden, sign_in

from .conftest import golden

Fold = Callable[[Context, Database, Sequence[Event]], Awaitable[None]]
GRACE = "grace.miller@northwind.example"


async def test_the_team_begins_with_who_is_late(web: AsyncClient) -> None:
    items = (await web.get("/api/late")).json()["items"]
    assert [(one["id"], one["rep"], one["promises"]) for one in items] == [
        ("lead-2", "rep-dan", ["first_touch"]),
        ("lead-3", "rep-dan", ["first_touch"]),
        ("lead-5", "rep-dan", ["accepted", "first_touch"]),
    ]
    page = (await web.get("/team")).text
    assert "3 leads are late, all of them Dan Kowalski&#39;s" in page
    assert page.index("Dan Kowalski&#39;s") < page.index("keeps the fewest promises") < page.index("Is it fair?")
    form = next(one for one in page.split('<form class="decide"') if 'value="reassigned"' in one).split("</form>")[0]
    assert 'method="post" action="/sales"' in form
    assert 'name="lead" value="lead-2"' in form
    assert '<optgroup label="Same pool"><option value="rep-elena">' in form
    assert 'value="rep-dan"' not in form.split("<select", 1)[1]


async def test_what_was_kept_late_or_given_away_is_late_no_more(
    house: Context, database: Database, fold: Fold, web: AsyncClient
) -> None:
    history = golden()
    start = NOON - timedelta(days=20) + timedelta(hours=2)
    history.clock(
        ClockMet, "lead-2", NOON, "first_touch", start, holder="rep-dan", stopped=NOON, cause="call", late=True
    )
    history.clock(ClockBreached, "lead-0", NOON, "first_touch", start, holder="rep-dan", charged="rep-dan")  # it is won
    history.stage("lead-3", NOON, "lead", "nurture", stage_from="sal", closed=True)
    await fold(house, database, history.events[-3:])
    assert [one["id"] for one in (await web.get("/api/late")).json()["items"]] == ["lead-5"]
    assert "1 lead is late, Dan Kowalski&#39;s" in (await web.get("/team")).text


async def test_each_share_of_the_table_opens_exactly_its_promises(web: AsyncClient) -> None:
    answer = (await web.get("/api/promises-by-rep?range=30d")).json()
    assert {one["promise"] for one in answer["items"]} >= {"accepted", "first_touch"}
    for one in answer["items"]:
        for name, address in one["links"].items():
            assert len((await web.get(f"{address}&limit=500")).json()["items"]) == one[name], (one, name)
    page = (await web.get("/team?range=30d")).text
    assert '<tr id="heat-rep-dan">' in page
    assert '<svg class="spark"' in page


async def test_who_is_off_rotation_is_not_next(
    house: Context, database: Database, fold: Fold, web: AsyncClient
) -> None:
    before = (await web.get("/api/pools/mid-na")).json()
    gone = {"rep": before["next"], "state": "away", "until": NOON + timedelta(days=400)}
    away = golden().builder.make(RepAvailability, gone, subject=before["next"], at=NOON - timedelta(hours=2))
    await fold(house, database, [away])
    after = (await web.get("/api/pools/mid-na")).json()
    assert after["next"] not in (None, before["next"])
    states = {one["rep"]: one["state"] for one in after["members"]}
    assert states[before["next"]] == "away"
    back = golden().builder.make(
        RepAvailability,
        {"rep": before["next"], "state": "active"},
        subject=before["next"],
        at=NOON - timedelta(hours=1),
    )
    await fold(house, database, [back.replaced(id="sales/9/9")])
    assert (await web.get("/api/pools/mid-na")).json()["next"] == before["next"]


async def test_a_leave_to_come_ends_none_of_now_nor_does_what_the_calendar_has_no_more(
    house: Context, database: Database, fold: Fold, web: AsyncClient
) -> None:
    async def pool() -> tuple[str | None, dict[str, object]]:
        answer = (await web.get("/api/pools/mid-na")).json()
        return answer["next"], {one["rep"]: one["state"] for one in answer["members"]}

    upcoming, _ = await pool()
    words = (
        {"state": "away", "since": NOON - timedelta(hours=1), "until": NOON + timedelta(days=9)},
        {"state": "away", "since": NOON + timedelta(days=30), "until": NOON + timedelta(days=40)},
        {"state": "active", "feed": True},
    )
    states = []
    for number, one in enumerate(words):
        word = golden().builder.make(RepAvailability, {"rep": upcoming, **one}, subject=str(upcoming), at=NOON)
        await fold(house, database, [word.replaced(id=f"sales/9/{number}")])
        following, known = await pool()
        assert following != upcoming
        states.append(known[str(upcoming)])
    assert states == ["away", "away", "away"]


async def test_a_manager_finds_the_buttons_that_a_rep_does_not(http: AsyncClient, mails: Path) -> None:
    await sign_in(http, mails, GRACE)
    page = (await http.get("/team")).text
    token = hidden(await http.get("/team"))
    assert page.count(f'name="form_token" value="{token}"') >= 2
    assert "Take off rotation" in page
    assert 'name="type" value="nudged"' in page
    assert "Nudge Dan" in page
    assert "mailto:" not in page
    await sign_in(http, mails, "dan.kowalski@northwind.example")
    own = (await http.get("/team")).text
    assert "Is it fair?" in own
    assert 'value="reassigned"' not in own
    assert 'value="nudged"' not in own


def row(rep: str, at: int = 0) -> DatabaseRow:
    return {"rep": rep, "rep_name": rep.title(), "due": NOON + timedelta(hours=at)}


def test_late_in_words() -> None:
    assert late_words([]) == "No promise is late"
    assert late_words([row("a")]) == "1 lead is late, A's"
    assert late_words([row("a"), row("a")]) == "2 leads are late, all of them A's"
    assert late_words([row("b"), row("a"), row("a")]) == "3 leads are late, 2 of them A's"
    counts = {"rep": "a", "name": "A", "met": 3, "total": 4}
    assert kept_words([counts, {**counts, "rep": "b", "name": "B", "met": 4}]) == "A keeps the fewest promises: 3 of 4"
    assert kept_words([{**counts, "met": 4}]) == "Everybody keeps their word: 4 promises"
    assert kept_words([{**counts, "met": 0, "total": 0}]) is None
    assert [(rep, len(some)) for rep, some in by_rep([row("b"), row("a"), row("a")])] == [("a", 2), ("b", 1)]


def test_the_worst_stand_first() -> None:
    def cell(rep: str, promise: str, met: int, total: int) -> DatabaseRow:
        counts = {"met": met, "total": total, "missed": total - met}
        return {"rep": rep, "name": rep, "promise": promise, "title": promise, **counts}

    table = matrix([cell("a", "touch", 9, 10), cell("b", "touch", 5, 10), cell("b", "accept", 10, 10)])
    assert [one["rep"] for one in table["rows"]] == ["b", "a"]
    assert [name for name, _ in table["columns"]] == ["touch", "accept"]
    assert (table["rows"][0]["kept"], table["rows"][0]["missed"]) == (0.75, 5)


@pytest.mark.parametrize(
    ("state", "hours", "on_shift", "words"),
    [
        ("here", 3, True, "on shift until 18:00 EDT"),
        ("here", 18, False, "opens Thu 09:00 EDT"),
        ("away", 3, False, "off rotation until 18:00 EDT"),
        ("away", 24 * 30, False, "off rotation until Fri 4 Sep"),
        ("left", 0, False, "gone"),
    ],
)
def test_shifts_in_words(state: str, hours: int, on_shift: bool, words: str) -> None:
    now = datetime(2026, 8, 5, 15, tzinfo=ZoneInfo("America/New_York"))
    moment = now + timedelta(hours=hours)
    member = {"state": state, "until": moment, "changes_at": moment, "on_shift": on_shift, "zone": "America/New_York"}
    assert shift_words(member, now) == words


def test_the_next_is_whom_routing_would_pick(context: Context) -> None:
    pool = context.agreement.teams.pool_by_id["mid-na"]

    def one(rep: str, ratio: float, **more: object) -> dict[str, object]:
        able = {"state": "here", "capped": False, "on_shift": True, "last_picked_at": NOON, "leaves": None}
        return {"rep": rep, "ratio": ratio, **able, **more}

    dan, elena = one("rep-dan", 2.0), one("rep-elena", 3.0)
    assert next_in_line(pool, [dan, elena]) == ("rep-dan", "turn")
    assert next_in_line(pool, [{**dan, "capped": True}, elena]) == ("rep-elena", "turn")
    assert next_in_line(pool, [{**dan, "ratio": 3.0}, {**elena, "last_picked_at": None}]) == ("rep-elena", "turn")
    leaving = NOON.date()
    assert next_in_line(pool, [{**dan, "leaves": leaving}, elena]) == ("rep-elena", "turn")
    assert next_in_line(pool, [{**one, "leaves": leaving} for one in (dan, elena)]) == (None, "nobody")
    assert next_in_line(pool, [{**dan, "leaves": leaving, "on_shift": False}]) == ("rep-dan", "on_call")
    closed = [{**dan, "on_shift": False}, {**elena, "on_shift": False}]
    assert next_in_line(pool, closed) == ("rep-dan", "on_call")
    assert next_in_line(pool, [{**one, "state": "away"} for one in closed]) == (None, "nobody")
