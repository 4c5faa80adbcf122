"""The agreed outreach as a plan for one offer: which touch on which business day, ticked by what was logged.

Shared by the inbox and the lead's page (reporting) and the card (notifier), so that all show the same next step.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice
from typing import Final

from agreement.calendar import Calendar
from agreement.routing import Routing
from events.grounds import AttemptMade

_STAGES: Final = ("mql", "sal")
_STATUSES: Final = ("assigned", "attempting_contact")


@dataclass(frozen=True, slots=True)
class PlannedTouch:
    """One touch of the plan."""

    business_day: int
    """1 is the day of the assignment, or the next one that is worked."""
    day: date
    """In the rep's own zone."""
    channel: str
    done_at: datetime | None = None
    """When it was logged."""


@dataclass(frozen=True, slots=True)
class NextStep:
    """What the rep is to do next by the plan."""

    business_day: int
    day: date
    channels: tuple[str, ...]
    """Those of the day that are not logged yet."""
    text: str


def outreach_plan(
    terms: Routing, calendar: Calendar, start: datetime, attempts: Iterable[AttemptMade]
) -> tuple[PlannedTouch, ...]:
    """The plan of an offer made at `start`, by the rep's calendar.

    Each attempt since then ticks one touch of its channel.
    """
    last = max((step.business_day for step in terms.outreach), default=0)
    days = _business_days(calendar, start, last)
    plan = [
        PlannedTouch(step.business_day, days[step.business_day - 1], channel)
        for step in sorted(terms.outreach, key=lambda one: one.business_day)
        for channel in step.channels
    ]
    for attempt in sorted(attempts, key=lambda one: one.at):
        if attempt.at < start:
            continue
        place = next((i for i, one in enumerate(plan) if one.channel == attempt.channel and one.done_at is None), None)
        if place is not None:
            plan[place] = replace(plan[place], done_at=attempt.at)
    return tuple(plan)


def next_step(plan: Iterable[PlannedTouch], terms: Routing) -> NextStep | None:
    """The first day of the plan on which something is not logged yet; None when all is done."""
    rest = [touch for touch in plan if touch.done_at is None]
    if not rest:
        return None
    first = rest[0]
    channels = tuple(touch.channel for touch in rest if touch.business_day == first.business_day)
    titles = " and ".join(terms.channel_title(channel) for channel in channels)
    return NextStep(first.business_day, first.day, channels, f"Day {first.business_day}: {titles}")


def is_under_way(stage: str | None, status: str | None) -> bool:
    """Whether the outreach goes on: offered or taken, and nobody has answered yet."""
    return (stage or "mql") in _STAGES and (status or "assigned") in _STATUSES


def sequence_titles(terms: Routing, employees: int | None) -> tuple[str, ...]:
    """Channels, for people, of the outbound sequence that runs beside the rep's work for companies of this size."""
    size = terms.size_of(employees)
    return tuple(terms.channel_title(channel) for channel in size.sequence) if size else ()


def _business_days(calendar: Calendar, start: datetime, count: int) -> list[date]:
    return list(islice(calendar.open_days(start), count))
