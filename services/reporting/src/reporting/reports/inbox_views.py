"""Which part of the inbox a piece of open work stands in, and how urgent it is: pure, from a row of the inbox."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, Literal

from agreement.calendar import Calendar
from agreement.service_levels import ServiceLevels
from agreement.types import Span

InboxView = Literal["answer", "call", "waiting", "snoozed", "late"]
VIEWS: Final[tuple[InboxView, ...]] = ("answer", "call", "waiting", "snoozed", "late")
"""In the order of the page. `late`: an old breach, which stands in the inbox of the rep's manager."""


def view_of(row: Mapping[str, Any], levels: ServiceLevels, today: date, now: datetime) -> InboxView:
    """The one view in which the work stands.

    The row has `owner state clock clock_state charged due snoozed_until next_step`; `today` is the owner's. Offers and
    an overdue first touch are to be answered now; what has a next step up to today is to be called today.
    """
    if row["snoozed_until"] is not None:
        return "snoozed"
    if is_the_managers(row, levels, now):
        return "late"
    if row["state"] == "offered" or (row["due"] and row["due"] <= now and _is_first_touch(row["clock"], levels)):
        return "answer"
    step = row["next_step"]
    return "call" if step and step["kind"] != "wait" and step["day"] <= today else "waiting"


def late_by(levels: ServiceLevels, now: datetime) -> datetime | None:
    """What was due then or before is the manager's; None where the agreement leaves it to the rep."""
    return now - levels.manager_takes_after.timedelta if levels.manager_takes_after else None


def is_the_managers(row: Mapping[str, Any], levels: ServiceLevels, now: datetime) -> bool:
    """Whether its rep is charged with a breach that is so old."""
    oldest = late_by(levels, now)
    breached = row["clock_state"] == "breached" and row["charged"] is not None and row["charged"] == row["owner"]
    return bool(oldest and breached and row["due"] <= oldest)


def _is_first_touch(clock: str | None, levels: ServiceLevels) -> bool:
    """Whether the first attempt keeps this promise."""
    promise = levels.by_name.get(clock or "")
    return promise is not None and "attempted" in promise.stops and (promise.attempts or 1) == 1


@lru_cache
def _span(target: str) -> Span:
    return Span.model_validate(target)


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """How long a promise can still be kept, by the calendar of who holds it."""

    seconds: int
    """Open time until it is due; below 0 since it was. By the clock on the wall where the promise is."""
    share: float
    """Of the time that it allows, so much is used: 0 to 1, and 1 once it is over."""
    late: bool


def time_left(calendar: Calendar, now: datetime, started: datetime, due: datetime, target: str) -> TimeLeft:
    """`target` is the promise's span, such as `4bh`."""
    business = _span(target).business

    def between(start: datetime, end: datetime) -> timedelta:
        return calendar.elapsed(start, end) if business else max(end - start, timedelta(0))

    late = due <= now
    left = -between(due, now) if late else between(now, due)
    whole = between(started, due)
    used = 1.0 if late or not whole else 1 - left / whole
    return TimeLeft(round(left.total_seconds()), min(1.0, max(0.0, used)), late)
