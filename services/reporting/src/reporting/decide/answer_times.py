"""How long raised hands waited, added up: for all of them, by whoever had them, by the hour of the week."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from reporting.decide.tallies import quantile
from reporting.decide.waits import WAIT_PARTS, WaitPart

K = TypeVar("K", bound=Hashable)
HOURS: Final = 24
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True)
class AnswerTimes:
    """How long some raised hands waited, in seconds; of hands without a touch no time is known."""

    answered: int
    waiting: int
    untouched: int
    """Ended without a touch."""
    median: float | None
    p90: float | None
    seconds: float
    parts: Mapping[WaitPart, float]
    """They sum up to `seconds`."""

    @property
    def slowest(self) -> WaitPart | None:
        """Where most of the time went; null without any."""
        if not self.seconds:
            return None
        return max(WAIT_PARTS, key=self.parts.__getitem__)

    @property
    def never(self) -> float | None:
        """The share that ended without a touch, of those that do not wait any more."""
        over = self.answered + self.untouched
        return self.untouched / over if over else None


def add_up(waits: Sequence[Mapping[str, Any]]) -> AnswerTimes:
    """The times of these waits, each with `answered`, `waits`, `seconds` and `parts` (report `speed`)."""
    replies = [one for one in waits if one["answered"]]
    times = sorted(one["seconds"] for one in replies)
    waiting = sum(1 for one in waits if one["waits"])
    in_parts = zip(*(map(one["parts"].__getitem__, WAIT_PARTS) for one in replies), strict=True)
    sums = [*map(sum, in_parts)] if replies else [0] * len(WAIT_PARTS)
    return AnswerTimes(
        answered=len(replies),
        waiting=waiting,
        untouched=len(waits) - len(replies) - waiting,
        median=quantile(times, 0.5),
        p90=quantile(times, 0.9),
        seconds=sum(times),
        parts=dict(zip(WAIT_PARTS, sums, strict=True)),
    )


def grouped(waits: Iterable[Mapping[str, Any]], key: Callable[[Mapping[str, Any]], K]) -> dict[K, AnswerTimes]:
    """The times of each group of waits, by its key."""
    groups: dict[K, list[Mapping[str, Any]]] = {}
    for one in waits:
        groups.setdefault(key(one), []).append(one)
    return {name: add_up(some) for name, some in groups.items()}


def hour_of_week(at: datetime, zone: str) -> int:
    """0 for Monday from 0:00 to 1:00 in this zone, 167 for Sunday's last hour."""
    local = at.astimezone(ZoneInfo(zone))
    return local.weekday() * HOURS + local.hour


def hour_words(hour: int) -> str:
    """`Mon 09:00`."""
    return f"{_DAYS[hour // HOURS]} {hour % HOURS:02d}:00"
