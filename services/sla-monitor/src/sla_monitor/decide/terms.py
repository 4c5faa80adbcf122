"""The agreement as this service reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from agreement import Agreement
from agreement.calendar import Calendar, Calendars
from agreement.leave import AwayTimes
from agreement.people import People
from agreement.routing import Routing
from agreement.service_levels import ClockStart, Commitments, Promise, ServiceLevels
from sla_monitor.decide.state import Action


@dataclass(frozen=True)
class Terms:
    """The promises of both teams, who is who, and in whose hours time is counted."""

    levels: ServiceLevels
    routing: Routing
    people: People
    calendars: Calendars
    version: str
    zone: str
    """Of the house: months of commitments are counted in it."""

    @classmethod
    def of(cls, agreement: Agreement) -> "Terms":
        """From the whole agreement."""
        teams = agreement.teams
        zone = agreement.definitions.house.zone
        return cls(
            levels=agreement.service_levels,
            routing=agreement.routing,
            people=People(teams),
            calendars=Calendars(teams),
            version=agreement.version,
            zone=zone,
        )

    @property
    def commitments(self) -> Commitments:
        """What both teams promise for each month."""
        return self.levels.commitments

    @cached_property
    def begun_by(self) -> Mapping[ClockStart, tuple[Promise, ...]]:
        """The promises that each named start begins, in the agreement's order."""
        promises = self.levels.promises
        starts = dict.fromkeys(start for promise in promises for start in promise.starts)
        return {start: tuple(promise for promise in promises if start in promise.starts) for start in starts}

    @cached_property
    def actions(self) -> Mapping[tuple[str, bool], Mapping[int, Action]]:
        """By promise, and whether the manager decides at the re-pool: what happens at which percentage, in order."""
        levels = self.levels
        return {(one.name, by): _actions(one, levels, by_manager=by) for one in levels.promises for by in (False, True)}

    def calendar(self, rep: str | None, team: str | None, pool: str | None, leave: AwayTimes = ()) -> Calendar:
        """The rep's own; of nobody, or of somebody gone from the agreement, the team's, the pool's, the house's.

        `leave`: what was said of the rep's; it is joined to that of the agreement.
        """
        if rep is not None and self.people.rep(rep):
            return self.calendars.of_rep(rep, leave)
        teams = self.people.teams
        home = teams.pool_by_id.get(pool or "")
        found = team or (self.people.team(home.members[0]) if home and home.members else None)
        return self.calendars.of_team(found if found in teams.team_by_id else self._house_team())

    def _house_team(self) -> str:
        """Marketing's, else the first."""
        teams = self.people.teams.teams
        return next((team.id for team in teams if team.side == "marketing"), teams[0].id)


def _actions(promise: Promise, levels: ServiceLevels, *, by_manager: bool) -> dict[int, Action]:
    actions: dict[int, Action] = {reminder.percent: "remind" for reminder in levels.reminders_of(promise)}
    actions[100] = "breach"
    if promise.repools:
        actions[levels.repool.percent] = "manager" if by_manager else "repool"
    return dict(sorted(actions.items()))
