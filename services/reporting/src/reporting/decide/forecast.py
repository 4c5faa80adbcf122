"""What a week will bring, from what weeks before it brought and from how deals of such an age went on: arithmetic."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from statistics import NormalDist, mean, variance
from typing import Final

CONFIDENCE: Final = 0.8
"""How often what comes is to lie within the interval."""
_Z: Final = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
WEEK: Final = timedelta(days=7)
_ENOUGH: Final = 4
"""So many weeks, at least, are something to go by."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """A value that is expected, and between which values it will lie with CONFIDENCE."""

    value: float
    low: float
    high: float

    def came(self, actual: float) -> bool:
        """Whether what came lies within."""
        return self.low <= actual <= self.high


def of_weeks(counts: Sequence[int]) -> Expectation | None:
    """The next week's count from the weeks before it, the oldest first; None of fewer than four.

    Their mean; the interval of one more value, by their own spread, which is at least that of Poisson's law.
    """
    if len(counts) < _ENOUGH:
        return None
    middle = mean(counts)
    half = _Z * sqrt(max(middle, variance(counts)) * (1 + 1 / len(counts)))
    return Expectation(middle, max(0.0, middle - half), middle + half)


@dataclass(frozen=True, slots=True)
class DealSpan:
    """A deal from when it was opened to when it closed (None: it is open), and whether it was won."""

    opened: datetime
    closed: datetime | None
    won: bool
    amount: int = 0
    """In minor units of the house's currency."""
    alike: int = 1
    """So many deals that are over, where only how old they became is asked."""


@dataclass(frozen=True, slots=True)
class WinsExpected:
    """Deals that will be won within a week, and what they are worth, in minor units."""

    deals: Expectation
    amount: Expectation


def rates_by_age(deals: Iterable[DealSpan], now: datetime) -> list[tuple[int, int]]:
    """For each week of age, how many deals came to it open with the whole week behind them, and were won in it."""
    came_to, won = Counter[int](), Counter[int]()
    for deal in deals:
        weeks = (now - deal.opened) // WEEK
        if deal.closed is not None:
            closed_in = (deal.closed - deal.opened) // WEEK
            weeks = min(weeks, closed_in + 1)
            won[closed_in] += deal.alike * (deal.won and closed_in < weeks)
        came_to[weeks] += deal.alike
    rates: list[tuple[int, int]] = []
    still_open = 0
    for age in reversed(range(max(came_to, default=0))):
        still_open += came_to[age + 1]
        rates.append((still_open, won[age]))
    return rates[::-1]


def of_pipeline(deals: Sequence[DealSpan], now: datetime) -> WinsExpected | None:
    """What will be won in the coming week: each open deal by the share of deals of its age that were won in a week.

    Ages of which fewer than five deals are known count with the weeks from there on together. None where nothing was
    ever won: there is nothing to go by. The interval treats deals as independent of each other.
    """
    rates = rates_by_age(deals, now)
    if not any(won for _, won in rates):
        return None
    expected = spread = amount = amount_spread = 0.0
    for deal in deals:
        if deal.closed is not None or deal.opened > now:
            continue
        chance = _chance(rates, int((now - deal.opened) / WEEK))
        expected += chance
        spread += chance * (1 - chance)
        amount += chance * deal.amount
        amount_spread += chance * (1 - chance) * deal.amount**2
    return WinsExpected(_about(expected, spread), _about(amount, amount_spread))


_FEW: Final = 5


def _chance(rates: Sequence[tuple[int, int]], age: int) -> float:
    """The share of deals of this age that were won within a week; of an age few came to, of all from there on."""
    if age < len(rates) and rates[age][0] >= _FEW:
        return rates[age][1] / rates[age][0]
    first = next((number for number, (open_, _) in enumerate(rates) if open_ < _FEW), len(rates))
    rest = rates[min(first, age) :] or rates[-1:]
    open_, won = (sum(column) for column in zip(*rest, strict=True))
    if open_ < _FEW:
        open_, won = (sum(column) for column in zip(*rates, strict=True))
    return won / open_ if open_ else 0.0


def _about(value: float, spread: float) -> Expectation:
    half = _Z * sqrt(spread)
    return Expectation(value, max(0.0, value - half), value + half)
