"""Fit: how well person and company match (domain, section 3.1). Computed from facts each time; it does not decay."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from agreement.readers.head_counts import HeadCount
from agreement.scoring import Condition, Fit
from events.vocabulary import humanize
from scoring.decide.profile import Profile
from scoring.decide.state import LedgerLine

FOUR = ("employees", "industry_class", "seniority", "geography")
"""The facts that fit rests on; how many are known is the confidence."""
_NAMES: Final = {"industry_class": "industry"}


def list_lines(profile: Profile, fit: Fit) -> list[LedgerLine]:
    """The lines that sum to the fit: what exceeds its range is taken back by a last one, `limit`."""
    lines = [one for name in FOUR if name in profile.values and (one := _line(name, profile, fit)) is not None]
    for rule in fit.further:
        if all(holds(condition, profile.values) for condition in rule.when):
            at = max(profile.times[condition.fact] for condition in rule.when)
            lines.append(line(rule.name, rule.points, rule.name, at))
    total = sum(one.points for one in lines)
    within = max(fit.lowest, min(fit.highest, total))
    if within != total:
        at = max(one.at for one in lines)
        lines.append(line("limit", within - total, f"{fit.lowest} to {fit.highest}", at))
    return lines


def line(rule: str, points: int, because: str, at: datetime) -> LedgerLine:
    """A line that no event stands behind, but a fact of that instant."""
    return LedgerLine(at, "", rule, points, because)


def confidence(profile: Profile) -> int:
    """How many of the four facts are known."""
    return sum(name in profile.values for name in FOUR)


def _line(name: str, profile: Profile, fit: Fit) -> LedgerLine | None:
    value = profile.values[name]
    if name == "employees":
        count = profile.head_count or HeadCount(value, value)
        points = next((band.points for band in fit.employees if count.lies_in(band.employees)), None)
        because = f"{value if count.at_least == count.at_most else count} employees"
    else:
        points = _TABLES[name](fit).get(value)
        because = _because(name, profile)
    if points is None:
        return None
    return line(_NAMES.get(name, name), points, because, profile.times[name])


_TABLES: Final[dict[str, Callable[[Fit], Mapping[Any, int]]]] = {
    "industry_class": lambda fit: fit.industry,
    "seniority": lambda fit: fit.seniority,
    "geography": lambda fit: fit.geography,
}


def _because(name: str, profile: Profile) -> str:
    values = profile.values
    if name == "industry_class":
        return f"{values['industry']} ({values['industry_class']})"
    if name == "geography":
        return f"{values['country']} ({humanize(values['geography'])})"
    return humanize(str(values[name]))


def holds(condition: Condition, values: dict[str, Any]) -> bool:
    """Whether the facts meet a condition of a further rule; an unknown fact meets none."""
    value = values.get(condition.fact)
    if value is None:
        return False
    own = {_plain(one) for one in value} if isinstance(value, tuple) else {_plain(value)}
    if condition.one_of:
        return not own.isdisjoint(_plain(one) for one in condition.one_of)
    if condition.none_of:
        return own.isdisjoint(_plain(one) for one in condition.none_of)
    if not isinstance(value, int):
        return False
    return (condition.at_least is None or value >= condition.at_least) and (
        condition.below is None or value < condition.below
    )


def _plain(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value
