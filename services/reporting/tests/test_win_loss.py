"""Why deals ended as they did: each answer with its deals, and every number with its list."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final, TypeVar

import pytest
from httpx import AsyncClient
from services.reporting.tests.conftest import History, client_of
from services.reporting.tests.test_deals import KINDS, Fold, money
from typing_extensions import TypedDict

from events.deals import SurveyAnswered
from events.leads import LeadErased
from runtime.database.connect import Database
from runtime.service import Context
from testing.events import NOON
from testing.figures import AmountAnswer
from testing.json import read

T0: Final = NOON - timedelta(days=10)
ENDS: Final[tuple[tuple[str, str, int | None, dict[str, object] | None], ...]] = (
    ("d1", "won", 10_000, {"reason": "product", "content": ["ROI sheet", "roi sheet"], "champion": "their CFO"}),
    ("d2", "won", 20_000, {}),
    ("d3", "lost", 30_000, {"reason": "Price", "competitor": "Rival", "objections": [" ", "Too dear"]}),
    ("d4", "lost", 40_000, {"reason": "timing", "lead_quality_issue": True, "objections": ["too dear", "Too late"]}),
    ("d5", "lost", 50_000, None),
    ("d6", "lost", None, {"competitor": "rival", "lead_quality_issue": False}),
)
"""Deal, how it ended, its amount, and the survey; of a lost one the closing said `price`, to `Other`."""


@pytest.fixture
async def closed(context: Context, database: Database, fold: Fold) -> AsyncIterator[AsyncClient]:
    history = History()
    for n, (deal, end, amount, survey) in enumerate(ENDS):
        lead, at = f"lead-{n}", T0 + timedelta(hours=n)
        history.captured(lead, at, email=f"{n}@b.example", name=lead, company="B", source="google")
        why = {"reason": "price", "competitor": "Other"} if end == "lost" else {}
        worth = {"amount": money(amount)} if amount else {}
        history.add(KINDS["opened"], lead, at, {"deal": deal, "by": "rep-dan", **worth})
        history.add(KINDS[end], lead, at + timedelta(minutes=1), {"deal": deal, "by": "rep-dan", **why})
        if survey is not None:
            data = {"deal": deal, "outcome": end, "by": "rep-dan", **survey}
            history.add(SurveyAnswered, lead, at + timedelta(hours=1), data)
    await fold(context, database, history.events)
    async with client_of(context) as http:
        yield http


class AnswerRow(TypedDict):
    question: str
    title: str
    deals: int
    of: int
    worth: AmountAnswer
    link: str


class LossRow(TypedDict):
    deal: str


class WinLossAnswer(TypedDict):
    won: int
    lost: int
    surveyed: int
    judged: int
    lead_quality_issue: int
    champions: int
    win_rate: float | None
    lead_quality_share: float | None
    items: list[AnswerRow]
    losses: list[LossRow]
    not_counted: int
    surveys_not_counted: list[dict[str, object]]
    links: dict[str, str]


class ListAnswer(TypedDict):
    items: list[dict[str, object]]


class SurveyedDeal(TypedDict):
    survey: dict[str, object]


T = TypeVar("T")


async def ask(http: AsyncClient, kind: type[T], path: str) -> T:
    answer = await http.get(path)
    assert answer.status_code == 200, answer.text
    return read(kind, answer.content)


async def length(http: AsyncClient, link: str) -> int:
    return len((await ask(http, ListAnswer, link))["items"])


async def test_each_answer_stands_with_its_deals_and_what_they_were_worth(closed: AsyncClient) -> None:
    answer = await ask(closed, WinLossAnswer, "/api/win-loss?range=30d")
    assert (answer["won"], answer["lost"], answer["surveyed"]) == (2, 4, 5)
    assert (answer["judged"], answer["lead_quality_issue"]) == (2, 1)
    assert (answer["win_rate"], answer["lead_quality_share"]) == (2 / 6, 1 / 2)
    rows = [(one["question"], one["title"], one["deals"], one["of"], one["worth"]["amount"]) for one in answer["items"]]
    assert rows == [
        ("lost_reason", "Price", 3, 4, 80_000),
        ("lost_reason", "Timing", 1, 4, 40_000),
        ("competitor", "Other", 2, 4, 90_000),
        ("competitor", "Rival", 2, 4, 30_000),
        ("objection", "Too dear", 2, 5, 70_000),
        ("objection", "Too late", 1, 5, 40_000),
        ("won_reason", "Product", 1, 2, 10_000),
        ("won_reason", "Not said", 1, 2, 20_000),
        ("content", "ROI sheet", 1, 2, 10_000),
    ]
    assert [one["deal"] for one in answer["losses"]] == ["d5", "d4", "d3", "d6"], (
        "the largest first, without amount last"
    )


async def test_every_number_is_its_list(closed: AsyncClient) -> None:
    answer = await ask(closed, WinLossAnswer, "/api/win-loss?range=30d")
    numbers = [(one["deals"], one["link"]) for one in answer["items"]]
    counts: dict[str, int] = {"won": answer["won"], "lost": answer["lost"], "surveyed": answer["surveyed"]}
    counts |= {"lead_quality_issue": answer["lead_quality_issue"], "champions": answer["champions"]}
    numbers += [(counts[name], link) for name, link in answer["links"].items()]
    for number, link in numbers:
        assert await length(closed, link) == number, link


async def test_the_page_and_the_file_say_the_same(closed: AsyncClient) -> None:
    page = (await closed.get("/win-loss?range=30d")).text
    assert "“Price” is the first reason why deals are lost: 3 of 4" in page
    file = (await closed.get("/api/export/win-loss.csv?range=30d")).text
    assert "lost_reason,Why deals were lost,price,Price,3,0.75,4,80000,USD" in file


async def test_nothing_closed_is_no_panel(new_house: AsyncClient) -> None:
    assert (await ask(new_house, WinLossAnswer, "/api/win-loss"))["items"] == []


@pytest.mark.parametrize("together", [True, False])
async def test_who_is_forgotten_leaves_no_objection_but_stays_in_the_counts(
    context: Context, database: Database, fold: Fold, together: bool
) -> None:
    history = History()
    history.captured("lead-1", T0, email="eve@b.example", name="Eve", company="B", source="google")
    deal = {"deal": "d1", "by": "rep-dan"}
    history.add(KINDS["opened"], "lead-1", T0, deal)
    history.add(KINDS["lost"], "lead-1", T0 + timedelta(minutes=1), {**deal, "reason": "price"})
    survey = {**deal, "outcome": "lost", "reason": "timing", "objections": ["Eve said her boss Bob is against it"]}
    history.add(SurveyAnswered, "lead-1", T0 + timedelta(hours=1), survey)
    before = len(history.events)
    history.add(LeadErased, "lead-1", T0 + timedelta(hours=2))
    for some in [history.events] if together else [history.events[:before], history.events[before:]]:
        await fold(context, database, some)
    async with client_of(context) as http:
        answer = (await http.get("/api/win-loss")).raise_for_status().json()
        shown = (await http.get("/api/deals/d1")).raise_for_status().text
    assert {one["question"]: one["answer"] for one in answer["items"] if one["deals"]} == {"lost_reason": "timing"} | {
        "competitor": None
    }
    assert "Bob" not in shown


async def test_a_survey_counts_only_for_a_deal_that_ended_as_it_says(
    context: Context, database: Database, fold: Fold
) -> None:
    history = History()
    history.captured("ann", T0, email="ann@b.example", name="Ann", company="B", source="google")
    history.add(KINDS["opened"], "ann", T0, {"deal": "d1", "by": "rep-dan", **{"amount": money(1000)}})
    history.add(KINDS["won"], "ann", T0 + timedelta(minutes=1), {"deal": "d1", "by": "rep-dan"})
    history.add(KINDS["opened"], "ann", T0, {"deal": "d2", "by": "rep-dan"})
    for n, (deal, outcome) in enumerate((("d1", "won"), ("d1", "lost"), ("d2", "lost"), ("d3", "won"))):
        data = {
            "deal": deal,
            "outcome": outcome,
            "by": "rep-dan",
            "reason": f"because {n}",
            "lead_quality_issue": n > 0,
        }
        history.add(SurveyAnswered, "ann", T0 + timedelta(hours=n), data)
    await fold(context, database, history.events)
    async with client_of(context) as http:
        answer = await ask(http, WinLossAnswer, "/api/win-loss?range=30d")
        assert (answer["won"], answer["surveyed"], answer["lead_quality_issue"]) == (1, 1, 0)
        reasons = {(one["question"], one["title"]) for one in answer["items"] if one["question"].endswith("reason")}
        assert reasons == {("won_reason", "Because 0")}
        assert answer["not_counted"] == 3
        assert [(one["deal"], one["reason"]) for one in answer["surveys_not_counted"]] == [
            ("d3", "it says won; no such deal is known"),
            ("d2", "it says lost; the deal is open"),
            ("d1", "it says lost; the deal was won"),
        ]
        shown = await ask(http, SurveyedDeal, "/api/deals/d1")
        assert shown["survey"]["reason"] == "because 0"
        assert "Surveys that do not count: 3" in (await http.get("/win-loss?range=30d")).text


@pytest.mark.parametrize("between", ["opened", "won"])
@pytest.mark.parametrize(("answered", "counted"), [(2, 0), (3, 0), (3.5, 1)], ids=["before", "just then", "after"])
async def test_a_survey_of_an_end_that_was_taken_back_is_left_out_with_the_reason(
    context: Context, database: Database, fold: Fold, between: str, answered: float, counted: int
) -> None:
    history = History()
    history.captured("ann", T0, email="ann@b.example", name="Ann", company="B", source="google")
    for hour, kind in ((0, "opened"), (1, "lost"), (3, between), (4, "lost")):
        why = {"reason": "price"} if kind == "lost" else {}
        history.add(KINDS[kind], "ann", T0 + timedelta(hours=hour), {"deal": "d1", "by": "rep-dan", **why})
    survey = {"deal": "d1", "by": "rep-dan", "outcome": "lost"}
    history.add(SurveyAnswered, "ann", T0 + timedelta(hours=answered), survey)
    await fold(context, database, history.events)
    async with client_of(context) as http:
        answer = await ask(http, WinLossAnswer, "/api/win-loss?range=30d")
    assert (answer["surveyed"], answer["not_counted"]) == (counted, 1 - counted)
    reason = "it says lost; that was another end, which was taken back since"
    assert [one["reason"] for one in answer["surveys_not_counted"]] == ([] if counted else [reason])


async def test_a_survey_that_was_put_right_is_not_left_out_any_more(
    context: Context, database: Database, fold: Fold
) -> None:
    history = History()
    history.captured("ann", T0, email="ann@b.example", name="Ann", company="B", source="google")
    won = {"deal": "d1", "by": "rep-dan"}
    history.add(KINDS["opened"], "ann", T0, won)
    history.add(KINDS["won"], "ann", T0 + timedelta(minutes=1), won)
    history.add(SurveyAnswered, "ann", T0 + timedelta(hours=1), {**won, "outcome": "won", "content": ["Old guide"]})
    history.add(SurveyAnswered, "ann", T0 + timedelta(hours=2), {**won, "outcome": "lost", "content": ["Price list"]})
    before = len(history.events)
    history.add(SurveyAnswered, "ann", T0 + timedelta(hours=3), {**won, "outcome": "won", "content": ["ROI sheet"]})
    await fold(context, database, history.events[:before])
    async with client_of(context) as http:
        answer = await ask(http, WinLossAnswer, "/api/win-loss?range=30d")
        assert [one["reason"] for one in answer["surveys_not_counted"]] == ["it says lost; the deal was won"]
    await fold(context, database, history.events[before:])
    async with client_of(context) as http:
        answer = await ask(http, WinLossAnswer, "/api/win-loss?range=30d")
        assert (answer["surveyed"], answer["not_counted"], answer["surveys_not_counted"]) == (1, 0, [])
        counted = [one["title"] for one in answer["items"] if one["question"] == "content"]
        assert counted == ["ROI sheet"]
        assert (await ask(http, SurveyedDeal, "/api/deals/d1"))["survey"]["content"] == counted
        for asset, times in (("ROI sheet", 1), ("Old guide", 0), ("Price list", 0)):
            assert await length(http, f"/api/deals?range=30d&asset={asset}") == times
