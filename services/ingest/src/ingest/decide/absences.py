"""When a rep is on leave by the own calendar: busy days out of office, as an iCalendar feed (RFC 5545) has them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from agreement.months import midnight
from agreement.teams import CalendarFeeds

if TYPE_CHECKING:  # 4 MB that only the process that reads a calendar needs
    from icalendar import Component

_TOO_OFTEN: Final = ("SECONDLY", "MINUTELY", "HOURLY")
"""How no leave recurs: such an entry would expand into millions."""
_LAST: Final = date(3000, 1, 1)
"""Leave without end ends here: beyond it, and with lengths beyond it, the calendar of the library ends."""


class Absence(Struct, frozen=True, order=True):
    """From one instant to another, the second excluded."""

    since: datetime
    until: datetime


class UnreadableCalendar(ValueError):
    """What came is no calendar."""


def absences(content: bytes, feeds: CalendarFeeds, zone: str, now: datetime) -> tuple[Absence, ...]:
    """The rep's leave from now on, as far as `feeds.ahead`, in order; what touches is one. Raises UnreadableCalendar.

    Days without times are days of `zone`, the rep's. Entries with times count when they last `feeds.at_least`.
    """
    import recurring_ical_events  # noqa: PLC0415  (as above)
    from icalendar import Calendar  # noqa: PLC0415

    try:
        calendar = Calendar.from_ical(content)
        _keep_leave(calendar, feeds)
        entries = recurring_ical_events.of(calendar).between(now, now + feeds.ahead.timedelta)
        found = sorted(one for entry in entries if (one := _absence(entry, feeds, zone)))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError) as error:
        raise UnreadableCalendar(f"cannot be read: {type(error).__name__}") from error
    return tuple(_joined(found))


def _keep_leave(calendar: Component, feeds: CalendarFeeds) -> None:
    """Drops all other entries before any is expanded; one of a series stays with its series."""
    entries = [one for one in calendar.subcomponents if one.name == "VEVENT"]
    leave = {str(one.get("UID")) for one in entries if _is_leave(one, feeds) and not _too_often(one)}
    others = [one for one in calendar.subcomponents if one.name == "VTIMEZONE"]
    kept = [one for one in entries if str(one.get("UID")) in leave and not _too_often(one) and _cut(one)]
    calendar.subcomponents = [*others, *kept]


def _is_leave(entry: Component, feeds: CalendarFeeds) -> bool:
    if str(entry.get("TRANSP", "")).upper() == "TRANSPARENT" or str(entry.get("STATUS", "")).upper() == "CANCELLED":
        return False
    if str(entry.get("X-MICROSOFT-CDO-BUSYSTATUS", "")).upper() == "OOF":
        return True
    summary = " ".join(str(entry.get("SUMMARY", "")).casefold().split())
    return any(summary.startswith(word.casefold()) for word in feeds.words)


def _cut(entry: Component) -> bool:
    """Lets the entry end on the last day, if it ends later; False when it begins later, too."""
    start, end = _moment(entry, "DTSTART"), _moment(entry, "DTEND")
    length = getattr(entry.get("DURATION"), "dt", None)
    if start is None:
        return True
    if start.year >= _LAST.year:
        return False
    long = isinstance(length, timedelta) and length.days > (_LAST - date(start.year, 1, 1)).days - 366
    if long or (end is not None and end.year >= _LAST.year):
        zone = start.tzinfo if isinstance(start, datetime) else None
        last = datetime.combine(_LAST, datetime.min.time(), zone) if isinstance(start, datetime) else _LAST
        for name in ("DTEND", "DURATION"):
            entry.pop(name, None)
        entry.add("DTEND", last)
    return True


def _too_often(entry: Component) -> bool:
    rule: Any = entry.get("RRULE") or {}
    rules = rule if isinstance(rule, list) else [rule]
    return any(str(how).upper() in _TOO_OFTEN for one in rules for how in one.get("FREQ", ()))


def _absence(entry: Component, feeds: CalendarFeeds, zone: str) -> Absence | None:
    if not _is_leave(entry, feeds):
        return None
    start, end = _moment(entry, "DTSTART"), _moment(entry, "DTEND")
    if isinstance(start, datetime):
        since = _aware(start, zone)
        until = _aware(end, zone) if isinstance(end, datetime) else since
        return Absence(since, until) if until - since >= feeds.at_least.timedelta else None
    if start is None or isinstance(end, datetime):
        return None
    next_day = start + timedelta(days=1)
    return Absence(midnight(start, zone), midnight(max(end or next_day, next_day), zone))


def _moment(entry: Component, name: str) -> date | datetime | None:
    value: Any = entry.get(name)
    moment = getattr(value, "dt", None)
    return moment if isinstance(moment, date) else None


def _aware(moment: datetime, zone: str) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))


def _joined(found: Sequence[Absence]) -> Iterator[Absence]:
    current: Absence | None = None
    for one in found:
        if current and one.since <= current.until:
            current = Absence(current.since, max(current.until, one.until))
            continue
        if current:
            yield current
        current = one
    if current:
        yield current
