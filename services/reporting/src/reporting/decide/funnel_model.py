"""The funnel model: a goal of revenue down to MQLs, MQLs up to revenue, and what the reps can work. Arithmetic only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil, floor
from typing import Final, Literal

from agreement.goals import Goals

ChainStage = Literal["mql", "sql", "opportunity", "won"]
Rate = Literal["mql_to_sql", "sql_to_opportunity", "opportunity_to_won"]
Binding = Literal["revenue", "capacity"]
"""What limits a month: the MQLs that the goal of revenue needs, or those that the reps can work."""
STEPS: Final[tuple[ChainStage, ...]] = ("mql", "sql", "opportunity", "won")
RATES: Final[tuple[Rate, ...]] = ("mql_to_sql", "sql_to_opportunity", "opportunity_to_won")
"""The rate from each step to the next."""
_TOO_EARLY: Final = timedelta(days=1)
_DIGITS: Final = 9
"""Beyond them a quotient of floats is noise: 7 / 0.1 is 70, not a little more."""


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What the model counts with: amounts in minor units, rates from above 0 to 1."""

    revenue: float
    """New revenue that a month must bring."""
    deal: int
    """What one deal is worth."""
    mql_to_sql: float
    sql_to_opportunity: float
    opportunity_to_won: float
    reps: int
    leads_per_rep: int
    """MQLs that one rep can work in a month."""
    weeks: float
    """Of a month."""

    @classmethod
    def of(cls, goals: Goals, reps: int) -> "Assumptions":
        """What the agreement says, with so many reps."""
        revenue, plan = goals.revenue, goals.plan
        rates = {name: getattr(goals.conversions, name) / 100 for name in RATES}
        monthly = (revenue.target.amount - revenue.start.amount) / revenue.months
        return cls(
            monthly,
            revenue.deal.amount,
            **rates,
            reps=reps,
            leads_per_rep=plan.leads_per_rep,
            weeks=plan.weeks_in_month,
        )

    @property
    def capacity(self) -> int:
        """MQLs that all reps can work in a month."""
        return self.reps * self.leads_per_rep


@dataclass(frozen=True, slots=True)
class ChainStep:
    """How many of one step a month needs, three ways; none of them is null."""

    step: ChainStage
    exact: float
    safe: int
    """Each step rounded up before the next: the goal is reached."""
    rounded: int
    """Each step rounded to the nearest before the next: it may miss its own target."""


def chain(given: Assumptions) -> list[ChainStep]:
    """From the deals that a month needs down to its MQLs, deals first (domain, section 10)."""
    exact = given.revenue / given.deal
    safe, rounded = _up(exact), _nearest(exact)
    steps = [ChainStep("won", exact, safe, rounded)]
    for step, name in zip(reversed(STEPS[:-1]), reversed(RATES), strict=True):
        rate = getattr(given, name)
        exact, safe, rounded = exact / rate, _up(safe / rate), _nearest(rounded / rate)
        steps.append(ChainStep(step, exact, safe, rounded))
    return steps


def _up(value: float) -> int:
    return ceil(round(value, _DIGITS))


def _nearest(value: float) -> int:
    """Halves go up, as people round."""
    return floor(round(value, _DIGITS) + 0.5)


@dataclass(frozen=True, slots=True)
class Miss:
    """A step of the rounded chain that does not bring what the next one asks for."""

    step: ChainStage
    count: int
    rate: float
    brings: float
    next: ChainStage
    needed: int


def misses(given: Assumptions, steps: Sequence[ChainStep]) -> list[Miss]:
    """Where rounding to the nearest misses its own target: 23 opportunities at 30 % are 6.9 deals, not 7."""
    found = []
    by_step = {one.step: one.rounded for one in steps}
    for here, name, following in zip(STEPS, RATES, STEPS[1:], strict=False):
        rate = getattr(given, name)
        brings = by_step[here] * rate
        if round(by_step[following] - brings, _DIGITS) > 0:
            found.append(Miss(here, by_step[here], rate, brings, following, by_step[following]))
    return list(reversed(found))


def forward(given: Assumptions, mqls: float) -> dict[ChainStage, float]:
    """How many reach each step of so many MQLs, by the rates."""
    counts: dict[ChainStage, float] = {"mql": mqls}
    for here, name, following in zip(STEPS, RATES, STEPS[1:], strict=False):
        counts[following] = counts[here] * getattr(given, name)
    return counts


def brings(given: Assumptions, mqls: float) -> float:
    """The revenue of so many MQLs, in minor units."""
    return forward(given, mqls)["won"] * given.deal


def levers(given: Assumptions, mqls: float, by: float = 0.01) -> dict[Rate, float]:
    """What one percentage point more of each rate brings in a month, in minor units, the others as they are."""
    now = brings(given, mqls)
    more = {name: replace(given, **{name: min(1.0, getattr(given, name) + by)}) for name in RATES}
    return {name: brings(one, mqls) - now for name, one in more.items()}


def binding(given: Assumptions) -> Binding:
    """Whether the reps can work the MQLs that the goal safely needs (then it is the goal that binds)."""
    return "revenue" if chain(given)[-1].safe <= given.capacity else "capacity"


def reps_needed(given: Assumptions) -> int:
    """How many reps can work the MQLs that the goal safely needs."""
    return ceil(chain(given)[-1].safe / given.leads_per_rep)


def shares(reps: Mapping[str, int]) -> dict[str, float]:
    """Each team's part of the goal: as many reps as it has of all; nothing where there are none."""
    whole = sum(reps.values())
    return {team: count / whole if whole else 0.0 for team, count in reps.items()}


@dataclass(frozen=True, slots=True)
class GoalPace:
    """How far a running period is, against its goal."""

    expected: float
    """What the goal would have by now, evenly over the days."""
    share: float | None
    """What there is over what is expected; null in the period's first day, and without a goal."""
    projected: float | None
    """What there will be at its end, at this pace; null in its first day."""


def pace(actual: float, goal: float, start: datetime, now: datetime, end: datetime) -> GoalPace:
    """How far a period from `start` to `end` is against its goal; after its end what came is the projection."""
    if now - start < _TOO_EARLY:
        return GoalPace(goal * ((now - start) / (end - start)), None, None)
    elapsed = min(1.0, (now - start) / (end - start))
    expected = goal * elapsed
    return GoalPace(expected, actual / expected if expected else None, actual / elapsed)
