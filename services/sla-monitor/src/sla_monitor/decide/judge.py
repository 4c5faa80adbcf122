"""Was the month what was promised? Each commitment with its numerator, denominator and interval."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from math import sqrt
from statistics import NormalDist
from typing import Literal

from agreement.service_levels import Conversion
from events import Fact
from events.slas import CommitmentJudged
from events.vocabulary import Side
from runtime.values import Timer
from sla_monitor.decide.periods import due_of, end_of, look_back
from sla_monitor.decide.start import Terms
from sla_monitor.decide.tally import Period, period_in

Verdict = Literal["met", "missed", "review", "immature", "no_data"]
Sums = Mapping[Period, int]


def needed(due: Iterable[Timer], terms: Terms) -> set[date]:
    """Periods whose sums are looked at."""
    return {period for timer in due for period in look_back(timer.subject, period_in(timer), terms)}


def facts(due: Iterable[Timer], sums: Sums, terms: Terms) -> list[Fact]:
    found = []
    for timer in due:
        name, period = timer.subject, period_in(timer)
        judged = judge(name, period, sums, terms)
        found.append(CommitmentJudged.fact(name, judged, time=due_of(name, period, terms)))
    return found


@dataclass(frozen=True, slots=True)
class Commitment:
    """Which one is judged: its name, who made it, and for when."""

    name: str
    side: Side
    start: date
    end: date


def judge(name: str, period: date, sums: Sums, terms: Terms) -> CommitmentJudged.Data:
    goals, end = terms.levels.commitments, end_of(name, period, terms)
    mqls = sums.get(("mql", period), 0)
    match name:
        case "volume":
            return _counted(Commitment(name, goals.volume.side, period, end), mqls, goals.volume.per_month)
        case "feedback":
            given = sums.get(("feedback", period), 0)
            return _counted(Commitment(name, goals.feedback.side, period, end), given, 1)
        case "completeness":
            goal, complete = goals.completeness, sums.get(("complete", period), 0)
            return _rated(Commitment(name, goal.side, period, end), complete, mqls, goal.target_percent)
        case _:
            conversion = goals.quality if name == "quality" else goals.conversion
            months = [(sums.get(("sql", m), 0), sums.get(("mql", m), 0)) for m in look_back(name, period, terms)]
            return _converted(Commitment(name, conversion.side, period, end), conversion, months)


def _counted(which: Commitment, found: int, wanted: int) -> CommitmentJudged.Data:
    return CommitmentJudged.Data(
        **asdict(which),
        target=wanted,
        actual=found,
        numerator=found,
        denominator=wanted,
        state="met" if found >= wanted else "missed",
    )


def _rated(which: Commitment, part: int, whole: int, percent: float) -> CommitmentJudged.Data:
    rate, target = part / whole if whole > 0 else None, percent / 100
    state: Verdict = "no_data" if rate is None else "met" if rate >= target else "missed"
    return CommitmentJudged.Data(
        **asdict(which), target=target, actual=rate, numerator=part, denominator=whole, state=state
    )


def _converted(which: Commitment, goal: Conversion, months: Sequence[tuple[int, int]]) -> CommitmentJudged.Data:
    """`months`: SQLs and MQLs, the judged month first."""
    sqls, mqls = months[0]
    judged = _rated(which, sqls, mqls, goal.target_percent)
    if judged.actual is None:
        return judged
    low, high = wilson(sqls, mqls, goal.confidence_percent / 100)
    state: Verdict = judged.state
    if mqls < goal.leads_at_least:
        state = "immature"
    elif goal.review_below_percent is not None:
        floor = goal.review_below_percent / 100
        if all(whole >= goal.leads_at_least and part / whole < floor for part, whole in months):
            state = "review"
    return judged.model_copy(update={"low": low, "high": high, "state": state})


def wilson(successes: int, trials: int, confidence: float) -> tuple[float, float]:
    """Interval of a rate; honest for few trials and for rates near 0 and 1."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    rate, spread = successes / trials, z * z / trials
    centre = (rate + spread / 2) / (1 + spread)
    half = z * sqrt(rate * (1 - rate) / trials + spread / (4 * trials)) / (1 + spread)
    return max(0.0, centre - half), min(1.0, centre + half)
