"""The days that a question is about, the days before them, and the weeks that they are made of."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from agreement.months import midnight, month_of

DateRange = Literal["7d", "30d", "90d", "mtd", "qtd", "prev_quarter"]
Compare = Literal["prev", "year"]
"""With the days just before, or with those of a year ago: whole weeks earlier, so that weekdays match."""
Day = Annotated[date, Field(ge=date(1900, 1, 1), lt=date(3000, 1, 1))]
"""Of a period: as far from the calendar's ends as sums of days may go."""
WEEK: Final = timedelta(days=7)
YEAR: Final = 52 * WEEK
_BY_DAY: Final = timedelta(days=14)
"""So long a period is shown day by day; a longer one week by week."""


@dataclass(frozen=True, slots=True)
class Period:
    """Days of the house's zone, `until` exclusive, and the instants (UTC) they mean."""

    first: date
    until: date
    zone: str

    @property
    def start(self) -> datetime:
        """The instant (UTC) at which the first day begins in the house's zone."""
        return midnight(self.first, self.zone)

    @property
    def end(self) -> datetime:
        """The instant (UTC) at which the day `until` begins: it is not in the period."""
        return midnight(self.until, self.zone)

    @property
    def parameters(self) -> dict[str, str]:
        """The period as `from` and `to` of an address."""
        return {"from": self.first.isoformat(), "to": self.until.isoformat()}

    def before(self, compare: Compare) -> "Period":
        """As many days earlier, on the same weekdays: `prev` by as few whole weeks as leave no day in both."""
        shift = YEAR if compare == "year" else -(-(self.until - self.first) // WEEK) * WEEK
        return Period(self.first - shift, self.until - shift, self.zone)

    def parts(self) -> "Iterator[Period]":
        """Its days when they are at most 14, else its weeks from Monday on, the first and the last cut by its ends."""
        day = self.first
        while day < self.until:
            following = day + timedelta(days=1) if self.until - self.first <= _BY_DAY else _monday_after(day)
            yield Period(day, min(following, self.until), self.zone)
            day = following

    def weeks_up_to(self, count: int) -> "list[Period]":
        """The last `count` times seven days, the last of them ending with the period."""
        ends = [self.until - WEEK * number for number in reversed(range(count))]
        return [Period(end - WEEK, end, self.zone) for end in ends]


def _monday_after(day: date) -> date:
    return day + timedelta(days=7 - day.weekday())


def days_of(name: DateRange, now: datetime, zone: str) -> Period:
    """The days that a range means now: up to and with today, but for the previous quarter."""
    today = now.astimezone(ZoneInfo(zone)).date()
    tomorrow = today + timedelta(days=1)
    quarter = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    if name == "mtd":
        return Period(month_of(now, zone), tomorrow, zone)
    if name == "qtd":
        return Period(quarter, tomorrow, zone)
    if name == "prev_quarter":
        last = quarter - timedelta(days=1)
        return Period(date(last.year, (last.month - 1) // 3 * 3 + 1, 1), quarter, zone)
    return Period(tomorrow - timedelta(days=int(name.removesuffix("d"))), tomorrow, zone)
