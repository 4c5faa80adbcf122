"""The parts of a pack that are as they stood when it was frozen: promises, and the figures that both teams share."""

from typing import Final

from events import Money
from events.packs import PackFigure, PackPart, PackRow, PackTable
from events.vocabulary import humanize, humanize_first
from reporting.figures import figure, number, percent, short_money
from reporting.filters import ReportQuery
from reporting.reports.money import shared_figures
from reporting.reports.report import ReportScope
from reporting.reports.service_levels import service_levels
from reporting.store.conditions import DatabaseRow


async def promises_part(scope: ReportScope, query: ReportQuery) -> PackPart:
    """What both sides promised each other, as it stood when the pack was frozen."""
    answer = await service_levels(scope, query)
    every = [(side, level) for side in ("marketing", "sales") for level in answer[side]]
    levels = [(side, level) for side, level in every if level["kind"] == "promise" and level["total"]]
    levels.sort(key=lambda one: one[1]["actual"])
    rows = tuple(PackRow(cells=_promise(side, level), link=level["links"]["missed"]) for side, level in levels)
    kept = sum(level["state"] == "met" for _, level in levels)
    sentences = (
        (f"{kept} of {len(levels)} promises were kept.",) if levels else ("Nothing was promised in these days.",)
    )
    table = PackTable(title="Furthest off first", columns=("Promise", "Whose", "Kept", "", ""), rows=rows)
    return PackPart(name="promises", title="Do we keep our word?", tables=(table,) if rows else (), sentences=sentences)


def _promise(side: str, level: DatabaseRow) -> tuple[str, ...]:
    made = f"{number(level['met'])} of {number(level['total'])}"
    state = _STATES.get(level["state"], humanize(level["state"]))
    return level["title"], humanize_first(side), percent(level["actual"]), made, state


_STATES: Final = {"met": "kept", "near": "nearly", "missed": "missed"}


async def money_part(scope: ReportScope, query: ReportQuery) -> PackPart:
    """The figures that both teams share, as they stood when the pack was frozen."""
    rows = (await shared_figures(scope, query))["items"]
    figures = tuple(
        PackFigure(name=f"shared_{row['name']}", title=row["title"], value=_plain(row["value"]),
                   text=_text(row["value"], row["cell"]), note=row["note"], link=row["link"])
        for row in rows
    )  # fmt: skip
    return PackPart(name="money", title="Money and rates, as they stood", figures=figures)


def _text(value: Money | float | None, cell: str) -> str:
    return short_money(value) if isinstance(value, Money) else figure(value, cell)


def _plain(value: Money | float | None) -> float | None:
    return value.amount if isinstance(value, Money) else value
