"""Patterns said in words: a group of leads that becomes SQL clearly more or less often than all others do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from agreement.intervals import wilson

Counts = tuple[int, int]
"""How many MQLs, and how many of them became SQL."""
_MOST: Final = 5


@dataclass(frozen=True, slots=True)
class Pattern:
    """A group whose rate differs from that of all others by more than chance."""

    dimension: str
    group: str
    mqls: int
    sqls: int
    others: float
    """The rate of all others, from 0 to 1."""

    @property
    def points(self) -> float:
        """Percentage points above the others; below 0: under them."""
        return 100 * (self.sqls / self.mqls - self.others)


def patterns(groups: Mapping[str, Mapping[str, Counts]], confidence: float, at_least: int) -> list[Pattern]:
    """Groups whose Wilson interval has nothing in common with that of all others, the clearest first, at most five.

    `confidence` from 0 to 1; groups (or rests) of fewer than `at_least` MQLs are too few to say.
    """
    found = list[tuple[float, Pattern]]()
    for dimension, counts in groups.items():
        mqls, sqls = (sum(one[number] for one in counts.values()) for number in (0, 1))
        for group, (mine, became) in counts.items():
            rest, rest_became = mqls - mine, sqls - became
            if mine < at_least or rest < at_least:
                continue
            low, high = wilson(became, mine, confidence)
            others_low, others_high = wilson(rest_became, rest, confidence)
            apart = max(low - others_high, others_low - high)
            if apart > 0:
                found.append((apart, Pattern(dimension, group, mine, became, rest_became / rest)))
    found.sort(key=lambda one: (-one[0], one[1].dimension, one[1].group))
    return [pattern for _, pattern in found[:_MOST]]


def in_words(pattern: Pattern) -> str:
    """`webinar leads: 2 of 31 became SQL, 11 points fewer than others (17 %)`."""
    points = abs(pattern.points)
    more = "more" if pattern.points > 0 else "fewer"
    shown = f"{points:.0f}" if points >= 1 else f"{points:.1f}"
    return (
        f"{pattern.group} leads: {pattern.sqls} of {pattern.mqls} became SQL, {shown} percentage points {more} than "
        f"others ({100 * pattern.others:.0f} %)"
    )
