"""What time alone brings to a clock: reminders, the breach, and the way back to the pool."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from events import Fact
from events.slas import ClockEscalated, ClockReminded
from runtime.values import Timer
from sla_monitor.decide.clocks import move
from sla_monitor.decide.draft import Draft
from sla_monitor.decide.state import Clock, Milestone

MILESTONE: Final = "milestone"


def timer_of(clock: Clock) -> Timer:
    """One for each clock: its next milestone, or none."""
    return Timer(clock.lead, MILESTONE, clock.id, clock.next_at)


def timers_of(draft: Draft) -> Iterator[Timer]:
    """Of the clocks whose next milestone is another one than was planned, or whose timer has fired.

    One that waits behind leave from now on looks again in a batch of its own: in the rep's lane somebody may have said
    meanwhile that the leave is over, and not have known of this clock.
    """
    for subject, lead in draft.leads:
        for name, clock in lead.changed.items():
            before = lead.loaded.get(name)
            if clock.waits_for and clock.waits_for != (before.waits_for if before else None):
                draft.look_again(subject, name)
            if name in draft.woken or clock.next_at != (before.next_at if before else None):
                yield timer_of(clock)


def on_milestone(draft: Draft, timer: Timer) -> None:
    """After a downtime every milestone that passed happens, each at its own time; but first what is known of leave."""
    clocks = draft.lead(timer.subject)
    draft.woken.add(timer.key)
    clock = clocks.clocks.get(timer.key)
    if clock is not None and clock.live:
        reckoned, moved = clocks.wake(clock, timer.due_at or draft.now) if draft.absences else (clock, [])
        passed, facts = pass_milestones(reckoned, draft.now)
        clocks.put(passed, [])
        draft.facts_of_time += [*moved, *facts]


def pass_milestones(clock: Clock, now: datetime) -> tuple[Clock, list[Fact]]:
    """The clock with all its milestones up to `now` behind it, and their facts."""
    facts: list[Fact] = []
    for milestone in clock.milestones:
        if milestone.percent > clock.last_percent and milestone.at <= now:
            clock, more = _pass(clock, milestone)
            facts += more
            clock = replace(clock, last_percent=milestone.percent)
    return clock, facts


def _pass(clock: Clock, milestone: Milestone) -> tuple[Clock, list[Fact]]:
    record = clock.record()
    match milestone.action:
        case "breach":
            return move(clock, "lapsed", None)
        case "remind":
            reminded = ClockReminded.Data(**record, percent=milestone.percent)
            fact = ClockReminded.fact(clock.lead, reminded, time=milestone.at)
        case "repool" | "manager":
            escalated = ClockEscalated.Data(**record, percent=milestone.percent, action=milestone.action)
            fact = ClockEscalated.fact(clock.lead, escalated, time=milestone.at)
    return clock, [replace(fact, correlation=clock.correlation)]
