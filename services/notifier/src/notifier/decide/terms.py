"""The chapters of the agreement that notices depend on, with everybody's working hours made once."""

from dataclasses import dataclass
from datetime import time

from agreement import Agreement
from agreement.calendar import WEEKDAYS, Calendar, Calendars
from agreement.definitions import Definitions
from agreement.events import Events
from agreement.notices import Notices, QuietHours
from agreement.routing import Routing
from agreement.service_levels import ServiceLevels
from agreement.teams import Teams


@dataclass(frozen=True, slots=True)
class Terms:
    notices: Notices
    teams: Teams
    levels: ServiceLevels
    routing: Routing
    definitions: Definitions
    events: Events
    people: Calendars
    audiences: Calendar
    """When groups without a calendar of their own may be disturbed."""

    @classmethod
    def of(cls, agreement: Agreement) -> "Terms":
        return cls(
            notices=agreement.notices,
            teams=agreement.teams,
            levels=agreement.service_levels,
            routing=agreement.routing,
            definitions=agreement.definitions,
            events=agreement.events,
            people=Calendars(agreement.teams),
            audiences=_awake(agreement.notices.quiet_hours, agreement.definitions.house.zone),
        )


def _awake(quiet: QuietHours, zone: str) -> Calendar:
    """The hours that are not quiet."""
    if quiet.end <= quiet.start:
        shifts = [(quiet.end, quiet.start)]
    else:
        shifts = [(time.min, quiet.start), (quiet.end, time.max)]
    return Calendar(zone, {day: shifts for day in WEEKDAYS if day not in quiet.days_off})
