"""Tallies of promises: rows by promise, team, state and part of the time, added up for any days; arithmetic only."""

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from math import ceil, copysign, floor
from operator import itemgetter, sub
from typing import Any, Final

STATES: Final = ("met", "late", "breached", "running", "system")
"""That are counted, each for itself; a void promise is none."""
PromiseTally = Mapping[str, Any]
"""Promises that are alike: `part`, `state`, and how many (`promises`). Part number 1 begins at the first instant that
was asked for, and so on."""
PromiseTimes = Mapping[str, Any]
"""How long each of some promises took that were kept, in microseconds: `micros`, sorted."""
_QUANTILES: Final = {"median_seconds": 0.5, "p90_seconds": 0.9}
_MICROS: Final = 1_000_000
_MICROS_OF_A_DAY: Final = 86_400 * _MICROS


def instants_of(periods: Iterable[tuple[datetime, datetime]]) -> list[datetime]:
    """Where a part has to begin, so that each of these periods (start, end) is made of whole parts."""
    return sorted({instant for period in periods for instant in period})


def parts_of(instants: Sequence[datetime], start: datetime, end: datetime) -> range:
    """Numbers of the parts that such a period is made of."""
    return range(instants.index(start) + 1, instants.index(end) + 1)


def sizes_of_parts(started: Sequence[int], cuts: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Of promises that began at these instants, sorted: the number of each part with any, and how many began in it."""
    places = [bisect_left(started, cut) for cut in cuts]
    return ((part, end - start) for part, (start, end) in enumerate(pairwise(places), 1) if end > start)


def durations(started: Sequence[int], stopped: Sequence[int], since: int, until: int) -> list[float]:
    """Microseconds from start to stop of those that began from `since` on, before `until`; sorted.

    Both come in the order of `started`. Whole numbers, as floats: these sort faster.
    """
    some = slice(bisect_left(started, since), bisect_left(started, until))
    return sorted(map(float, map(sub, stopped[some], started[some])))


def _key_of(by: Sequence[str]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    """What a row has in these columns."""
    if len(by) > 1:
        return itemgetter(*by)
    (only,) = by
    return lambda row: (row[only],)


def counted(
    rows: Iterable[PromiseTally], parts: Collection[int], by: Sequence[str]
) -> dict[tuple[Any, ...], dict[str, Any]]:
    """How many promises are in each state, by these columns, of the rows in these parts."""
    sums: dict[tuple[Any, ...], dict[str, Any]] = {}
    key_of = _key_of(by)
    for row in rows:
        if row["part"] in parts:
            key = key_of(row)
            counts = sums.get(key)
            if counts is None:
                counts = sums[key] = dict.fromkeys(STATES, 0)
            if row["state"] in counts:
                counts[row["state"]] += row["promises"]
    return sums


def quantiles_of(rows: Iterable[PromiseTimes], by: Sequence[str]) -> dict[tuple[Any, ...], dict[str, float | None]]:
    """Median and ninth decile of the seconds, by these columns."""
    times: dict[tuple[Any, ...], list[float]] = {}
    key_of = _key_of(by)
    for row in rows:
        times.setdefault(key_of(row), []).extend(row["micros"])
    for micros in times.values():
        micros.sort()
    return {
        key: {name: quantile(micros, share, _seconds) for name, share in _QUANTILES.items()}
        for key, micros in times.items()
    }


def _seconds(micros: float) -> float:
    """As PostgreSQL's `date_part('epoch', ...)` of the time between two instants: days and the rest, each a float."""
    days, rest = divmod(abs(micros), _MICROS_OF_A_DAY)
    return copysign(rest / _MICROS + 86_400 * days, micros)


def with_quantiles(
    counts: Mapping[tuple[Any, ...], Mapping[str, Any]], rows: Iterable[PromiseTimes], by: Sequence[str]
) -> dict[tuple[Any, ...], dict[str, Any]]:
    """These counts, by these columns, with the quantiles of the same promises; null where none was kept."""
    quantiles = quantiles_of(rows, by)
    none = {"median_seconds": None, "p90_seconds": None}
    return {key: {**row, **quantiles.get(key, none)} for key, row in counts.items()}


def quantile(values: Sequence[float], share: float, scale: Callable[[float], float] = float) -> float | None:
    """The quantile of sorted values, interpolated as PostgreSQL's `percentile_cont` does; None of none. `scale`: what
    a value stands for.
    """
    if not values:
        return None
    place = share * (len(values) - 1)
    low, high = scale(values[floor(place)]), scale(values[ceil(place)])
    return low + (high - low) * (place - floor(place))
