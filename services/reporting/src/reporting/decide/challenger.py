"""A challenger against the models in force: who each would have let through the gate, and how they ended."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal, get_args

from agreement.intervals import wilson
from reporting.decide.rates import rate

PassedBy = Literal["both", "champion", "challenger", "neither"]
"""Whose total ever opened the gate for a lead; the champion is whichever model in force has the highest."""
PASSED_BY: Final[tuple[PassedBy, ...]] = get_args(PassedBy)
COUNTS: Final = ("leads", "sql", "won", "lost", "rejected", "open", "untouched")
"""`sql` are those that became one, whatever became of them; `untouched` were never handed over."""
ChallengerVerdict = Literal["better", "worse", "open"]


def compare(rows: Iterable[Mapping[str, Any]], confidence: float) -> dict[str, Any]:
    """`groups` by who would have passed the lead, `models` each with all that it would have passed, and `verdict`.

    `rows` are COUNTS by `passed_by`. The verdict looks at the leads on which they differ: `better` or `worse` when the
    Wilson intervals of the share that became SQL, of all that were judged by sales, do not touch.
    """
    counts = {row["passed_by"]: row for row in rows}
    groups = {name: _counted([counts[name]] if name in counts else [], confidence) for name in PASSED_BY}
    models = {
        name: _counted([counts[one] for one in (name, "both") if one in counts], confidence)
        for name in ("champion", "challenger")
    }
    ours, theirs = groups["champion"], groups["challenger"]
    return {
        "leads": sum(one["leads"] for one in groups.values()),
        "groups": [{"passed_by": name, **one} for name, one in groups.items()],
        "models": [{"model": name, **one} for name, one in models.items()],
        "verdict": _verdict(ours, theirs),
    }


def _verdict(champion: Mapping[str, Any], challenger: Mapping[str, Any]) -> ChallengerVerdict:
    if champion["low"] is None or challenger["low"] is None:
        return "open"
    if challenger["low"] > champion["high"]:
        return "better"
    return "worse" if challenger["high"] < champion["low"] else "open"


def _counted(rows: list[Mapping[str, Any]], confidence: float) -> dict[str, Any]:
    counts = {name: sum(row[name] for row in rows) for name in COUNTS}
    judged = counts["sql"] + counts["rejected"]
    low, high = wilson(counts["sql"], judged, confidence) if judged else (None, None)
    return {**counts, "judged": judged, "sql_rate": rate(counts["sql"], judged), "low": low, "high": high}
