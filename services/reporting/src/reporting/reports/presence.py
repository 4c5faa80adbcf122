"""Who can take a lead now: present, on shift, below the caps; and whose turn is next in a pool. As routing sees it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from agreement.calendar import Calendar, Calendars, NeverOpen
from agreement.leave import AwayTimes, RepWord, has_left, leave_of
from agreement.months import midnight
from agreement.teams import Pool, Rep
from agreement.turns import line_order
from agreement.types import Span
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
    leaves: date | None
    """First day of the leave that the rep is on when the first touch of a lead of now would be due, if nobody waits."""

    @property
    def here(self) -> bool:
        """Neither gone nor away; on shift or not."""
        return self.state == "here"


async def presences(scope: ReportScope, reps: Iterable[str]) -> dict[str, Presence]:
    """By rep, for those of the agreement among these."""
    teams, calendars = scope.agreement.teams, scope.agreement.calendars
    people = {one: teams.rep_by_id[one] for one in dict.fromkeys(reps) if one in teams.rep_by_id}
    span = scope.agreement.routing.urgency[-1].first_touch
    days = {rep: calendars.of_rep(rep).local_day(scope.now) for rep in people}
    since = {rep: midnight(day, teams.team_by_id[people[rep].team].zone) for rep, day in days.items()}
    taken, words = await store.taken_today(scope.tx, since), await store.words(scope.tx)
    return {
        rep: _presence(person, words.get(rep, []), calendars, scope.now, span=span, today=taken.get(rep, 0))
        for rep, person in people.items()
    }


def _presence(
    person: Rep, words: Sequence[RepWord], calendars: Calendars, now: datetime, *, span: Span, today: int
) -> Presence:
    calendar, leave = calendars.of_rep(person.id), leave_of(words)
    state, until = ("left", None) if not person.active or has_left(words) else _state(leave, now)
    day = calendar.local_day(now)
    if state == "here" and any(leave.first <= day <= leave.last for leave in person.leave):
        state = "away"
    closing = next((end for start, end in calendar.openings(day) if start <= now < end), None)
    changes_at = closing or _opening(calendar, now)
    known = bool(leave or person.leave) and state == "here"
    leaves = calendars.leave_when_due(person.id, now, span, leave) if known else None
    return Presence(person.id, state, until, closing is not None, changes_at, today, leaves)


def _state(leave: AwayTimes, now: datetime) -> tuple[str, datetime | None]:
    """On leave now, by what was said, and until when; else here."""
    ends = [until for since, until in leave if since <= now and (until is None or now < until)]
    return ("away", ends[0]) if ends else ("here", None)


def _opening(calendar: Calendar, now: datetime) -> datetime | None:
    try:
        return calendar.next_open(now)
    except NeverOpen:
        return None


def next_in_line(pool: Pool, members: Iterable[DatabaseRow]) -> tuple[str | None, str]:
    """Whose turn the next lead of the pool would be now, and in which way: `turn`, `on_call`, or `nobody`.

    `members` are rows of the report `pools`. One who was offered the lead before is passed over; that depends on it.
    """
    able = [one for one in members if one["state"] == "here" and not one["capped"] and one["leaves"] is None]
    ready = [one for one in able if one["on_shift"]]
    if ready:
        return min(ready, key=_order)["rep"], "turn"
    stays = (one for one in members if one["leaves"] is None or not one["on_shift"])
    called = [one for one in stays if one["rep"] in pool.on_call and one["state"] == "here"]
    return (min(called, key=_order)["rep"], "on_call") if called else (None, "nobody")


def _order(one: Mapping[str, object]) -> tuple[float, datetime, str]:
    last = one["last_picked_at"]
    return line_order(float(str(one["ratio"])), last if isinstance(last, datetime) else None, str(one["rep"]))
