"""The figures of the team as its page draws them: who is late, promises as a table, bars of causes, shifts. Pure."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final
from zoneinfo import ZoneInfo

from reporting.figures import percent
from reporting.pages.inbox_words import working_time
from reporting.reports.fairness_words import CAUSES
from reporting.store.conditions import DatabaseRow

_WIDTH: Final = 320
"""Of a bar of fairness, in its own units."""


def by_rep(items: Sequence[DatabaseRow]) -> list[tuple[str, list[DatabaseRow]]]:
    """The rows by rep, whoever has most of them first; each rep's in their order."""
    grouped = [(rep, list(some)) for rep, some in groupby(sorted(items, key=_rep_of), key=_rep_of)]
    return sorted(grouped, key=lambda one: (-len(one[1]), one[1][0]["due"], one[0]))


def _rep_of(row: DatabaseRow) -> str:
    return str(row["rep"])


def matrix(items: Sequence[DatabaseRow]) -> dict[str, Any]:
    """Rows of the report `promises-by-rep` as a table: reps, the worst first, by promises, the worst at the left."""
    titles = dict(sorted(((one["promise"], one["title"]) for one in items), key=lambda one: one[1]))
    missed = {name: sum(one["missed"] for one in items if one["promise"] == name) for name in titles}
    columns = sorted(titles.items(), key=lambda one: (-missed[one[0]], one[1]))
    rows = []
    for rep, some in groupby(sorted(items, key=_rep_of), key=_rep_of):
        cells = {one["promise"]: one for one in some}
        met, total = (sum(one[name] for one in cells.values()) for name in ("met", "total"))
        first = next(iter(cells.values()))
        whole = {"met": met, "total": total, "missed": total - met, "kept": met / total if total else None}
        rows.append({"rep": rep, "name": first["name"], "cells": cells, **whole})
    rows.sort(key=lambda one: (one["kept"] if one["kept"] is not None else 2.0, -one["total"], one["name"]))
    return {"columns": columns, "rows": rows}


def bar_parts(by_cause: Mapping[str, Mapping[str, Any]], most: int, width: int = _WIDTH) -> list[dict[str, Any]]:
    """A bar of a rep's picks by cause, `most` being the longest bar: of each cause `x` and `width`, and of the turns
    that were credited `credited_x` and `credited_width` at its end."""
    parts, x = [], 0.0
    for cause in CAUSES:
        one = by_cause.get(cause)
        if one is None:
            continue
        length, credited = (width * one[name] / most for name in ("picks", "credited"))
        parts.append(
            {
                **one,
                "cause": cause,
                "words": CAUSES[cause],
                "x": round(x, 1),
                "width": round(length, 1),
                "credited_x": round(x + length - credited, 1),
                "credited_width": round(credited, 1),
            }
        )
        x += length
    return parts


def shift_words(member: Mapping[str, Any], now: datetime) -> str:
    """Whether somebody can take a lead now, and until or from when, in their own zone: `on shift until 18:00`."""
    if member["state"] == "left":
        return "gone"
    if member["state"] == "away":
        return (
            f"off rotation until {_moment(member['until'], member['zone'], now)}" if member["until"] else "off rotation"
        )
    if member["changes_at"] is None:
        return "no shift ahead"
    moment = _moment(member["changes_at"], member["zone"], now)
    return f"on shift until {moment}" if member["on_shift"] else f"opens {moment}"


def _moment(at: datetime, zone: str, now: datetime) -> str:
    """The time there; with the weekday when it is another day there, and the date when that is a week away."""
    local, today = at.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone)).date()
    if local.date() == today:
        return f"{local:%H:%M %Z}"
    return f"{local:%a %H:%M %Z}" if local.date() < today + timedelta(days=7) else f"{local:%a} {local.day} {local:%b}"


def week_words(weeks: Sequence[float | None]) -> str:
    """Shares of weeks for those who hear a line: `90 %, none, 100 %`."""
    return ", ".join("none" if share is None else percent(share) for share in weeks)


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "group_late": by_rep,
    "promise_matrix": matrix,
    "week_words": week_words,
    "working": working_time,
}
