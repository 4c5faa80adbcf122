"""What time says about clocks: reminders, the breach, and the way back to the pool."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from events import Fact
from events.slas import ClockEscalated, ClockReminded
from runtime.values import Timer
from sla_monitor.decide.clock import Clock, Milestone, move
from sla_monitor.decide.fold import Lead, Outcome


def fire(leads: Mapping[str, Lead], timers: Iterable[Timer], now: datetime) -> Outcome:
    """After a downtime every milestone passed is said, each with its own time, in the order of these times."""
    outcome = Outcome()
    for timer in timers:
        clock = leads.get(timer.subject, Lead()).clocks.get(timer.key)
        if clock is None or not clock.live:
            continue
        outcome.clocks[clock.id], facts = pass_milestones(clock, now)
        outcome.facts.extend(facts)
    outcome.facts.sort(key=lambda fact: fact.time)
    return outcome


def pass_milestones(clock: Clock, now: datetime) -> tuple[Clock, list[Fact]]:
    facts: list[Fact] = []
    for milestone in clock.milestones:
        if milestone.percent > clock.said and milestone.at <= now:
            clock, said = _pass(clock, milestone)
            facts += said
            clock = replace(clock, said=milestone.percent)
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
