"""The page of numbers: the panels of the reports that have one, each for itself, and each alone as a fragment."""

import re
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any, Final

from fastapi import Request
from fastapi.responses import Response
from markupsafe import Markup

from reporting.filters import FILTERS, NONE, TIMES, DashboardQuery, ReportQuery, refuse_unknown
from reporting.pages.filter_choices import RANGES, choices_of, days_in_words
from reporting.pages.first_run import first_run_of
from reporting.pages.formats import words
from reporting.pages.page_router import PageRouter, address_with, query_of
from reporting.pages.panels import Panel, card_of, narrowed, panel_of
from reporting.reports.answering import filters_of
from reporting.reports.funnel import FUNNEL
from reporting.reports.key_figures import KEY_FIGURES
from reporting.reports.report import Report, ReportScope
from reporting.reports.service_levels import SERVICE_LEVELS
from reporting.store import leads
from runtime.errors import Refused

COMPARED: Final = (("prev", "the days before"), ("year", "a year ago"))
ON_A_SCREEN: Final = (KEY_FIGURES, SERVICE_LEVELS, FUNNEL)
_LINK: Final = re.compile(r"<a\b[^>]*>")
_LEADS: Final = re.compile(r'\s(?:href|title|aria-current|hx-[\w:-]+)="[^"]*"')
"""What makes an element a link; without it, it is text, in HTML and in a drawing alike."""
_BY_HAND: Final = re.compile(
    r'<nav class="seg".*?</nav>|<label class="fold">.*?</label>|<details\b.*?</details>|<span class="links">.*?</span>',
    re.DOTALL,
)
METRICS: Final = ("lead", "mql", "sal", "sql", "opportunity", "won")


class NoSuchPanel(Refused):
    """No report has this name."""

    status = 404


def add_dashboard(pages: PageRouter, reports: Sequence[Report[Any]]) -> None:
    """Adds the page `/` with a panel of each report that has one, and `/panel/{report}` for one panel alone."""
    by_name = {report.name: report for report in reports}
    shown = [report for report in reports if report.panel]

    @pages.page("/")
    async def dashboard(request: Request, scope: ReportScope) -> Response:
        if request.query_params.get("kiosk"):
            return await on_a_screen(pages, request, scope)
        query = query_of(DashboardQuery, request)
        refuse_unknown(query, scope.agreement)
        values = await shared_of(request, scope, query)
        figures, *cards = [await card_of(pages, request, report, scope.now, values) for report in (KEY_FIGURES, *shown)]
        layout = groupby((card for card in cards if not card.idle), key=lambda card: card.report.panel)
        return pages.renderer.page(
            request,
            "dashboard.html",
            scope.now,
            figures=figures,
            layout=[(width, list(some)) for width, some in layout],
            first_run=await first_run_of(pages.context, scope, leads=values["known"]["leads"]),
            **await bar_of(pages, request, scope, query),
            **values,
        )

    @pages.page("/panel/{report}")
    async def one_panel(request: Request, scope: ReportScope) -> Response:
        report = by_name.get(request.path_params["report"])
        if report is None:
            raise NoSuchPanel(f"reports: {', '.join(by_name)}")
        panel = await panel_of(pages, request, scope, report)
        values = await shared_of(request, scope, narrowed(DashboardQuery, request))
        return pages.renderer.page(request, "panel.html", scope.now, panel=panel, **values)

    for report in reports:
        if report.page:
            _add_page(pages, report)


async def on_a_screen(pages: PageRouter, request: Request, scope: ReportScope) -> Response:
    """The page for a screen on a wall, by the filters in the address: three cards, to be read from across a room.

    Raises ValidationError, Malformed.
    """
    query = query_of(DashboardQuery, request)
    refuse_unknown(query, scope.agreement)
    values = await shared_of(request, scope, query)
    cards = [await card_of(pages, request, report, scope.now, values) for report in ON_A_SCREEN]
    shown = [without_links(card.html) for card in cards]
    chosen = ", ".join(f"{name} {value}" for name, value in query.dimensions().items() if value)
    return pages.renderer.page(request, "kiosk.html", scope.now, cards=shown, chosen=chosen, **values)


def without_links(html: Markup) -> Markup:
    """The same with links as text, and without what only a hand opens or chooses: a wall has no mouse."""
    kept = _BY_HAND.sub("", html)
    return Markup(_LINK.sub(lambda link: _LEADS.sub("", link[0]), kept))  # noqa: S704


def _add_page(pages: PageRouter, report: Report[Any]) -> None:
    """`/{report}`: its panel as a page of its own, for links in messages and behind numbers."""

    @pages.page(f"/{report.name}")
    async def report_page(request: Request, scope: ReportScope) -> Response:
        panel = await panel_of(pages, request, scope, report, alone=True)
        values = await shared_of(request, scope, narrowed(DashboardQuery, request), path=request.url.path)
        bar = await bar_of(pages, request, scope, narrowed(DashboardQuery, request), request.url.path)
        return pages.renderer.page(
            request,
            "report.html",
            scope.now,
            panel=panel,
            chips=chips_of(panel, scope, request),
            **{**bar, **_bar_for(panel, bar, request)},
            **values,
        )


def _bar_for(panel: Panel, bar: dict[str, Any], request: Request) -> dict[str, Any]:
    """What the filter bar of a report's own page has otherwise: the filters that this report takes, and no chips.

    The page has chips of its own (chips_of). A report of any time has no days until some are chosen.
    """
    taken = filters_of(panel.report)
    days = {} if panel.dated else {"range": None, "first": "", "last": ""}
    return {
        **days,
        "ranges": bar["ranges"] if taken.issuperset(TIMES) else (),
        "compared": bar["compared"] if "compare" in taken else (),
        "choices": [(name, some) for name, some in bar["choices"] if name in taken and some],
        "chosen": [],
        "others": [
            (name, value)
            for name, value in request.query_params.items()
            if value and name in panel.parameters and name not in FILTERS
        ],
    }


def chips_of(panel: Panel, scope: ReportScope, request: Request) -> list[tuple[str, str, str]]:
    """What a page of one report is restricted to: the name of each filter, its value in words, the page without it."""
    given, with_ = request.query_params, address_with(request)
    teams = {team.id: team.name for team in scope.agreement.teams.teams}
    named: dict[str, Callable[[str], str]] = {
        "rep": lambda value: scope.people.name(scope.people.rep_of_email(value) or value),
        "team": lambda value: teams.get(value, value),
    }
    plain = {"true": "yes", "false": "no", NONE: "not known"}
    chips = [
        (name, plain.get(value) or named.get(name, words)(value), with_(**{name: None}))
        for name, value in given.items()
        if value and name in panel.parameters and name not in (*TIMES, "compare")
    ]
    if panel.dated and any(given.get(name) for name in TIMES):
        days = days_in_words(scope.period(narrowed(ReportQuery, request)))
        chips.append(("days", days, with_(**dict.fromkeys(TIMES))))
    return chips


async def bar_of(
    pages: PageRouter, request: Request, scope: ReportScope, query: DashboardQuery, path: str = "/"
) -> dict[str, Any]:
    """The filter bar: what is chosen, as chips to take away, and what there is to choose."""
    days = scope.period(query)
    teams = [(team.id, team.name) for team in scope.agreement.teams.teams]
    reps = [(rep.id, rep.name) for rep in scope.agreement.teams.reps]
    sizes = [(size.name, size.name) for size in scope.agreement.routing.sizes if size.employees]
    known = await choices_of(pages)
    named = {"team": dict(teams), "rep": dict(reps)}
    with_ = address_with(request, path)
    return {
        "range": None if query.from_ or query.to else query.range or "90d",
        "ranges": RANGES,
        "first": days.first,
        "last": days.until,
        "compare": query.compare,
        "compared": COMPARED,
        "choices": [
            *((name, [(NONE, "not known"), *((one, one) for one in known[name])]) for name in ("source", "campaign")),
            ("segment", sizes),
            ("team", teams),
            ("rep", reps),
            ("product", [(one, one) for one in known["product"]]),
        ],
        "chosen": [
            (name, named.get(name, {}).get(value, value) if value != NONE else "not known", with_(**{name: None}))
            for name, value in query.dimensions().items()
            if value
        ],
        "others": [(name, value) for name, value in request.query_params.items() if value and name in _KEPT],
    }


_KEPT: Final = ("mode", "by", "metric", "model")
"""What the filter bar leaves as it is."""


async def shared_of(request: Request, scope: ReportScope, query: DashboardQuery, path: str = "/") -> dict[str, Any]:
    """What the templates of all panels may use."""
    days = scope.period(query)
    return {
        "days": days_in_words(days),
        "days_before": days_in_words(days.before(query.compare)) if query.compare else None,
        "known": await leads.known(scope.tx),
        "mode": query.mode,
        "query": query,
        "metrics": METRICS,
        "with_": address_with(request, path),
        "filtered": _filtered(query),
    }


def _filtered(query: ReportQuery) -> list[str]:
    """Names of the filters in force, the days left aside."""
    return [name for name, value in query.dimensions().items() if value]
