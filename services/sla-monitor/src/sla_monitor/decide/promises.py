"""Which promises a named start begins, and the clock that it makes of one."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from agreement.leave import AwayTimes, within
from agreement.service_levels import ClockStart, Promise
from agreement.types import Span
from events import Event
from sla_monitor.decide.state import Action, Clock, Milestone
from sla_monitor.decide.terms import Terms

ON_THE_LEADS_WAY: Final[frozenset[ClockStart]] = frozenset({"qualified", "deal_opened"})
"""Starts that stay true of the lead when it changes hands: an owner's clock starts fresh with the next owner."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has the lead as a clock begins, in which cycle, and whose hours count."""

    cycle: int
    rep: str | None = None
    """None while nobody has it."""
    team: str | None = None
    pool: str | None = None
    assignment: str | None = None
    touch: Span | None = None
    """First-touch target of the lead's urgency: of a promise that names none of its own."""
    deal: str | None = None
    """That is closed."""
    ending: str | None = None
    """How: `won` or `lost`."""
    surveys_from: datetime | None = None
    """Only a survey from after this instant is about this end; null: no end was taken back."""
    by_manager: bool = False
    """At the re-pool percentage the manager decides."""
    leave: AwayTimes = ()
    """Of the rep, by what was said of it."""


def clock_id(lead: str, cycle: int, promise: str, assignment: str | None = None) -> str:
    """`lead/cycle/promise/assignment`; a lead's own clock has `-` for the assignment."""
    return f"{lead}/{cycle}/{promise}/{assignment or '-'}"


def closing_id(first: str, number: int) -> str:
    """Of the clock that the nth closing of a deal in a cycle begins: the number stands in the place of `-`."""
    return f"{first.rpartition('/')[0]}/{number}"


def clocks_that_begin(start: ClockStart, event: Event, holder: Holder, terms: Terms) -> Iterator[Clock]:
    """A clock for each promise that this start begins, in the agreement's order."""
    for promise in terms.begun_by.get(start, ()):
        yield from _clock(event, promise, start, holder, terms)


def clocks_of_a_successor(clocks: Iterable[Clock], event: Event, holder: Holder, terms: Terms) -> Iterator[Clock]:
    """Fresh clocks for a new owner: of the promises that began on the lead's way, in this cycle, for one before."""
    before = {
        clock.promise: clock.begun_by
        for clock in clocks
        if clock.level == "owner" and clock.cycle == holder.cycle and clock.begun_by in ON_THE_LEADS_WAY
    }
    for promise in terms.levels.promises:
        if promise.name in before:
            yield from _clock(event, promise, before[promise.name], holder, terms)


def _clock(event: Event, promise: Promise, start: ClockStart, holder: Holder, terms: Terms) -> Iterator[Clock]:
    """None for an owner's promise while nobody owns the lead, or without any target. A lead's own is held by a side."""
    owned = promise.level == "owner"
    target = promise.target or holder.touch
    if target is None or (owned and holder.rep is None):
        return
    rep, assignment = (holder.rep, holder.assignment) if owned else (None, None)
    actions = terms.actions[promise.name, holder.by_manager]
    place = _Place(rep, holder.team, holder.pool, holder.leave if owned else ())
    clock = Clock(
        id=clock_id(event.subject, holder.cycle, promise.name, assignment),
        lead=event.subject,
        promise=promise.name,
        level=promise.level,
        side=promise.side,
        cycle=holder.cycle,
        assignment=assignment,
        holder=rep or promise.side,
        manager=terms.people.manager(rep, holder.pool, holder.team),
        team=holder.team,
        pool=holder.pool,
        target=str(target),
        started=event.time,
        **_times(place, event.time, target, actions, terms),
        begun_by=start,
        stops=promise.stops,
        attempts=promise.attempts or 1,
        agreement=terms.version,
        correlation=event.correlationid or event.id,
        deal=holder.deal,
        endings=() if holder.ending is None else (holder.ending,),
        surveys_from=holder.surveys_from,
        unreached=terms.levels.failed_channels_charged_to,
    )
    yield clock.handed(event.time, holder.rep, holder.assignment)


def reckoned(clock: Clock, terms: Terms, leave: AwayTimes) -> Clock:
    """The clock with its holder's leave, as it is known now, taken out of its time; itself where that changes nothing.

    Promise, target and milestones stay as they were agreed at the start; what is reckoned anew is so in today's hours.
    A lead's own clock is nobody's, and counts the hours of the team.
    """
    if clock.level != "owner" or within(leave, clock.started, clock.due) == clock.away:
        return clock
    place = _Place(clock.holder, clock.team, clock.pool, leave)
    actions = {milestone.percent: milestone.action for milestone in clock.milestones}
    return replace(clock, **_times(place, clock.started, Span.model_validate(clock.target), actions, terms))


class _Place(NamedTuple):
    """Whose hours count; where nobody is named, those of the team, the pool or the house."""

    rep: str | None
    team: str | None
    pool: str | None
    leave: AwayTimes


def _times(
    place: _Place, started: datetime, target: Span, actions: Mapping[int, Action], terms: Terms
) -> dict[str, Any]:
    """The fields of a clock that somebody's hours decide.

    Leave that begins once the promise was due holds back nothing of what follows: nobody waits for who is late.
    """
    due = terms.calendar(*place).add(started, target)
    away = within(place.leave, started, due)
    calendar = terms.calendar(*place._replace(leave=away))
    instants = calendar.at_percents(started, target, actions, due)
    return {
        "due": due,
        "milestones": tuple(
            Milestone(percent, at, action) for (percent, action), at in zip(actions.items(), instants, strict=True)
        ),
        "pauses": tuple(calendar.pauses(started, due)) if target.business else (),
        "away": away,
    }
