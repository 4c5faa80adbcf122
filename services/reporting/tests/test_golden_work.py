"""The plan, the promises and the work of the small world by hand (golden_world.py); which reports it leaves empty."""

from collections import Counter

import pytest
from httpx import AsyncClient
from services.reporting.tests.golden_world import MQLS, NEVER, REP
from services.reporting.tests.test_golden_world import CLOSED, past, rows, world

from reporting.reports import REPORTS

__all__ = ("past", "world")


async def test_the_trend_and_the_plan(world: AsyncClient) -> None:
    """All eleven MQLs came in the first of the weeks, of 100 a month; now it is August, which nothing came in yet."""
    assert await rows(world, "trend", CLOSED, "from", "count", "before", "mature") == [
        ("2026-07-06", "11", "0", "False"),
        *((day, "0", "0", "False") for day in ("2026-07-13", "2026-07-20", "2026-07-27", "2026-08-03")),
    ]
    goals = [float(goal) for (goal,) in await rows(world, "trend", CLOSED, "goal")]
    assert goals == pytest.approx([*[100 / 31 * 7] * 4, 100 / 31 * 3])
    chain = [("won", "7"), ("opportunity", "24"), ("sql", "60"), ("mql", "240")]
    assert await rows(world, "goals", "", "stage", "safe", "actual") == [(*one, "0") for one in chain]
    assert await rows(world, "funnel-model", "", "step", "safe", "actual") == [(*one, "0") for one in chain]


async def test_the_promises(world: AsyncClient) -> None:
    """Nine accepted in an hour, seven called in time; a4 and w4 are late since, with Dan, as each page says."""
    levels = {row[0]: row[1:] for row in await rows(
        world, "service-levels", CLOSED, "name", "met", "total", "missed", "running", "state"
    )}  # fmt: skip
    assert levels["accepted"] == ("9", "9", "0", "0", "met")
    assert levels["first_touch"] == ("7", "9", "2", "0", "missed")
    assert {name for name, row in levels.items() if row[-1] == "no_data"} == {
        *("completeness", "routed", "three_attempts", "status_updated", "ae_touch", "survey", "lead_touch")
    }
    assert levels["volume"] == ("0", "100", "", "", "running"), "of this month"
    assert await rows(world, "promises-by-rep", CLOSED, "rep", "promise", "met", "total", "missed", "running") == [
        (REP, "first_touch", "7", "9", "2", "0"),
        (REP, "accepted", "9", "9", "0", "0"),
    ]
    kept = await rows(world, "outcomes", CLOSED, "id", "promise", "seconds", "state")
    assert Counter(row[1:] for row in kept) == {
        **{("accepted", "3600.0", "met"): 9, ("first_touch", "7200.0", "met"): 7, ("first_touch", "", "breached"): 2}
    }
    late = [(lead, "First touch", REP) for lead in NEVER]
    assert await rows(world, "late", "", "id", "owes", "rep") == late


async def test_the_work_of_the_pool(world: AsyncClient) -> None:
    """Ten picks of Dan, p2 credited back; four of his are open; Elena of the same pool had none."""
    pool = {row[0]: row[1:] for row in await rows(world, "pools", "", "rep", "assigned", "credits", "ratio", "open")}
    assert pool[REP] == ("10", "1", "9.0", "4")
    assert {row for rep, row in pool.items() if rep != REP} == {("0", "0", "0.0", "0")}
    shares = {row[0]: row[1:] for row in await rows(
        world, "fairness", CLOSED, "rep", "turns", "net", "fair", "deviation", "agrees"
    )}  # fmt: skip
    assert shares[REP] == ("10", "9", "4.5", "4.5", "True")
    assert shares["rep-elena"] == ("0", "0", "4.5", "-4.5", "True")
    picks = await rows(world, "picks", CLOSED, "id", "rep", "credited")
    assert sorted(picks) == sorted((lead, REP, str(lead == "p2")) for lead in MQLS)
    work = await rows(world, "inbox", "", "lead", "overdue", "view")
    assert sorted(work) == [
        ("a3", "False", "call"),
        ("a4", "True", "late"),
        ("w2", "False", "waiting"),
        ("w3", "False", "waiting"),
        ("w4", "True", "late"),
    ]


async def test_who_is_where(world: AsyncClient) -> None:
    """n3 is n2: nineteen leads; nobody has those that were never handed over, and those that came back."""
    stages = Counter(stage for (stage,) in await rows(world, "leads", "", "stage"))
    assert stages == {"lead": 9, "sal": 3, "sql": 1, "opportunity": 1, "won": 4, "lost": 1}
    unowned = {"a2", "a5", "a6", "a7", "a8", "w5", "w6", "p2", "p3", "n2"}
    for report in ("unowned", "places"):
        assert {lead for (lead,) in await rows(world, report, "", "id")} == unowned


async def test_the_partner(world: AsyncClient) -> None:
    """p1 to p3; p1 and p2 raised a hand, p1 was won, p2 came back."""
    every = await rows(world, "partners", CLOSED, "partner", "leads", "mqls", "sqls", "won", "main_reason")
    assert every[0] == ("adventure-works", "3", "2", "1", "1", "Not our kind of customer")
    assert {row[1:] for row in every[1:]} == {("0", "0", "0", "0", "")}


async def test_every_report_is_one_of_these(world: AsyncClient) -> None:
    """What is checked above or in the reports' own tests, or has nothing to say of this world, which is exact."""
    empty = set()
    for report in REPORTS:
        answer = await world.get(f"/api/export/{report.name}.csv", params={"from": "2026-07-06", "to": "2026-08-06"})
        if answer.status_code == 422:  # it knows no period
            answer = await world.get(f"/api/export/{report.name}.csv")
        if answer.status_code == 200 and len(answer.text.splitlines()) == 1:
            empty.add(report.name)
    assert empty == {
        *("anomalies", "scoring-feedback", "routing-defects", "reviews", "challenger", "status-updates"),
        *("lead-guarantee", "decisions", "expansion", "programmes", "action-items", "packs", "pack-figures"),
        *("enrichment", "stewards", "history"),
    }
    assert {count for (count,) in await rows(world, "recycling", CLOSED, "count")} == {"0"}
