"""When it happened: client clocks corrected, nonsense clamped, and what is old news."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from events import Mode
from ingest.decide.submissions import Arrival, SalesFact

OLDEST: Final = timedelta(days=5 * 365)
"""What is older is taken as this old."""
NEWEST: Final = timedelta(days=1)
"""What is further in the future is taken as this far."""
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_NUMBER: Final = re.compile(r"\d{9,19}(\.\d{1,9})?", re.ASCII)
_CENTURY: Final = (datetime(2000, 1, 1, tzinfo=UTC).timestamp(), datetime(2100, 1, 1, tzinfo=UTC).timestamp())
"""Seconds since 1970: no unit's numbers for it are those of another unit."""


def names_a_day(value: object) -> bool:
    """A date without a time (domain, section 1): it belongs to the house's zone."""
    return isinstance(value, str) and _DAY.fullmatch(value.strip()) is not None


def occurred(arrival: Arrival, received: datetime) -> datetime:
    """When it happened: received - (sent_at - original), as the tracking clients' protocol has it, clamped, in UTC.

    Without `sent_at` a time in the past is believed (servers, imports), and one in the future is now (domain, 3.3). A
    fact of sales that is dated by a day means the end of that day, also of today (domain, 1).
    """
    if arrival.original is None:
        return received.astimezone(UTC)
    if isinstance(arrival, SalesFact):
        at = arrival.original if arrival.by_day else min(arrival.original, received)
        return max(received - OLDEST, at).astimezone(UTC)
    return clamped(_corrected(arrival, arrival.original, received), received)


def _corrected(arrival: Arrival, original: datetime, received: datetime) -> datetime:
    sent_at = arrival.sent_at
    if arrival.exact:
        return original
    if sent_at is None:
        return min(original, received)
    try:
        return received - (sent_at - original)
    except OverflowError:
        return original


def clamped(moment: datetime, received: datetime) -> datetime:
    """The instant, in UTC, at most five years before and one day after the receipt."""
    return max(received - OLDEST, min(received + NEWEST, moment)).astimezone(UTC)


def lies_ahead(arrival: Arrival, received: datetime) -> bool:
    """A fact of sales that cannot have happened: its instant is over a day ahead, or its day is later than tomorrow.

    A day is given to fast clocks, and to those for whom it is tomorrow already.
    """
    if not isinstance(arrival, SalesFact) or arrival.original is None:
        return False
    return arrival.original - received > (2 * NEWEST if arrival.by_day else NEWEST)


def mode(arrival: Arrival, at: datetime, received: datetime, historical_after: timedelta) -> Mode:
    """Historical when the sender marks it so, or when it arrived later than `historical_after`."""
    return "historical" if arrival.historical or received - at > historical_after else "live"


def instant(value: object, zone: str = "UTC") -> datetime | None:
    """RFC 3339 with any offset; a time without one is UTC, a date without time begins in `zone`. None for no time.

    A number, also one written as text, counts seconds, milliseconds, micro- or nanoseconds since 1970: whichever of
    them lies in this century.
    """
    if isinstance(value, int | float) or (isinstance(value, str) and _NUMBER.fullmatch(value.strip())):
        return None if isinstance(value, bool) else _since_1970(value if isinstance(value, int) else float(value))
    if not isinstance(value, str) or not 10 <= len(value) <= 40:
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
        if names_a_day(value):
            moment = moment.replace(tzinfo=ZoneInfo(zone))
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        moment.astimezone(UTC)  # the calendar ends: an instant outside it is none that anybody could keep
    except (ValueError, OverflowError):
        return None
    return moment


def _since_1970(number: float) -> datetime | None:
    """None for a number that no unit brings into this century."""
    for unit in (1, 10**3, 10**6, 10**9):
        if _CENTURY[0] * unit <= number < _CENTURY[1] * unit:
            return datetime.fromtimestamp(number / unit, UTC)
    return None
