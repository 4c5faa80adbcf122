"""Tallies of promises: rows by promise, team, state and part of the time, added up for any days; arithmetic only."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from math import ceil, floor
from typing import Any, Final

STATES: Final = ("met", "late", "breached", "running", "system")
"""That are counted, each for itself; a void promise is none."""
PromiseTally = Mapping[str, Any]
"""Promises that are alike: `part`, `state`, and how many (`promises`). Part number 1 begins at the first instant that
was asked for, and so on."""
PromiseTimes = Mapping[str, Any]
"""How long each of some promises took that were kept: `seconds`; null where none was."""


def instants_of(periods: Iterable[tuple[datetime, datetime]]) -> list[datetime]:
    """Where a part has to begin, so that each of these periods (start, end) is made of whole parts."""
    return sorted({instant for period in periods for instant in period})


def parts_of(instants: Sequence[datetime], start: datetime, end: datetime) -> range:
    """Numbers of the parts that such a period is made of."""
    return range(instants.index(start) + 1, instants.index(end) + 1)


def counted(
    rows: Iterable[PromiseTally], parts: Collection[int], by: Sequence[str]
) -> dict[tuple[Any, ...], dict[str, Any]]:
    """How many promises are in each state, by these columns, of the rows in these parts."""
    sums: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        if row["part"] in parts:
            counts = sums.setdefault(tuple(row[name] for name in by), dict.fromkeys(STATES, 0))
            if row["state"] in counts:
                counts[row["state"]] += row["promises"]
    return sums


def quantiles_of(rows: Iterable[PromiseTimes], by: Sequence[str]) -> dict[tuple[Any, ...], dict[str, float | None]]:
    """Median and ninth decile of the seconds, by these columns."""
    times: dict[tuple[Any, ...], list[float]] = {}
    for row in rows:
        times.setdefault(tuple(row[name] for name in by), []).extend(row["seconds"] or ())
    for seconds in times.values():
        seconds.sort()
    return {
        key: {"median_seconds": quantile(seconds, 0.5), "p90_seconds": quantile(seconds, 0.9)}
        for key, seconds in times.items()
    }


def with_quantiles(
    counts: Mapping[tuple[Any, ...], Mapping[str, Any]], rows: Iterable[PromiseTimes], by: Sequence[str]
) -> dict[tuple[Any, ...], dict[str, Any]]:
    """These counts, by these columns, with the quantiles of the same promises; null where none was kept."""
    quantiles = quantiles_of(rows, by)
    none = {"median_seconds": None, "p90_seconds": None}
    return {key: {**row, **quantiles.get(key, none)} for key, row in counts.items()}


def quantile(values: Sequence[float], share: float) -> float | None:
    """The quantile of sorted values, interpolated as PostgreSQL's `percentile_cont` does; None of none."""
    if not values:
        return None
    place = share * (len(values) - 1)
    low, high = values[floor(place)], values[ceil(place)]
    return low + (high - low) * (place - floor(place))
