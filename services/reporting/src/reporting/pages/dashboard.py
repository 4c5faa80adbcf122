"""The dashboard: the panels of the reports that have one, and six numbers above them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from itertools import groupby
from typing import Any, TypeVar

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel

from agreement.routing import UrgencyTerm
from reporting.decide.money import Total
from reporting.filters import FunnelQuery, Period, ReportQuery, link
from reporting.pages.formats import duration, money, number, page_address, percent
from reporting.pages.page_router import PageRouter, address_with, query_of
from reporting.reports.report import Answer, Report, ReportScope
from reporting.reports.service_levels import BY_URGENCY
from reporting.reports.totals import totals_of
from reporting.store import leads
from reporting.store.conditions import DatabaseRow
from runtime.errors import Refused

Q = TypeVar("Q", bound=BaseModel)


class NoSuchPanel(Refused):
    """No report has this name."""

    status = 404


@dataclass(frozen=True, slots=True)
class Panel:
    """A report with its answer, ready for its template."""

    report: Report[Any]
    answer: Answer
    parameters: dict[str, Any]
    """The filters it was made with."""
    template: str

    @property
    def rows(self) -> list[DatabaseRow]:
        """The rows of the answer, as in the report's CSV."""
        return list(self.report.rows(self.answer))

    @property
    def json(self) -> str:
        """The address of the same answer as JSON."""
        return link(f"/api/{self.report.name}", **self.parameters)

    @property
    def csv(self) -> str:
        """The address of the same rows as CSV."""
        return link(f"/api/export/{self.report.name}.csv", **self.parameters)


def add_dashboard(pages: PageRouter, reports: Sequence[Report[Any]]) -> None:
    """Adds the page `/` with a panel of each report that has one, and `/panel/{report}` for one panel alone."""
    by_name = {report.name: report for report in reports}

    @pages.page("/")
    async def dashboard(request: Request, scope: ReportScope) -> Response:
        query = query_of(FunnelQuery, request)
        panels = [await _panel(pages, request, scope, report) for report in reports if report.panel]
        answers = {panel.report.name: panel.answer for panel in panels}
        return pages.renderer.page(
            request,
            "dashboard.html",
            scope.now,
            kpis=await _kpis(scope, query, answers),
            layout=[
                (width, list(some))
                for width, some in groupby(
                    (panel for panel in panels if not panel.report.idle(panel.answer)),
                    key=lambda panel: panel.report.panel,
                )
            ],
            range=None if query.from_ or query.to else query.range or "90d",
            chosen=[(name, value) for name, value in query.dimensions().items() if value],
            **await _shared(request, scope, query),
        )

    @pages.page("/panel/{report}")
    async def one_panel(request: Request, scope: ReportScope) -> Response:
        report = by_name.get(request.path_params["report"])
        if report is None:
            raise NoSuchPanel(f"reports: {', '.join(by_name)}")
        panel = await _panel(pages, request, scope, report)
        values = await _shared(request, scope, narrowed(FunnelQuery, request))
        return pages.renderer.page(request, "panel.html", scope.now, panel=panel, **values)

    for report in reports:
        if report.page:
            _add_page(pages, report)


def _add_page(pages: PageRouter, report: Report[Any]) -> None:
    """`/{report}`: its panel as a page of its own, for links in messages and behind numbers."""

    @pages.page(f"/{report.name}")
    async def report_page(request: Request, scope: ReportScope) -> Response:
        panel = await _panel(pages, request, scope, report)
        values = await _shared(request, scope, narrowed(FunnelQuery, request))
        return pages.renderer.page(request, "report.html", scope.now, panel=panel, **values)


async def _panel(pages: PageRouter, request: Request, scope: ReportScope, report: Report[Any]) -> Panel:
    query = narrowed(report.query, request, limit="500")
    parameters = query.model_dump(mode="json", exclude_none=True, exclude={"limit", "after", "range"})
    if isinstance(query, ReportQuery):
        parameters |= scope.period(query).parameters
    return Panel(report, await report.answer(scope, query), parameters, pages.renderer.panel_template(report.name))


def narrowed(model: type[Q], request: Request, **defaults: str) -> Q:
    """Of the filters in the address those that this model takes."""
    names = {field.alias or name for name, field in model.model_fields.items()}
    parameters = {**defaults, **{name: value for name, value in request.query_params.items() if value}}
    return model.model_validate({name: value for name, value in parameters.items() if name in names})


async def _shared(request: Request, scope: ReportScope, query: FunnelQuery) -> dict[str, Any]:
    """What the templates of all panels may use."""
    return {
        "days": _days(scope.period(query)),
        "known": await leads.known(scope.tx),
        "mode": query.mode,
        "with_": address_with(request, "/"),
        "level_value": level_value,
        "level_note": partial(level_note, urgencies=scope.agreement.routing.urgency),
    }


def _days(days: Period) -> str:
    return _span(days.first, days.until - timedelta(days=1))


def _span(first: date, last: date) -> str:
    """`1 to 5 August 2026`, both included."""
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {last:%-d %B %Y}" if first != last else f"{last:%-d %B %Y}"
    return f"{first:%-d %B} to {last:%-d %B %Y}"


def level_value(level: DatabaseRow) -> str:
    """How far a promise or commitment is kept: a share, or a count where the target is one."""
    return number(level["actual"]) if level["counted"] else percent(level["actual"])


def level_note(level: DatabaseRow, urgencies: Sequence[UrgencyTerm]) -> str:
    """The line under a promise: its target, for one by urgency those of the agreement's urgencies, and how it goes."""
    if level["kind"] == "commitment":
        target = number(level["target"]) if level["counted"] else percent(level["target"])
        last = date.fromisoformat(level["to"]) - timedelta(days=1)
        credit = f" ({number(level['owed'])} owed for leads that came back)" if level.get("owed") else ""
        return f"target {target}{credit} · {_span(date.fromisoformat(level['from']), last)}"
    spans = dict.fromkeys(str(urgency.first_touch) for urgency in urgencies)
    by_urgency = f"{' or '.join(spans)}, {BY_URGENCY}"
    target = by_urgency if level["target"] == BY_URGENCY else level["target"]
    notes = [f"{number(level['kept_percent'])} % within {target}"]
    if level["median_seconds"] is not None:
        notes.append(f"typically {duration(level['median_seconds'])}")
    if level["running"]:
        notes.append(f"{level['running']} running")
    budget = level["budget"]
    if budget["total"]:
        notes.append(f"breached this month: {budget['used']} (agreed: at most {budget['allowed']})")
    return " · ".join(notes)


async def _kpis(scope: ReportScope, query: FunnelQuery, answers: Mapping[str, Answer]) -> list[DatabaseRow]:
    """Six numbers, each with the page of its leads; five when no promise is about the speed to lead."""
    days = scope.period(query)
    deals = await totals_of(scope, days)
    stages = {stage["stage"]: stage for stage in answers["funnel"]["stages"]}
    rejections = answers["rejections"]
    return [
        _kpi("Leads", number(stages["lead"]["count"]), stages["lead"]["leads"], "became known"),
        _kpi("MQLs", number(stages["mql"]["count"]), stages["mql"]["leads"],
             f"{percent(stages['mql']['from_first'])} of leads"),
        _kpi("Accepted", percent(rejections["acceptance"]), stages["sal"]["leads"],
             f"of {number(rejections['answered'])} answered offers"),
        *_speed_to_lead(scope, answers["service-levels"]["sales"]),
        _kpi("Won", money(deals["won"].money), stages["won"]["leads"],
             f"{deals['won'].deals} won, {deals['lost'].deals} lost{_beside(deals['won'])}"),
        _kpi("Open pipeline", money(deals["open"].money), "/leads?stage=opportunity",
             f"{deals['open'].deals} open deals{_beside(deals['open'])}"),
    ]  # fmt: skip


def _beside(total: Total) -> str:
    """What the sum does not include."""
    return "".join(
        f", {money(one['amount'])} not included (no rate)" if one["amount"] else f", {one['deals']} without an amount"
        for one in total.not_included
    )


def _speed_to_lead(scope: ReportScope, levels: Sequence[DatabaseRow]) -> list[DatabaseRow]:
    """One tile: the sales promise whose target is the lead's urgency. None when the agreement has no such promise."""
    promise = scope.agreement.service_levels.speed_to_lead
    if promise is None:
        return []
    level = next(one for one in levels if one["name"] == promise.name)
    notes = f"median; {percent(level['actual'])} in time" if level["total"] else "nobody touched yet"
    return [_kpi(promise.title, duration(level["median_seconds"]), level["leads"], notes)]


def _kpi(label: str, value: str, leads: str | None, note: str) -> DatabaseRow:
    return {"label": label, "value": value, "href": page_address(leads), "note": note}
