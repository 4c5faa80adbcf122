"""The figures that both teams share, by hand for a small world: six leads, three campaigns' spend, two currencies."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final

import pytest
from httpx import AsyncClient
from services.reporting.tests.conftest import History, client_of
from services.reporting.tests.test_deals import KINDS, Fold, money
from services.reporting.tests.test_win_loss import ask, length
from typing_extensions import TypedDict

from agreement import Agreement
from events.campaigns import SpendRecorded
from events.sales import ContactAttempted
from events.teamwork import CustomerRenewed
from runtime.database.connect import Database
from runtime.service import Context
from testing.events import NOON
from testing.figures import AmountAnswer

T0: Final = NOON - timedelta(days=20)
DAY: Final = timedelta(days=1)


@pytest.fixture
async def world(context: Context, database: Database, fold: Fold) -> AsyncIterator[AsyncClient]:
    """Six leads of two campaigns became known on one day; four are MQL, two SQL, one is a customer with two deals.

    a: first touched by marketing, won 100.00 USD after 8 days and 50.00 EUR (54.00 USD); b: sales called first, its
    deal of 300.00 USD is open; c: lost; d: an MQL that nobody followed up; e, f: leads. Of d5 all that was said
    is that its customer stays.
    """
    history = History()
    for name in "acdef":
        history.captured(name, T0, email=f"{name}@b.example", name=name, company="B", source="google")
        history.engaged(name, T0, "demo_request")
    history.captured("b", T0, email="b@b.example", name="b", company="B", source="google")
    history.add(ContactAttempted, "b", T0, {"by": "rep-dan", "channel": "call"})
    for name in "abcd":
        history.stage(name, T0 + DAY, "mql", "assigned", stage_from="lead", why="70 of 60")
    for name in "ac":
        history.add(ContactAttempted, name, T0 + 2 * DAY, {"by": "rep-dan", "channel": "call"})
    for name in "ab":
        history.stage(name, T0 + 3 * DAY, "sql", "connected", stage_from="mql", implied=("sal",))
    history.stage("a", T0 + 8 * DAY, "won", "connected", stage_from="sql", implied=("opportunity",))
    for lead, deal, amount, end in (
        ("a", "d1", money(10_000), "won"),
        ("a", "d2", money(5_000, "EUR"), "won"),
        ("b", "d3", money(30_000), None),
        ("c", "d4", money(7_000), "lost"),
    ):
        history.add(KINDS["opened"], lead, T0 + 5 * DAY, {"deal": deal, "by": "rep-dan", "amount": amount})
        if end is not None:
            why = {"reason": "price"} if end == "lost" else {}
            history.add(KINDS[end], lead, T0 + 8 * DAY, {"deal": deal, "by": "rep-dan", **why})
    history.add(CustomerRenewed, "a", T0 + 9 * DAY, {"deal": "d5", "by": "rep-dan"})
    for campaign, amount in (("one", money(60_000)), ("two", money(20_000)), ("three", money(10_000, "EUR"))):
        start = T0.date()
        spend = {"campaign": campaign, "source": "google", "amount": amount, "start": start, "end": start + DAY}
        history.add(SpendRecorded, campaign, T0, spend)
    await fold(context, database, history.events)
    async with client_of(context) as http:
        yield http


class FigureRow(TypedDict):
    name: str
    value: AmountAnswer | float | None
    count: int | None
    note: str
    link: str | None


class MoneyAnswer(TypedDict):
    items: list[FigureRow]


def plain(value: AmountAnswer | float | None) -> float | None:
    """Money in dollars, all else as it is."""
    return value["amount"] / 100 if isinstance(value, dict) else value


async def test_every_figure_by_hand(world: AsyncClient, agreement: Agreement) -> None:
    answer = await ask(world, MoneyAnswer, "/api/money?range=30d")
    found = {row["name"]: plain(row["value"]) for row in answer["items"]}
    spend = 600 + 200 + 100 * 1.08
    assert list(found) == [term.figure for term in agreement.definitions.figures], "as the agreement lists them"
    assert found == {
        **{"revenue": 154, "sourced_revenue": 154, "pipeline": 300, "sourced_pipeline": 0},
        "coverage": pytest.approx(300 / (166_666.67 - 154), rel=1e-3),
        "spend": spend,
        **{"cost_per_customer": spend, "cost_per_mql": spend / 4, "cost_per_sql": spend / 2},
        "cost_per_lead": pytest.approx(spend / 6, abs=0.01),
        **{"acquisition_rate": 1 / 6, "end_to_end": 1 / 4, "contract_value": 77, "lifetime_value": 154},
        **{"win_rate": 2 / 3, "sales_cycle": (8 * DAY).total_seconds()},
        **{"response_time": None, "response_time_p90": None, "never_followed_up": 1 / 4},
        **{"rejection_rate": None, "recycling_success": None},
    }
    notes = {row["name"]: row["note"] for row in answer["items"]}
    assert notes["sales_cycle"].startswith("lead to MQL 1 d")
    assert notes["never_followed_up"] == "1 of 4 MQLs"


async def test_every_count_is_its_list(world: AsyncClient) -> None:
    rows = (await ask(world, MoneyAnswer, "/api/money?range=30d"))["items"]
    counts = {row["name"]: (row["link"], row["count"]) for row in rows if row["link"] and row["count"]}
    assert len(counts) > 8
    found = {name: (link, await length(world, link or "")) for name, (link, _) in counts.items()}
    assert found == counts


async def test_what_a_customer_did_after_the_end_of_its_deal_sourced_nothing(
    context: Context, database: Database, fold: Fold
) -> None:
    history = History()
    for lead, deal, end in (("a", "d1", "won"), ("b", "d2", None)):
        history.captured(lead, T0, email=f"{lead}@b.example", name=lead, company="B", source=None)
        history.add(KINDS["opened"], lead, T0, {"deal": deal, "by": "rep-dan", "amount": money(10_000)})
        if end is not None:
            history.add(KINDS[end], lead, T0 + DAY, {"deal": deal, "by": "rep-dan"})
        history.engaged(lead, T0 + 2 * DAY, "demo_request")
    await fold(context, database, history.events)
    async with client_of(context) as http:
        rows = {row["name"]: row for row in (await ask(http, MoneyAnswer, "/api/money?range=30d"))["items"]}
        behind = [await length(http, rows[name]["link"] or "") for name in ("sourced_revenue", "sourced_pipeline")]
    found = [plain(rows[name]["value"]) for name in ("revenue", "sourced_revenue", "sourced_pipeline")]
    assert (found, behind) == ([100, 0, 100], [0, 1])


async def test_without_spend_nothing_costs_nothing(new_house: AsyncClient) -> None:
    rows = {row["name"]: row for row in (await ask(new_house, MoneyAnswer, "/api/money"))["items"]}
    assert (rows["spend"]["value"], rows["cost_per_lead"]["value"]) == (None, None)
    assert rows["cost_per_lead"]["note"] == "no spend data"
    assert "no spend data" in (await new_house.get("/money")).text


async def test_of_one_rep_spend_says_nothing(world: AsyncClient) -> None:
    rows = {row["name"]: row for row in (await ask(world, MoneyAnswer, "/api/money?range=30d&segment=mid"))["items"]}
    assert rows["spend"]["value"] is None


async def test_the_page_of_a_report_has_a_filter_bar_with_what_the_report_takes(world: AsyncClient) -> None:
    money = (await world.get("/money?range=30d&segment=mid")).text
    assert 'aria-label="Days"' in money
    assert '<option value="mid" selected>' in money
    assert money.count("segment: mid") == 1
    late = (await world.get("/late")).text
    assert 'aria-label="Days"' not in late
    assert '<select name="rep">' in late
    deals = (await world.get("/deals?state=won")).text
    assert '<input type="hidden" name="state" value="won">' in deals
    assert 'aria-current="true">90 days' not in deals
