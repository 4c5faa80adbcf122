"""Funnel rows to stages with conversions, and goals worked backwards: arithmetic only."""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any, Final

from agreement.goals import Goals
from agreement.intervals import wilson
from agreement.service_levels import Conversion
from events.vocabulary import FUNNEL_STAGES

_TARGETS: Final = {
    "sql": ("mql", "mql_to_sql"),
    "opportunity": ("sql", "sql_to_opportunity"),
    "won": ("opportunity", "opportunity_to_won"),
}


def rate(numerator: int, denominator: int) -> float | None:
    """Null while there is nothing to divide by."""
    return numerator / denominator if denominator else None


def mql_quality(sqls: int, mqls: int, terms: Conversion) -> dict[str, Any]:
    """The share of MQLs that became SQLs: `mql_to_sql`, from `low` to `high` with the agreed confidence (null of none);
    `enough`: whether they are so many that it says something.
    """
    low, high = wilson(sqls, mqls, terms.confidence_percent / 100) if mqls else (None, None)
    return {"mql_to_sql": rate(sqls, mqls), "low": low, "high": high, "enough": mqls >= terms.leads_at_least}


def share(part: int, whole: int) -> float | None:
    """A rate that is never over 1: null when the part is not one of the whole, or there is none."""
    return part / whole if whole and part <= whole else None


def funnel(rows: Sequence[Mapping[str, Any]], goals: Goals) -> list[dict[str, Any]]:
    """All six stages in order, also those nobody reached; no share where more entered a stage than the one before."""
    by_stage = {row["stage"]: row for row in rows}
    counts: dict[str, int] = {
        stage: int(by_stage[stage]["count"]) if stage in by_stage else 0 for stage in FUNNEL_STAGES
    }
    stages = []
    for number, stage in enumerate(FUNNEL_STAGES):
        row = by_stage.get(stage, {})
        previous = counts[FUNNEL_STAGES[number - 1]] if number else None
        stages.append(
            {
                "stage": stage,
                "count": counts[stage],
                "implied": int(row.get("implied", 0)),
                "re_engaged": int(row.get("re_engaged", 0)),
                "stalled_count": int(row.get("stalled") or 0),
                "here": int(row.get("stalled") or 0) - int(row.get("ended") or 0),
                "ended": int(row.get("ended") or 0),
                "from_previous": share(counts[stage], previous) if previous is not None else None,
                "from_previous_of": previous,
                "from_first": share(counts[stage], counts["lead"]) if number else None,
                "from_first_of": counts["lead"] if number else None,
                "median_seconds": row.get("median_seconds"),
                "p90_seconds": row.get("p90_seconds"),
                "target": _target(stage, counts, goals),
            }
        )
    return stages


def _target(stage: str, counts: Mapping[str, int], goals: Goals) -> dict[str, Any] | None:
    if stage not in _TARGETS:
        return None
    start, name = _TARGETS[stage]
    target = getattr(goals.conversions, name) / 100
    return {
        "from": start,
        "rate": target,
        "actual": share(counts[stage], counts[start]),
        "numerator": counts[stage],
        "denominator": counts[start],
    }


def backwards(goals: Goals) -> dict[str, Any]:
    """What a month needs, exact and safe (each step rounded up before the next)."""
    revenue = goals.revenue
    monthly = (revenue.target.amount - revenue.start.amount) / revenue.months
    steps = [("won", None), ("opportunity", "opportunity_to_won"), ("sql", "sql_to_opportunity"), ("mql", "mql_to_sql")]
    exact = monthly / revenue.deal.amount
    safe = ceil(exact)
    chain = []
    for stage, name in steps:
        if name:
            share = getattr(goals.conversions, name) / 100
            exact, safe = exact / share, ceil(round(safe / share, 9))
        chain.append({"stage": stage, "exact": exact, "safe": safe})
    return {"revenue": {"amount": round(monthly), "currency": revenue.deal.currency}, "chain": chain}
