"""Business time: when a team (or one rep) works, and the arithmetic of `4bh`, `1bd` and `24h` on it."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from holidays import country_holidays

from agreement.leave import AwayTimes, away_at
from agreement.teams import Rep, Team, Teams
from agreement.types import Span, Weekday

WEEKDAYS: Final[tuple[Weekday, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY: Final = timedelta(days=1)
NOTHING: Final = timedelta(0)
HORIZON: Final = 3660
"""Days looked ahead for an opening: a calendar that stays closed longer is an error, not an endless search."""

REMEMBERED: Final = 256
"""Calendars of reps with absences: old ones are asked for no more."""

Shifts = Mapping[Weekday, Sequence[tuple[time, time]]]
Opening = tuple[datetime, datetime]
"""Half-open, UTC: the closing instant is closed."""


class NeverOpen(ValueError):
    """No opening within ten years."""


@lru_cache(maxsize=512)
def public_holidays(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    """Days of a year that are public holidays there, by the library `holidays`; remembered."""
    return frozenset(country_holidays(country, subdiv=subdivision, years=year))


class Calendar:
    """When somebody works. Half-open shifts by local weekday; all answers are UTC."""

    def __init__(
        self,
        zone: str,
        shifts: Shifts,
        *,
        country: str | None = None,
        subdivision: str | None = None,
        days_off: Collection[date] = (),
        worked: Collection[date] = (),
        leave: Collection[tuple[date, date]] = (),
        absences: AwayTimes = (),
    ) -> None:
        """`worked`: public holidays that are working days here. `leave`: first and last day, both included.

        `absences`: leave from an instant to another; one without an end closes nothing, for it would close for ever.
        """
        self._zone = ZoneInfo(zone)
        self._shifts = tuple(_merged(shifts.get(day, ())) for day in WEEKDAYS)
        if not any(self._shifts):
            raise NeverOpen("no shift on any day of the week")
        self._country, self._subdivision = country, subdivision
        self._days_off, self._worked = frozenset(days_off), frozenset(worked)
        self._leave = tuple(leave)
        self._absences = absences
        self._closed = [(since, until) for since, until in absences if until is not None]
        self._openings: dict[date, tuple[Opening, ...]] = {}
        self._last: _Ahead | None = None

    def is_open(self, instant: datetime) -> bool:
        """Whether somebody works at this instant; the closing instant itself is closed."""
        return any(start <= instant < end for start, end in self.openings(self.local_day(instant)))

    def next_open(self, instant: datetime) -> datetime:
        """The instant itself when open."""
        return self._ahead(instant)[0][0]

    def add(self, instant: datetime, span: Span) -> datetime:
        """`4bh`: so much open time later. `1bd`: same local time, next working day. `24h`: by the wall clock."""
        match span.unit:
            case "bh":
                return self._later(instant, timedelta(hours=span.amount))
            case "bd":
                return self._working_days(self.next_open(instant), span.amount)
            case _:
                return instant.astimezone(UTC) + span.timedelta

    def at_percent(self, start: datetime, span: Span, percent: float) -> datetime:
        """When so many per cent of the span are used up; of business days, of the open time between start and due."""
        (at,) = self.at_percents(start, span, (percent,), self.add(start, span))
        return at

    def at_percents(
        self, start: datetime, span: Span, percents: Iterable[float], due: datetime
    ) -> tuple[datetime, ...]:
        """`at_percent` of several, which must rise, in one walk; `due` is what `add` gave for start and span."""
        if not span.business:
            return tuple(start.astimezone(UTC) + (due - start) * percent / 100 for percent in percents)
        whole = timedelta(hours=span.amount) if span.unit == "bh" else self.elapsed(start, due)
        openings, at, passed, found = self._ahead(start), 0, NOTHING, []
        opened, closed = openings[at]
        for percent in percents:
            if percent == 100:
                found.append(due)
                continue
            rest = whole * percent / 100 - passed
            while rest > (length := closed - opened):
                rest, passed, at = rest - length, passed + length, at + 1
                opened, closed = openings[at]
            found.append(opened + rest)
        return tuple(found)

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """Open time between two instants; nothing when `end` is not after `start`."""
        total, day, last = NOTHING, self.local_day(start), self.local_day(end)
        while day <= last:
            for opened, closed in self.openings(day):
                total += max(NOTHING, min(closed, end) - max(opened, start))
            day += DAY
        return total

    def pauses(self, start: datetime, end: datetime) -> list[Opening]:
        """The closed stretches between two instants, in order."""
        closed_parts: list[Opening] = []
        day, last, since = self.local_day(start), self.local_day(end), start.astimezone(UTC)
        while day <= last:
            for opened, closed in self.openings(day):
                if since < min(opened, end):
                    closed_parts.append((since, min(opened, end)))
                since = max(since, closed)
            day += DAY
        return [*closed_parts, (since, end)] if since < end else closed_parts

    def working(self, day: date) -> bool:
        """Whether this local day has any open time."""
        return bool(self.openings(day))

    def open_days(self, instant: datetime) -> Iterator[date]:
        """The local days that have open time from an instant on, in order."""
        day, closed = self.local_day(instant), 0
        while closed < HORIZON:
            openings = self.openings(day)
            if openings and instant < openings[-1][1]:
                closed = 0
                yield day
            else:
                closed += 1
            day += DAY
        raise NeverOpen(f"closed for {HORIZON} days from {instant.isoformat()}")

    def leave_at(self, instant: datetime) -> date | None:
        """First day of the leave that the rep has at this instant, also of one without an end; None: none."""
        day = self.local_day(instant)
        days = [first for first, last in self._leave if first <= day <= last]
        days += [self.local_day(since) for since, until in self._absences if away_at(((since, until),), instant)]
        return min(days, default=None)

    def local_day(self, instant: datetime) -> date:
        """The date of an instant in the calendar's own zone."""
        return instant.astimezone(self._zone).date()

    def openings(self, day: date) -> tuple[Opening, ...]:
        """The open intervals of a local day, in order."""
        openings = self._openings.get(day)
        if openings is None:
            openings = self._openings[day] = () if self._off(day) else self._less_absences(self._opened(day))
        return openings

    def _off(self, day: date) -> bool:
        if day in self._days_off or any(first <= day <= last for first, last in self._leave):
            return True
        if self._country is None or day in self._worked:
            return False
        return day in public_holidays(self._country, self._subdivision, day.year)

    def _opened(self, day: date) -> tuple[Opening, ...]:
        """A shift that a change of the clocks swallows whole is no opening."""
        shifts = ((self._instant(day, a), self._instant(day, b)) for a, b in self._shifts[day.weekday()])
        return tuple((start, end) for start, end in shifts if start < end)

    def _less_absences(self, openings: tuple[Opening, ...]) -> tuple[Opening, ...]:
        for since, until in self._closed:
            parts = [((start, min(end, since)), (max(start, until), end)) for start, end in openings]
            openings = tuple(part for pair in parts for part in pair if part[0] < part[1])
        return openings

    def _instant(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, self._zone).astimezone(UTC)

    def _ahead(self, instant: datetime) -> "_Ahead":
        """The openings from an instant on. Those of the last one are remembered: its promises are counted together."""
        if self._last is None or self._last.instant is not instant:
            self._last = _Ahead(instant, self._from(instant))
        return self._last

    def _from(self, instant: datetime) -> Iterator[Opening]:
        """Openings from an instant on, the first one cut to begin there."""
        instant = instant.astimezone(UTC)
        day = self.local_day(instant)
        closed = 0
        while closed < HORIZON:
            openings = self.openings(day)
            for start, end in openings:
                if instant < end:
                    yield max(start, instant), end
            closed = 0 if openings else closed + 1
            day += DAY
        raise NeverOpen(f"closed for {HORIZON} days from {instant.isoformat()}")

    def _later(self, instant: datetime, rest: timedelta) -> datetime:
        """A rest that fits an opening exactly ends at its closing instant."""
        openings, at = self._ahead(instant), 0
        start, end = openings[at]
        while rest > (length := end - start):
            rest, at = rest - length, at + 1
            start, end = openings[at]
        return start + rest

    def _working_days(self, instant: datetime, days: int) -> datetime:
        """Where the day has no such open time: back to the closing before it, else forward to the first opening."""
        local = instant.astimezone(self._zone)
        day, closed = local.date(), 0
        while days and closed < HORIZON:
            day += DAY
            days, closed = (days - 1, 0) if self.working(day) else (days, closed + 1)
        if days:
            raise NeverOpen(f"closed for {HORIZON} days from {instant.isoformat()}")
        target = self._instant(day, local.time())
        openings = self.openings(day)
        start, end = openings[max(0, bisect_right(openings, target, key=lambda opening: opening[0]) - 1)]
        return min(max(target, start), end)


class _Ahead:
    """Openings by number, the first being 0, found as far as they are asked for. Raises NeverOpen past the last."""

    __slots__ = ("_found", "_more", "instant")

    def __init__(self, instant: datetime, openings: Iterator[Opening]) -> None:
        self.instant = instant
        self._found: list[Opening] = []
        self._more = openings

    def __getitem__(self, number: int) -> Opening:
        while len(self._found) <= number:
            self._found.append(next(self._more))
        return self._found[number]


def _merged(shifts: Sequence[tuple[time, time]]) -> tuple[tuple[time, time], ...]:
    """In order, without overlap, so that no minute counts twice."""
    merged: list[tuple[time, time]] = []
    for start, end in sorted(shifts):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def calendar_of(team: Team, rep: Rep | None = None, absences: AwayTimes = ()) -> Calendar:
    """The team's calendar; with a rep, less the rep's leave, and less the absences that were said."""
    return Calendar(
        team.zone,
        {day: [(shift.start, shift.end) for shift in shifts] for day, shifts in team.shifts.items()},
        country=team.holidays.country,
        subdivision=team.holidays.subdivision,
        days_off=[own.day for own in team.holidays.own_days],
        worked=team.holidays.worked,
        leave=[(leave.first, leave.last) for leave in rep.leave] if rep else (),
        absences=absences,
    )


class Calendars:
    """The calendars of everybody in chapter `teams`, each made once."""

    def __init__(self, teams: Teams) -> None:
        self._teams = teams
        self._made: dict[tuple[str, str | None], Calendar] = {}
        self._with_absences: dict[tuple[str, AwayTimes], Calendar] = {}

    def of_team(self, team: str) -> Calendar:
        """The calendar of a team, by its id. Raises KeyError when there is no such team."""
        return self._of(team, None)

    def of_rep(self, rep: str, absences: AwayTimes = ()) -> Calendar:
        """The calendar of a rep, by id: the team's, less the rep's days of leave and these absences.

        Raises KeyError for a stranger.
        """
        person = self._teams.rep_by_id[rep]
        if not absences:
            return self._of(person.team, rep)
        known = self._with_absences.get((rep, absences))
        if known is None:
            if len(self._with_absences) == REMEMBERED:
                self._with_absences.clear()
            known = calendar_of(self._teams.team_by_id[person.team], person, absences)
            self._with_absences[rep, absences] = known
        return known

    def leave_when_due(self, rep: str, now: datetime, span: Span, absences: AwayTimes = ()) -> date | None:
        """First day of the leave that the rep is on when a promise that begins now is due; None: on none.

        Due in the hours of the team, which leave does not stop: who is back before that can keep it.
        """
        due = self.of_team(self._teams.rep_by_id[rep].team).add(now, span)
        return self.of_rep(rep, absences).leave_at(due)

    def _of(self, team: str, rep: str | None) -> Calendar:
        calendar = self._made.get((team, rep))
        if calendar is None:
            person = self._teams.rep_by_id[rep] if rep else None
            calendar = self._made[team, rep] = calendar_of(self._teams.team_by_id[team], person)
        return calendar
