"""What a score is worth: how the leads of each band, and of each tenth by score, ended; and whether more is better."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from agreement.definitions import Definitions
from agreement.intervals import wilson
from reporting.decide.rates import rate

COUNTS: Final = ("leads", "sql", "won", "lost", "rejected", "open")
"""`sql` are those that became one, whatever became of them; `rejected` ended before; `open` may still become one."""
TENTHS: Final = 10
Score = Mapping[str, Any]
"""Leads of one total: `total`, and their COUNTS."""


def by_band(scores: Iterable[Score], definitions: Definitions, confidence: float) -> list[dict[str, Any]]:
    """The leads of each band of the agreement, the lowest first, the empty ones too."""
    parts: dict[str, list[Score]] = {band.name: [] for band in definitions.bands}
    for one in scores:
        parts[definitions.band(one["total"])].append(one)
    return [{"name": name, **_summed(some, confidence)} for name, some in parts.items()]


def by_decile(scores: Iterable[Score], confidence: float) -> list[dict[str, Any]]:
    """Tenths of the leads by their score, the lowest first. Equal scores share one: some tenths may be missing.

    A lead's tenth follows from the share of leads with a lower score.
    """
    ordered = sorted(scores, key=lambda one: one["total"])
    whole = sum(one["leads"] for one in ordered)
    tenths: dict[int, list[Score]] = {}
    below = 0
    for one in ordered:
        tenths.setdefault(1 + below * TENTHS // whole, []).append(one)
        below += one["leads"]
    return [{"decile": decile, **_summed(some, confidence)} for decile, some in tenths.items()]


def falls_of(groups: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Where a higher score closed less than the one before: `certain` when the intervals of both do not touch."""
    known = [one for one in groups if one["leads"]]
    return [
        {
            "from": lower["decile"],
            "to": higher["decile"],
            "close_rates": [lower["close_rate"], higher["close_rate"]],
            "certain": higher["high"] < lower["low"],
        }
        for lower, higher in pairwise(known)
        if higher["close_rate"] < lower["close_rate"]
    ]


def _summed(scores: Sequence[Score], confidence: float) -> dict[str, Any]:
    """Counts, the share that became SQL, and the close rate with its Wilson interval; null where there is nobody."""
    counts = {name: sum(one[name] for one in scores) for name in COUNTS}
    leads = counts["leads"]
    low, high = wilson(counts["won"], leads, confidence) if leads else (None, None)
    return {
        "lowest": min((one["total"] for one in scores), default=None),
        "highest": max((one["total"] for one in scores), default=None),
        **counts,
        "sql_rate": rate(counts["sql"], leads),
        "close_rate": rate(counts["won"], leads),
        "low": low,
        "high": high,
    }
