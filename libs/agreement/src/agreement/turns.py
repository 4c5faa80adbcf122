"""Turns of a pool (domain, section 5): who is next, and where somebody begins who comes, or comes back."""

from collections.abc import Mapping
from datetime import UTC, datetime
from statistics import median
from typing import Final

from msgspec import Struct

_NEVER: Final = datetime.min.replace(tzinfo=UTC)


class Turns(Struct, frozen=True):
    """Turns of one member of a pool."""

    taken: int
    """Without those that were given back."""
    weight: float
    head_start: float | None
    """As at the pick before; None: the member was not there, or is new."""
    here: bool
    """Now; on shift or not."""


def ratio_of(taken: int, head_start: float, weight: float) -> float:
    """Turns by weight: who has the lowest is next."""
    return (taken + head_start) / weight


def line_order(ratio: float, last: datetime | None, rep: str) -> tuple[float, datetime, str]:
    """Who has the least is next: lowest ratio, then longest since the last pick, then id."""
    return ratio, last or _NEVER, rep


def head_starts(members: Mapping[str, Turns]) -> dict[str, float]:
    """By id, of those who came, or came back, since the pick before: what lifts each to the median ratio of the others
    who are here, or takes them down to it: no past is made up for. Nobody else is here: to 0.
    """
    lifted = {rep: one for rep, one in members.items() if one.here and one.head_start is None}
    if not lifted:
        return {}
    others = [
        ratio_of(one.taken, one.head_start, one.weight)
        for one in members.values()
        if one.here and one.head_start is not None
    ]
    level = median(others) if others else 0.0
    return {rep: level * one.weight - one.taken for rep, one in lifted.items()}
