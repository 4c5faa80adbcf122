"""The page of the funnel model: a form of sliders in the address, and what follows from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fastapi import Request
from fastapi.responses import Response

from reporting.decide.funnel_model import RATES, Rate
from reporting.filters import link
from reporting.pages.page_router import PageRouter, query_of
from reporting.pages.panels import panel_of
from reporting.reports.funnel_model import FUNNEL_MODEL, FunnelModelQuery, bound
from reporting.reports.report import Answer, ReportScope

RATE_WORDS: Final[dict[Rate, str]] = {
    "mql_to_sql": "MQLs that become SQLs",
    "sql_to_opportunity": "SQLs that become opportunities",
    "opportunity_to_won": "Opportunities that are won",
}
_HALF: Final = 0.5


@dataclass(frozen=True, slots=True)
class Slider:
    """One assumption that can be moved: `value` stands between `least` and `most`, `agreed` is where it began."""

    name: str
    title: str
    value: float
    agreed: float
    least: float
    most: float
    step: float
    unit: str = ""
    actual: float | None = None
    """What the last 90 days say of it; null where they say nothing."""


def add_funnel_model(pages: PageRouter) -> None:
    """Adds `/funnel-model`: every assumption is a parameter of the address, and the answer needs no script."""

    @pages.page("/funnel-model")
    async def funnel_model_page(request: Request, scope: ReportScope) -> Response:
        query_of(FunnelModelQuery, request)
        panel = await panel_of(pages, request, scope, FUNNEL_MODEL)
        answer = panel.answer
        return pages.renderer.page(
            request,
            "funnel_model.html",
            scope.now,
            panel=panel,
            answer=answer,
            sliders=sliders(answer),
            as_it_was=as_it_was(answer),
            bound=bound(answer),
            rate_words=RATE_WORDS,
        )


def sliders(answer: Answer) -> Sequence[Slider]:
    """The rates in per cent with the actual ones beside them, then volume, money and reps."""
    now, agreed, actual = answer["assumed"], answer["agreed"], answer["actual"]
    rates = [
        Slider(
            name,
            RATE_WORDS[name],
            _per_cent(now[name]),
            _per_cent(agreed[name]),
            1,
            100,
            _HALF,
            "%",
            _per_cent(actual[name]) if actual[name] else None,
        )
        for name in RATES
    ]
    currency = answer["currency"]
    return [
        *rates,
        _count("mqls", "MQLs a month", now["mqls"], agreed["mqls"]),
        _count("deal", "What a deal is worth", int(now["deal"].major), int(agreed["deal"].major), currency),
        _count("revenue", "New revenue a month", round(now["revenue"].major), round(agreed["revenue"].major), currency),
        _count("reps", "Reps who are given leads", now["reps"], max(1, agreed["reps"])),
        _count("leads_per_rep", "MQLs that one can work", now["leads_per_rep"], agreed["leads_per_rep"]),
    ]


def _count(name: str, title: str, value: int, agreed: int, unit: str = "") -> Slider:
    """From one to three times what was agreed, in whole steps that a key can walk."""
    step = max(1, 10 ** (len(str(agreed)) - 2)) if unit else 1
    return Slider(name, title, value, agreed, step, max(3 * agreed, value, 10), step, unit)


def _per_cent(rate: float) -> float:
    return round(rate * 100, 1)


def as_it_was(answer: Answer) -> str | None:
    """The address of the model with the rates of the last 90 days, to the half per cent; null where there are none."""
    actual = {name: max(_HALF, round(value * 200) / 2) for name, value in answer["actual"].items() if value}
    return link("/funnel-model", **{name: f"{value:g}" for name, value in actual.items()}) if actual else None
