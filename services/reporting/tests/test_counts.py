"""A count is its list: every number with a link, of every report under every filter, equals what the link lists."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import combinations, islice, product
from typing import Any, Final, get_args
from urllib.parse import parse_qsl, urlsplit

import pytest
from pydantic import BaseModel

from events import Event, Money
from events.deal_ends import DealOwned
from events.deals import DealLost, DealOpened, DealWon
from events.handoffs import LeadAssigned, LeadReturned
from events.leads import LeadErased, LeadMerged
from events.slas import ClockBreached, ClockMet, ClockStarted, StatusUpdateJudged
from reporting.filters import DIMENSIONS
from reporting.reports import REPORTS
from reporting.reports.answering import answer_of, filters_of
from reporting.reports.report import Answer, Column, Report, ReportScope, open_scope
from reporting.store.conditions import DatabaseRow
from runtime.database.connect import Database
from runtime.service import Context

from .conftest import History, golden

Fold = Callable[[Context, Database, Sequence[Event]], Awaitable[None]]
Where = dict[str, str]
AnyReport = Report[Any]

VALUES: Final[dict[str, tuple[str, ...]]] = {
    "source": ("google", "-"),
    "campaign": ("linkedin-2026",),
    "segment": ("-",),
    "team": ("new-york", "london"),
    "rep": ("rep-kate", "rep-dan", "-"),
    "product": ("core",),
    "range": ("7d", "30d", "mtd", "prev_quarter"),
    "compare": ("prev", "year"),
}
"""Filter to values that some of the world has and some has not."""
OTHERS: Final = {"model": ("w_baton", "last"), "stage": (), "kept": (), "passed_by": ()}
TOGETHER: Final = 30
"""Cells that are looked at in one transaction: a viewer's is ended after a minute."""
UNSEEN: Final = ("lanes",)
"""Reports that need the other services' databases."""


def world() -> History:
    """The golden history and what it has not: second cycles, deals without a rate, offers passed on, promises."""
    history = golden()
    start = history.now - timedelta(days=12)
    for number, (name, source) in enumerate((("Ana Lopes", "google"), ("Bo Li", "linkedin"), ("Cy Roy", None))):
        lead = f"world-{number}"
        history.offered(
            lead, start + timedelta(hours=number), "rep-dan", name=name, company=f"W {number}", source=source
        )
        passed_on(history, lead, start + timedelta(hours=number))
    history.accepted("world-1", start + timedelta(days=1), "rep-kate", start)
    history.sold("world-1", start + timedelta(days=2), "rep-kate", amount=900_000)
    came_back(history, "lead-4", start + timedelta(days=3), "lost_deal")
    came_back(history, "lead-6", start + timedelta(days=4), "job_change", sql=True)
    deals(history, start + timedelta(days=2))
    promises(history, start)
    history.add(LeadMerged, "lead-9", history.now - timedelta(days=1), {"into": "lead-8", "reason": "test"})
    history.add(LeadErased, "lead-7", history.now - timedelta(days=1))
    return history


def passed_on(history: History, lead: str, at: datetime) -> None:
    """Dan gives it back, Kate in London is requested, and one of three is left until the time runs out."""
    reason = {"world-0": "out_of_territory", "world-1": "accept_timeout", "world-2": "not_icp"}[lead]
    answer = {"assignment": f"{lead}.1", "rep": "rep-dan", "reason": reason, "lead_guarantee": reason == "not_icp"}
    history.add(LeadReturned, lead, at + timedelta(hours=3), {**answer, "credited": reason != "accept_timeout"})
    offer = {"assignment": f"{lead}.2", "version": 2, "rep": "rep-kate", "team": "london", "touch": "1bd"}
    shown = next(one for one in history.events if isinstance(one, LeadAssigned) and one.subject == lead).data
    more = {"passed": shown.passed, "candidates": shown.candidates, "snapshot": shown.snapshot}
    history.add(LeadAssigned, lead, at + timedelta(hours=4), {**offer, **more})
    if lead != "world-1":
        back = {"assignment": f"{lead}.2", "rep": "rep-kate", "reason": "other"}
        history.add(LeadReturned, lead, at + timedelta(hours=9), back)


def came_back(history: History, lead: str, at: datetime, trigger: str, *, sql: bool = False) -> None:
    again = {"cycle": 2, "re_engaged": True, "trigger": trigger}
    history.stage(lead, at, "mql", "assigned", owner="rep-dan", **again)
    if sql:
        history.stage(lead, at + timedelta(days=1), "sql", "connected", owner="rep-dan", **again)


def deals(history: History, at: datetime) -> None:
    """Two more of one lead; one of two contacts, in a currency without a rate; one without an amount; one lost."""
    yen = Money(amount=700_000, currency="JPY")
    for lead, deal, amount in (
        ("lead-0", "second", Money(amount=100, currency="USD")),
        ("lead-1", "yen", yen),
        ("lead-2", "yen", yen),
        ("lead-2", "open", None),
        ("lead-3", "lost", yen),
    ):
        history.add(DealOpened, lead, at, {"by": "rep-dan", "deal": deal, "amount": amount})
    history.add(DealOwned, "lead-2", at, {"deal": "open", "owner": None, "version": 1})
    history.add(DealWon, "lead-0", at + timedelta(days=1), {"by": "rep-dan", "deal": "second"})
    history.add(DealWon, "lead-1", at + timedelta(days=1), {"by": "rep-dan", "deal": "yen", "amount": yen})
    history.add(DealLost, "lead-3", at + timedelta(days=2), {"by": "rep-dan", "deal": "lost", "reason": "price"})


def promises(history: History, at: datetime) -> None:
    """Of London: one late, one kept, one that nobody's rep is charged with; and late facts of a lead."""
    ends: tuple[tuple[type[Event], dict[str, Any]], ...] = (
        (ClockMet, {"stopped": at + timedelta(hours=9), "cause": "call"}),
        (ClockBreached, {"charged": "rep-kate"}),
        (ClockBreached, {"charged": "system"}),
        (ClockStarted, {}),
    )
    for number, (kind, more) in enumerate(ends):
        clock = {"clock": f"world-{number % 3}/1/first_touch/x{number}", "assignment": f"world-{number % 3}.2"}
        held = {"holder": "rep-kate", "team": "london"}
        history.clock(kind, f"world-{number % 3}", at, "first_touch", at, **{**clock, **held, **more})
    for number in range(3):
        day = at + timedelta(days=number)
        fact = {
            **{"promise": "status_updated", "side": "sales", "fact": f"sales/1/{number}", "kind": "deal.won"},
            **{"by": "rep-dan", "team": "new-york", "target": "1bd", "occurred": day, "due": day + timedelta(days=1)},
            **{"recorded": day + timedelta(days=2 * (number % 2)), "late": number % 2 == 1},
        }
        history.add(StatusUpdateJudged, f"lead-{number}", day, fact)


@pytest.fixture
async def scope_of(context: Context, database: Database, fold: Fold) -> Context:
    """The house in which the world happened."""
    await fold(context, database, world().events)
    return context


def axes(report: AnyReport) -> Iterator[Where]:
    """Every way to count that a report has: its modes, divisions, metrics and models."""
    names = [name for name in ("mode", "by", "metric", "model") if name in report.query.model_fields]
    yield from (
        {name: value for name, value in zip(names, some, strict=True) if value}
        for some in product(*(choices(report.query, name) for name in names))
    )


def choices(query: type[BaseModel], name: str) -> tuple[str, ...]:
    if name in OTHERS:
        return OTHERS[name]
    field = query.model_fields[name]
    literals = [one for one in get_args(field.annotation) if isinstance(one, str)] or [
        value for part in get_args(field.annotation) for value in get_args(part)
    ]
    return tuple(literals) if field.default in literals else ("", *literals)


def single() -> Iterator[Where]:
    yield {}
    yield from ({name: values[0]} for name, values in VALUES.items() if name != "compare")


def paired() -> Iterator[Where]:
    for one, other in combinations(VALUES, 2):
        yield from ({one: a, other: b} for a, b in product(VALUES[one], VALUES[other]))


class Lists:
    """Counts what a link lists, each link once."""

    def __init__(self) -> None:
        self.opened: dict[str, int] = {}
        self.by_path = {f"/api/{report.name}": report for report in REPORTS}

    async def count(self, scope: ReportScope, address: str) -> int:
        if address not in self.opened:
            parts = urlsplit(address)
            report = self.by_path[parts.path]
            query = report.query.model_validate({**dict(parse_qsl(parts.query)), "limit": 500})
            self.opened[address] = len((await report.answer(scope, query))["items"])
        return self.opened[address]


def under(value: object, path: str) -> object:
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def linked(columns: Sequence[Column], row: DatabaseRow) -> Iterator[tuple[str, int, str]]:
    """Name, number and link of each count in a row."""
    for column in columns:
        address = under(row, column.link) if column.link else None
        value = row.get(column.name)
        if isinstance(address, str) and isinstance(value, int) and not isinstance(value, bool):
            yield column.name, value, address


def counts(report: AnyReport, answer: Answer) -> Iterator[tuple[str, int, str]]:
    yield from linked(report.figures, answer)
    for row in report.rows(answer):
        yield from ((f"{[row.get(key) for key in report.key]} {n}", v, a) for n, v, a in linked(report.columns, row))
        for line in row.get("besides") or []:
            yield f"{row.get('name')} besides", line["count"], line["link"]
    for line in answer.get("besides") or []:
        yield "besides", line["count"], line["link"]


Cell = tuple[AnyReport, Where]
"""A report and what it is requested."""


def cells(wheres: Sequence[Where], *, whole: bool) -> Iterator[Cell]:
    """Each report under each of the filters and in each of its axes: all of them crossed, or one beside the others."""
    for report in REPORTS:
        if report.name in UNSEEN or not any(column.link for column in (*report.columns, *report.figures)):
            continue
        fields = {field.alias or name for name, field in report.query.model_fields.items()}
        mine = [where for where in wheres if set(where) <= fields]
        if whole:
            yield from ((report, {**where, **axis}) for where, axis in product(mine, axes(report)))
        else:
            yield from ((report, where) for where in mine)
            yield from ((report, axis) for axis in axes(report) if axis)


async def differences(context: Context, requested: Iterator[Cell]) -> tuple[list[str], int]:
    """What differs from its list, in words, and how many numbers were looked at."""
    lists, wrong, looked = Lists(), list[str](), 0
    while some := list(islice(requested, TOGETHER)):
        async with open_scope(context) as scope:
            for report, parameters in some:
                most = {"limit": 500} if "limit" in report.query.model_fields else {}
                query = report.query.model_validate({**parameters, **most})
                for name, value, address in counts(report, await answer_of(report, scope, query, parameters)):
                    looked += 1
                    if (listed := await lists.count(scope, address)) != value:
                        wrong.append(f"{report.name} {parameters} {name}: {value}, its list has {listed}: {address}")
    return wrong, looked


@pytest.mark.slow
async def test_every_number_is_the_length_of_its_list_under_each_filter(scope_of: Context) -> None:
    wrong, looked = await differences(scope_of, cells(list(single()), whole=False))
    assert not wrong, "\n".join(wrong[:40])
    assert looked > 400, looked


@pytest.mark.chaos  # some minutes: behind `make chaos`
async def test_every_number_is_the_length_of_its_list_under_all_filters(scope_of: Context) -> None:
    """Each way to count under each two filters."""
    wrong, looked = await differences(scope_of, cells(list(paired()), whole=True))
    assert not wrong, "\n".join(wrong[:40])
    assert looked > 5000, looked


@pytest.mark.parametrize("report", [one for one in REPORTS if one.panel], ids=lambda one: one.name)
def test_a_panel_takes_every_filter_or_says_that_it_does_not(report: AnyReport) -> None:
    """What it takes has an axis in its query; what it does not is named in its answer."""
    taken = filters_of(report)
    assert set(DIMENSIONS) <= taken | set(report.ignores), report.name
