"""Where the bars and lines of a chart stand: numbers to coordinates, drawn by the template with attributes only."""

from collections.abc import Sequence
from datetime import date, timedelta
from math import ceil, floor, log10
from typing import Any, Final

from reporting.figures import number
from reporting.reports.report import Answer

WIDTH: Final = 1140
HEIGHT: Final = 230
NARROW: Final = 360
"""As wide as a phone shows it without making its words smaller."""
_LEFT: Final = 40
_TOP: Final = 20
_FLOOR: Final = HEIGHT - 22
_LABEL: Final = 64
"""What a day below the bars needs."""


def chart(answer: Answer, width: int = WIDTH) -> dict[str, Any]:
    """The answer of the trend as coordinates: `bars` (with the days before and the goal), `lines` of the grid."""
    rows = answer["items"]
    highest = max([1, *(row["count"] for row in rows), *(row["before"] for row in rows)])
    goals = [row["goal"] for row in rows if row["goal"] is not None]
    highest = max([highest, *goals])
    ticks = grid(highest)
    top = ticks[-1]

    def y_of(value: float) -> float:
        return round(_FLOOR - (_FLOOR - _TOP) * value / top, 1)

    step = (width - _LEFT) / max(1, len(rows))
    every = max(1, ceil(_LABEL / step))
    bars = [
        {
            **row,
            "left": round(_LEFT + number_ * step, 1),
            "step": round(step, 1),
            "x": round(_LEFT + number_ * step + step * 0.16, 1),
            "width": round(step * 0.68, 1),
            "middle": round(_LEFT + (number_ + 0.5) * step, 1),
            "y": y_of(row["count"]),
            "height": round(_FLOOR - y_of(row["count"]), 1),
            "before_y": y_of(row["before"]),
            "goal_y": y_of(row["goal"] or 0),
            "value": number(row["count"]) if row["count"] and step > 18 else "",
            "label": _label(row["from"]) if number_ % every == 0 else "",
            "words": _words(answer, row),
        }
        for number_, row in enumerate(rows)
    ]
    return {
        "width": width,
        "height": HEIGHT,
        "left": _LEFT,
        "floor": _FLOOR,
        "lines": [(y_of(tick), number(tick)) for tick in ticks],
        "bars": bars,
        "goal": bool(goals),
        "young": any(not row["mature"] for row in rows),
    }


def grid(highest: float) -> Sequence[int]:
    """Round numbers from 0 to at least the highest, at most six of them."""
    rough = max(1.0, highest / 4)
    power = 10 ** floor(log10(rough))
    step = next(ceil(power * factor) for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough)
    return [step * number_ for number_ in range(ceil(highest / step) + 1)]


def span(first: str, until: str) -> str:
    """Days from one ISO date up to another, which is not in it: `3 Aug` or `3 to 9 Aug`."""
    start, end = date.fromisoformat(first), date.fromisoformat(until) - timedelta(days=1)
    if start == end:
        return f"{start:%-d %b}"
    return f"{start.day} to {end:%-d %b}" if start.month == end.month else f"{start:%-d %b} to {end:%-d %b}"


def metric(name: str) -> str:
    """What a figure of the trend is called."""
    names = {"lead": "Leads", "mql": "MQLs", "sal": "Accepted", "sql": "SQLs", "opportunity": "Opportunities"}
    return names.get(name, "Deals won")


def _label(first: str) -> str:
    return f"{date.fromisoformat(first):%-d %b}"


def _words(answer: Answer, row: dict[str, Any]) -> str:
    young = "" if row["mature"] else ", too young to judge"
    days, count, before = span(row["from"], row["to"]), number(row["count"]), number(row["before"])
    return f"{days}: {count} {answer['title']}, {before} before{young}"
