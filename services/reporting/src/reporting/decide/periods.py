"""Weeks, months and quarters: their names, their days in the house's zone, and which of them are over."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, get_args
from zoneinfo import ZoneInfo

from agreement.calendar import WEEKDAYS
from agreement.goals import Anomalies, WeeklyPack
from agreement.months import midnight, next_month
from events.packs import PackKind

KINDS: Final[tuple[PackKind, ...]] = get_args(PackKind)
_DAY: Final = timedelta(days=1)
_WEEK: Final = timedelta(days=7)
LONGEST_AGO: Final = timedelta(days=400)
"""What was over longer ago is not written any more."""


@dataclass(frozen=True, slots=True)
class PackPeriod:
    """One week, month or quarter: days from `first` to before `until`."""

    kind: PackKind
    first: date
    until: date

    @property
    def name(self) -> str:
        """`2026-W48` (ISO 8601's number of the week that its fourth day is in), `2026-11`, `2026-Q4`."""
        match self.kind:
            case "week":
                year, week, _ = (self.first + 3 * _DAY).isocalendar()
                return f"{year}-W{week:02d}"
            case "month":
                return f"{self.first:%Y-%m}"
            case "quarter":
                return f"{self.first.year}-Q{(self.first.month + 2) // 3}"

    @property
    def title(self) -> str:
        """As people say it: `Week 48: 23 to 29 Nov 2026`, `November 2026`, `Quarter 4 of 2026`."""
        last = self.until - _DAY
        match self.kind:
            case "week":
                start = f"{self.first.day}" if self.first.month == last.month else f"{self.first.day} {self.first:%b}"
                return f"Week {int(self.name[-2:])}: {start} to {last.day} {last:%b %Y}"
            case "month":
                return f"{self.first:%B %Y}"
            case "quarter":
                return f"Quarter {(self.first.month + 2) // 3} of {self.first.year}"


def period_of(kind: PackKind, day: date, terms: WeeklyPack) -> PackPeriod:
    """The period of this kind that a day is in."""
    match kind:
        case "week":
            first = day - timedelta(days=(day.weekday() - WEEKDAYS.index(terms.first_day)) % 7)
            return PackPeriod(kind, first, first + _WEEK)
        case "month":
            return PackPeriod(kind, day.replace(day=1), next_month(day))
        case "quarter":
            first = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
            return PackPeriod(kind, first, next_month(next_month(next_month(first))))


def before(period: PackPeriod, terms: WeeklyPack) -> PackPeriod:
    """The one just before."""
    return period_of(period.kind, period.first - _DAY, terms)


@dataclass(frozen=True, slots=True)
class Due:
    """Something that is to be written, from an instant on: a pack, or what a day brought (`period` null)."""

    at: datetime
    name: str
    period: PackPeriod | None
    day: date
    """The last day that it is about."""


def due_from(start: datetime, packs: WeeklyPack, anomalies: Anomalies, zone: str) -> Iterator[Due]:
    """What is to be written of all that ends after `start`, without end, in the order of its instants.

    A pack is due when it has settled, a day at the agreed hour of the next one.
    """
    day = start.astimezone(ZoneInfo(zone)).date()
    while True:
        end = day + _DAY
        over = [
            Due(midnight(end, zone) + packs.settles.timedelta, one.name, one, day)
            for kind in KINDS
            if (one := period_of(kind, day, packs)).until == end
        ]
        looked_at = datetime.combine(end, anomalies.at, ZoneInfo(zone))
        over.append(Due(looked_at.astimezone(start.tzinfo), f"day {day.isoformat()}", None, day))
        yield from sorted(over, key=lambda one: one.at)
        day = end
