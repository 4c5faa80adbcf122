"""When things happen: the rhythm of the week and of the day, and the grid of the clock that the simulation moves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

STEP: Final = timedelta(minutes=5)
"""The clock moves by whole steps: what happens between two of them is seen at the next."""
CALM: Final = timedelta(hours=2)
"""Page views that nobody waits for come in together, at most so late."""
_WEEK: Final = (1.05, 1.25, 1.2, 1.1, 0.85, 0.2, 0.25)
"""Visits on Monday to Sunday, against an average working day."""
_HOURS: Final = dict(enumerate((2, 5, 9, 11, 10, 7, 9, 10, 9, 7, 4, 3, 3, 2), start=7))
"""Visits by the hour of the visitor's own day."""
_ZONES: Final = {
    "GB": "Europe/London", "DE": "Europe/Berlin", "FR": "Europe/Paris", "NL": "Europe/Amsterdam",
    "US": "America/New_York", "AU": "Australia/Sydney", "NZ": "Pacific/Auckland",
    "CA": "America/Toronto", "BR": "America/Sao_Paulo",
}  # fmt: skip


def up_to(instant: datetime, grid: timedelta) -> datetime:
    """The next instant on the grid, or the instant itself."""
    past = timedelta(seconds=instant.timestamp() % grid.total_seconds())
    return instant + (grid - past) if past else instant


@dataclass(frozen=True, slots=True)
class SimulatedDays:
    """The simulated time: `days` whole days of the house's zone, the last of them only up to `until`."""

    first: date
    days: int
    until: datetime
    zone: str

    @classmethod
    def ending(cls, until: datetime, days: int, zone: str) -> "SimulatedDays":
        """The days that the reports of the last `days` days are about."""
        return cls(until.astimezone(ZoneInfo(zone)).date() - timedelta(days=days - 1), days, until, zone)

    @property
    def begin(self) -> datetime:
        """Midnight of the first day, UTC."""
        return datetime.combine(self.first, time(), ZoneInfo(self.zone)).astimezone(UTC)

    @property
    def dates(self) -> Sequence[date]:
        """All its days, in order."""
        return [self.first + timedelta(days=number) for number in range(self.days)]

    def working(self, number: int) -> date:
        """Its working day of that number from the beginning, without weekends; the last one where there are no more."""
        days = [day for day in self.dates if day.weekday() < 5] or [self.first]
        return days[min(number, len(days) - 1)]

    def holds(self, instant: datetime) -> bool:
        """Whether it lies within."""
        return self.begin <= instant < self.until


def day_of(span: SimulatedDays, luck: Random) -> date:
    """A day of the span, by the rhythm of the week; business grows by a third over a quarter."""
    return luck.choices(*_business(span))[0]


@cache
def _business(span: SimulatedDays) -> tuple[Sequence[date], Sequence[float]]:
    return span.dates, [_WEEK[day.weekday()] * (1 + number / 270) for number, day in enumerate(span.dates)]


def time_on(day: date, country: str, luck: Random) -> datetime:
    """An instant of that day, by the rhythm of the visitor's own day."""
    hour = luck.choices(list(_HOURS), list(_HOURS.values()))[0]
    local = time(hour, luck.randrange(60), luck.randrange(60))
    return datetime.combine(day, local, ZoneInfo(_ZONES[country])).astimezone(UTC)
