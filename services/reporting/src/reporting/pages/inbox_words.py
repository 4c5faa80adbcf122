"""How the inbox writes times, in the rep's zone and in business time; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from agreement.calendar import Calendar

Tone = Literal["late", "warn", ""]
_MINUTE: Final = 60
_HOUR: Final = 3600
_WEEK: Final = 7
LATER: Final = (timedelta(minutes=30), timedelta(hours=1), timedelta(hours=2), timedelta(hours=4))
"""What is put off for less than a day."""
MARGIN: Final = timedelta(minutes=5)
"""So long before the promise breaks, at least, what was put off comes back."""


@dataclass(frozen=True, slots=True)
class LaterChoice:
    """Until when something may be put off."""

    until: datetime
    words: str


def short_time(seconds: int, due: datetime, now: datetime, zone: str) -> str:
    """For a narrow column: `5 min`, `1 h 20`, `3 bh` (business hours, due another day), `−1 h 10` (late)."""
    if seconds < 0 or due <= now:
        return f"−{_short(-seconds, due, now, zone)}" if seconds <= -_MINUTE else "due now"
    return _short(seconds, due, now, zone)


def long_time(seconds: int, due: datetime, now: datetime, zone: str) -> str:
    """A clause: `1 h 20 left (14:05)`, `3 bh left (Mon 13:00)`, `1 h 10 late, was due 13:05`."""
    at = clock_time(due, now, zone)
    if due <= now:
        late = hours(-seconds) if _is_plain(-seconds, due, now, zone) else working_time(-seconds)
        return f"{late} late, was due {at}" if seconds <= -_MINUTE else f"due now ({at})"
    return f"{short_time(seconds, due, now, zone)} left ({at})"


def _short(seconds: int, due: datetime, now: datetime, zone: str) -> str:
    return hours(seconds) if _is_plain(seconds, due, now, zone) else f"{max(1, round(seconds / _HOUR))} bh"


def _is_plain(seconds: int, due: datetime, now: datetime, zone: str) -> bool:
    """Within one day, or less than an hour: business time is then what a wall clock shows."""
    return seconds < _HOUR or _day(due, zone) == _day(now, zone)


def working_time(seconds: float) -> str:
    """Of an amount of business time, whose days are shorter than the calendar's: `40 min`, `151 business hours`."""
    whole = int(seconds // _HOUR)
    return f"{whole} business hour{'s' if whole != 1 else ''}" if whole else f"{int(seconds // _MINUTE)} min"


def hours(seconds: int) -> str:
    """Of an amount of time: `40 min`, `1 h 20`, `2 h`; from ten hours on whole hours."""
    minutes = seconds // _MINUTE
    whole, rest = divmod(minutes, _MINUTE)
    if whole >= 10:
        return f"{whole} h"
    return f"{whole} h {rest}" if whole and rest else f"{whole} h" if whole else f"{rest} min"


def clock_time(at: datetime, now: datetime, zone: str) -> str:
    """`14:05` today, `Mon 13:00` within a week, else `Mon 7 Dec 13:00`."""
    local, days = at.astimezone(ZoneInfo(zone)), abs(_days(now, at, zone))
    if not days:
        return f"{local:%H:%M}"
    return f"{local:%a %H:%M}" if days < _WEEK else f"{local:%a} {local.day} {local:%b %H:%M}"


def heading(due: datetime | None, now: datetime, zone: str) -> str:
    """Above the rows due that day: none for today and what is late, `tomorrow`, `Monday`, `later`, `no clock runs`."""
    if due is None:
        return "no clock runs"
    days = _days(now, due, zone)
    if days <= 0:
        return ""
    return "tomorrow" if days == 1 else f"{due.astimezone(ZoneInfo(zone)):%A}" if days < _WEEK else "later"


def tone(used: float | None, seconds: int | None, warn_percent: float) -> Tone:
    """`late` past the promise, `warn` from where the last reminder before it goes out."""
    if used is None or seconds is None:
        return ""
    return "late" if used >= 1 else "warn" if used * 100 >= warn_percent else ""


def later_choices(now: datetime, due: datetime | None, calendar: Calendar, zone: str) -> list[LaterChoice]:
    """The times until when something may be put off: in working time, and before the next promise breaks.

    None once the promise is broken. Hours from now, then the next two mornings, then a week from now.
    """
    times = [now + span for span in LATER]
    opening = now
    for _ in range(2):
        opening = _next_morning(calendar, opening)
        times.append(opening)
    times.append(calendar.next_open(now + timedelta(days=_WEEK)))
    latest = due - MARGIN if due else None
    fits = [at for at in dict.fromkeys(times) if calendar.is_open(at) and (latest is None or at <= latest)]
    return [LaterChoice(at, _until(at, now, zone)) for at in sorted(fits)]


def join(words: Sequence[str]) -> str:
    """`e-mail, call and LinkedIn`."""
    return " and ".join(part for part in (", ".join(words[:-1]), words[-1] if words else "") if part)


def _next_morning(calendar: Calendar, after: datetime) -> datetime:
    """The first opening of the next day that is worked."""
    day = calendar.local_day(after) + timedelta(days=1)
    while not calendar.working(day):
        day += timedelta(days=1)
    return calendar.openings(day)[0][0]


def _until(at: datetime, now: datetime, zone: str) -> str:
    waits = at - now
    if waits in LATER:
        return f"in {hours(int(waits.total_seconds()))} ({clock_time(at, now, zone)})"
    days = _days(now, at, zone)
    named = "tomorrow" if days == 1 else f"{at.astimezone(ZoneInfo(zone)):%A}" if days < _WEEK else "in a week"
    return f"{named} ({clock_time(at, now, zone)})"


def _days(now: datetime, at: datetime, zone: str) -> int:
    return (_day(at, zone) - _day(now, zone)).days


def _day(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()
