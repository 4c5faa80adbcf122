"""Chance that repeats itself: every draw comes from a seed and the name of what it is drawn for."""

from collections.abc import Mapping
from random import Random
from typing import TypeVar

T = TypeVar("T")


def dice(seed: int, *key: object) -> Random:
    """A generator of its own for this seed and key: draws for one thing never depend on those for another."""
    return Random(f"{seed}/{'/'.join(map(str, key))}")  # noqa: S311  nothing is guarded by it


def pick(weights: Mapping[T, float], luck: Random) -> T:
    """One of the keys, as often as its weight says."""
    return luck.choices(list(weights), list(weights.values()))[0]
