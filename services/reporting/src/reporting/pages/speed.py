"""The page of speed: how long raised hands wait, by rep, team or hour of the week; below it each of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fastapi import Request
from fastapi.responses import Response

from reporting.decide.answer_times import HOURS, hour_words
from reporting.filters import DashboardQuery, refuse_unknown
from reporting.pages.dashboard import bar_of, shared_of
from reporting.pages.page_router import PageRouter
from reporting.pages.panels import card_of, narrowed
from reporting.reports.report import ReportScope
from reporting.reports.response_times import RESPONSE_TIMES
from reporting.reports.speed import SPEED
from reporting.store.conditions import DatabaseRow

PATH: Final = "/speed"
_DAYS: Final = 7
_LIGHTEST: Final = 0.18


def add_speed(pages: PageRouter) -> None:
    """Adds `/speed`; `by` divides the response times, `holder`, `holder_team`, `hour` and `state` choose the list."""

    @pages.page(PATH)
    async def speed_page(request: Request, scope: ReportScope) -> Response:
        query = narrowed(DashboardQuery, request)
        refuse_unknown(query, scope.agreement)
        narrowed(SPEED.query, request)
        values = await shared_of(request, scope, query, PATH)
        chosen = any(request.query_params.get(name) for name in ("holder", "holder_team", "hour", "state"))
        reports = (SPEED, RESPONSE_TIMES) if chosen else (RESPONSE_TIMES, SPEED)
        cards = [await card_of(pages, request, report, scope.now, {**values, "week_of": week_of}) for report in reports]
        bar = await bar_of(pages, request, scope, query, PATH)
        return pages.renderer.page(request, "speed.html", scope.now, cards=cards, **bar, **values)


@dataclass(frozen=True, slots=True)
class WeekHour:
    """One hour of the week in the drawing: where it stands, and how dark it is (0 to 1)."""

    title: str
    day: int
    hour: int
    shade: float
    row: Mapping[str, Any]


def week_of(rows: list[DatabaseRow]) -> list[WeekHour]:
    """The hours that have answered hands, the slowest the darkest; the others stay empty."""
    times = [row["median_seconds"] for row in rows if row["median_seconds"] is not None]
    slowest = max(times, default=0) or 1
    return [
        WeekHour(
            hour_words(row["part"]),
            row["part"] // HOURS % _DAYS,
            row["part"] % HOURS,
            round(_LIGHTEST + (1 - _LIGHTEST) * row["median_seconds"] / slowest, 2),
            row,
        )
        for row in rows
        if row["median_seconds"] is not None
    ]
