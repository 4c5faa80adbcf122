"""Who can take a lead now: present, on shift, below the caps; and whose turn is next in a pool. As routing sees it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from agreement.calendar import Calendar, Calendars, NeverOpen
from agreement.months import midnight
from agreement.teams import Pool, Rep
from reporting.decide.picks import line_order
from reporting.reports.report import ReportScope
from reporting.store import picks as store
from reporting.store.conditions import DatabaseRow


@dataclass(frozen=True, slots=True)
class Presence:
    """One rep now."""

    rep: str
    state: str
    """`here`, `away` or `left`; what the agreement or a fact says."""
    until: datetime | None
    """Of `away`: the end, when it is known."""
    on_shift: bool
    changes_at: datetime | None
    """When the shift ends that is on, or the next one begins."""
    today: int
    """Offers of the rep's own day."""

    @property
    def here(self) -> bool:
        """Neither gone nor away; on shift or not."""
        return self.state == "here"


async def presences(scope: ReportScope, reps: Iterable[str]) -> dict[str, Presence]:
    """By rep, for those of the agreement among these."""
    teams, calendars = scope.agreement.teams, Calendars(scope.agreement.teams)
    people = {one: teams.rep_by_id[one] for one in dict.fromkeys(reps) if one in teams.rep_by_id}
    days = {rep: calendars.of_rep(rep).local_day(scope.now) for rep in people}
    since = {rep: midnight(day, teams.team_by_id[people[rep].team].zone) for rep, day in days.items()}
    taken, states = await store.taken_today(scope.tx, since), await store.states(scope.tx)
    return {
        rep: _presence(person, states.get(rep), calendars.of_rep(rep), taken.get(rep, 0), scope.now)
        for rep, person in people.items()
    }


def _presence(person: Rep, row: DatabaseRow | None, calendar: Calendar, today: int, now: datetime) -> Presence:
    state, until = _state(person, row, now)
    day = calendar.local_day(now)
    if state == "here" and any(leave.first <= day <= leave.last for leave in person.leave):
        state = "away"
    closing = next((end for start, end in calendar.openings(day) if start <= now < end), None)
    return Presence(person.id, state, until, closing is not None, closing or _opening(calendar, now), today)


def _state(person: Rep, row: DatabaseRow | None, now: datetime) -> tuple[str, datetime | None]:
    if not person.active or (row and row["state"] == "left"):
        return "left", None
    if row and row["state"] == "away":
        begun, over = row["since"] is None or row["since"] <= now, row["until"] is not None and row["until"] <= now
        return ("away", row["until"]) if begun and not over else ("here", None)
    return "here", None


def _opening(calendar: Calendar, now: datetime) -> datetime | None:
    try:
        return calendar.next_open(now)
    except NeverOpen:
        return None


def next_in_line(pool: Pool, members: Iterable[DatabaseRow]) -> tuple[str | None, str]:
    """Whose turn the next lead of the pool would be now, and in which way: `turn`, `on_call`, or `nobody`.

    `members` are rows of the report `pools`. One who was offered the lead before is passed over; that depends on it.
    """
    able = [one for one in members if one["state"] == "here" and not one["capped"]]
    ready = [one for one in able if one["on_shift"]]
    if ready:
        return min(ready, key=_order)["rep"], "turn"
    called = [one for one in members if one["rep"] in pool.on_call and one["state"] == "here"]
    return (min(called, key=_order)["rep"], "on_call") if called else (None, "nobody")


def _order(one: Mapping[str, object]) -> tuple[float, datetime, str]:
    last = one["last_picked_at"]
    return line_order(float(str(one["ratio"])), last if isinstance(last, datetime) else None, str(one["rep"]))
