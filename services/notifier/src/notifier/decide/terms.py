"""The agreement as the notifier reads it, with everybody's working hours made once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import time

from agreement import Agreement
from agreement.bots import BotRule
from agreement.calendar import WEEKDAYS, Calendar, Calendars
from agreement.events import Events
from agreement.goals import WeeklyPack
from agreement.notices import Notices, QuietHours
from agreement.people import People
from agreement.routing import Routing
from agreement.service_levels import OFFERS, Promise, ServiceLevels
from agreement.survivorship import Survivorship
from agreement.teams import Teams


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything of the agreement that the notifier asks for."""

    notices: Notices
    teams: Teams
    people: People
    levels: ServiceLevels
    routing: Routing
    events: Events
    bots: BotRule
    survivorship: Survivorship
    packs: WeeklyPack
    """When the figures of a period are mailed."""
    zone: str
    """Of the house: for recipients without a zone of their own."""
    calendars: Calendars
    audience_hours: Calendar
    """When groups without a calendar of their own may be disturbed."""
    due_times: tuple[frozenset[str], ...]
    """Names of the promises that begin with an assignment, for each way it can begin: a card shows them all."""

    @classmethod
    def of(cls, agreement: Agreement) -> "Terms":
        """From an agreement."""
        zone = agreement.definitions.house.zone
        return cls(
            notices=agreement.notices,
            teams=agreement.teams,
            people=People(agreement.teams),
            levels=agreement.service_levels,
            routing=agreement.routing,
            events=agreement.events,
            bots=BotRule.of(agreement.events),
            survivorship=Survivorship.of(agreement.definitions),
            packs=agreement.goals.weekly_pack,
            zone=zone,
            calendars=Calendars(agreement.teams),
            audience_hours=_waking_hours(agreement.notices.quiet_hours, zone),
            due_times=tuple(_started_by(agreement.service_levels.promises)),
        )


def _started_by(promises: Iterable[Promise]) -> Iterable[frozenset[str]]:
    """Names of the owner's promises that each kind of offer starts; kinds that start none are left out."""
    for start in sorted(OFFERS):
        names = frozenset(promise.name for promise in promises if promise.level == "owner" and start in promise.starts)
        if names:
            yield names


def _waking_hours(quiet: QuietHours, zone: str) -> Calendar:
    """The hours that are not quiet."""
    if quiet.end <= quiet.start:
        shifts = [(quiet.end, quiet.start)]
    else:
        shifts = [(time.min, quiet.start), (quiet.end, time.max)]
    return Calendar(zone, {day: shifts for day in WEEKDAYS if day not in quiet.days_off})
