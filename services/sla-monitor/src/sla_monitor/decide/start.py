"""Which clocks an MQL, an assignment and a closing start, and with which terms."""

from dataclasses import dataclass
from typing import Final

from agreement.calendar import Calendar, Calendars
from agreement.service_levels import Promise, ServiceLevels
from agreement.teams import Teams
from agreement.types import Span
from events import Event
from events.handoffs import LeadAssigned, StageChanged
from sla_monitor.decide.clock import Action, Clock, Milestone

OF_AN_OWNER: Final = ("accepted", "first_touch", "three_attempts")
OF_A_SUCCESSOR: Final = ("accepted", "ae_touch")
"""An account executive takes over what the SDR has qualified: the person is known by then."""
HANDED_ON: Final = "hands_to"
OUT: Final = frozenset({"unresponsive", "disqualified", "nurture", "long_term", "suppressed"})
"""Statuses from which an MQL begins anew."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The chapters that clocks are made of."""

    levels: ServiceLevels
    teams: Teams
    calendars: Calendars
    version: str
    zone: str
    """Months of commitments are counted in it."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a clock stands: who holds it, and whose hours count."""

    cycle: int
    holder: str
    rep: str | None = None
    team: str | None = None
    pool: str | None = None
    assignment: str | None = None
    by_manager: bool = False
    """At the re-pool percentage the manager decides."""


def becomes_mql(data: StageChanged.Data) -> bool:
    """Not merely goes on being one."""
    return data.stage == "mql" and (data.stage_from != "mql" or data.status_from in OUT)


def routed(event: StageChanged, terms: Terms) -> Clock | None:
    """The lead's own clock, held by marketing until somebody has the lead."""
    promise, data = terms.levels.by_name.get("routed"), event.data
    if promise is None or promise.target is None:
        return None
    desk = Desk(data.cycle, promise.side, team=data.team, pool=data.pool)
    return _clock(event, promise, promise.target, desk, terms)


def of_owner(event: LeadAssigned, terms: Terms) -> list[Clock]:
    """Fresh clocks for a new owner."""
    data = event.data
    flags = {data.flag, *data.flags, {"named": "target_account", "referral": "referral"}.get(data.kind)}
    by_manager = not flags.isdisjoint(terms.levels.repool.manager_decides_for)
    desk = Desk(data.cycle, data.rep, data.rep, data.team, data.pool, data.assignment, by_manager)
    names = OF_A_SUCCESSOR if data.rule == HANDED_ON else OF_AN_OWNER
    promises = [terms.levels.by_name[name] for name in names if name in terms.levels.by_name]
    touch = Span.model_validate(data.touch)
    return [_clock(event, promise, promise.target or touch, desk, terms) for promise in promises]


def survey(event: StageChanged, terms: Terms) -> Clock | None:
    """The owner of a closed deal says why."""
    promise, data = terms.levels.by_name.get("survey"), event.data
    if promise is None or promise.target is None or data.owner is None:
        return None
    desk = Desk(data.cycle, data.owner, data.owner, data.team, data.pool)
    return _clock(event, promise, promise.target, desk, terms)


def clock_id(lead: str, cycle: int, promise: str, assignment: str | None = None) -> str:
    return f"{lead}/{cycle}/{promise}/{assignment or '-'}"


def _clock(event: Event, promise: Promise, target: Span, desk: Desk, terms: Terms) -> Clock:
    calendar = _calendar(desk, terms)
    due = calendar.add(event.time, target)
    return Clock(
        id=clock_id(event.subject, desk.cycle, promise.name, desk.assignment),
        lead=event.subject,
        promise=promise.name,
        level=promise.level,
        side=promise.side,
        cycle=desk.cycle,
        assignment=desk.assignment,
        holder=desk.holder,
        manager=_manager(desk, terms.teams),
        team=desk.team,
        pool=desk.pool,
        target=str(target),
        started=event.time,
        due=due,
        milestones=tuple(
            Milestone(percent, calendar.at_percent(event.time, target, percent), action)
            for percent, action in _actions(promise, desk, terms.levels).items()
        ),
        pauses=tuple(calendar.pauses(event.time, due)) if target.business else (),
        attempts=promise.attempts or 1,
        agreement=terms.version,
        correlation=event.correlationid or event.id,
    )


def _actions(promise: Promise, desk: Desk, levels: ServiceLevels) -> dict[int, Action]:
    """What happens at which percentage."""
    actions: dict[int, Action] = {reminder.percent: "remind" for reminder in levels.reminders_of(promise)}
    actions[100] = "breach"
    if promise.repools:
        actions[levels.repool.percent] = "manager" if desk.by_manager else "repool"
    return dict(sorted(actions.items()))


def _calendar(desk: Desk, terms: Terms) -> Calendar:
    """The holder's own; while nobody holds it (or a stranger to the agreement), the team's, the pool's, the house's."""
    teams = terms.teams
    if desk.rep in teams.rep_by_id:
        return terms.calendars.of_rep(desk.rep)
    pool = teams.pool_by_id.get(desk.pool or "")
    team = desk.team or (teams.rep_by_id[pool.members[0]].team if pool and pool.members else None)
    return terms.calendars.of_team(team if team in teams.team_by_id else _house_team(teams))


def _house_team(teams: Teams) -> str:
    """Marketing's, else the first."""
    return next((team.id for team in teams.teams if team.side == "marketing"), teams.teams[0].id)


def _manager(desk: Desk, teams: Teams) -> str | None:
    pool, team = teams.pool_by_id.get(desk.pool or ""), teams.team_by_id.get(desk.team or "")
    return (pool.manager if pool else None) or (team.manager if team else None)
