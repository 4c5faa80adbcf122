"""The clocks of sla-monitor in the database against a pure fold of everything that it has read.

When reminders went out is chance; which promises were kept, broken or over, when, and at whose charge, is not: the
laws of the fold (services/sla-monitor/tests/test_laws.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec.structs import replace

from agreement import Agreement
from events import Event
from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.values import Input, Timer
from sla_monitor.decide import HANDLES, State, Terms, decide
from sla_monitor.decide.milestones import timer_of
from sla_monitor.decide.state import Clock, Lead, Mql

LATER: Final = timedelta(days=30)
"""Every promise of the soak is kept or broken by then."""
_CLOCKS: Final = statement("SELECT CAST(record AS text) AS record FROM sla_monitor.clock")
_MQLS: Final = statement("SELECT lead, cycle, at, month, complete, converted, withdrawn FROM sla_monitor.mql")
Mqls = dict[tuple[str, int], Mql]


@dataclass(frozen=True, slots=True)
class ClockBook:
    """What sla-monitor keeps, in its database or in memory."""

    clocks: Mapping[str, Clock]
    """By id."""
    mqls: Mapping[tuple[str, int], Mql]
    """By lead and cycle."""


async def kept_clocks(tx: Connection) -> ClockBook:
    """What the database holds."""
    clocks = [msgspec.json.decode(row.record, type=Clock) for row in await tx.execute(_CLOCKS)]
    mqls = [Mql(*row) for row in await tx.execute(_MQLS)]
    return ClockBook({clock.id: clock for clock in clocks}, {(mql.lead, mql.cycle): mql for mql in mqls})


def folded_clocks(events: Sequence[Event], agreement: Agreement) -> ClockBook:
    """From nothing, in memory: all events that sla-monitor reads, each stream in its order."""
    terms, leads, mqls = Terms.of(agreement), dict[str, Lead](), Mqls()
    for event in events:
        if type(event) in HANDLES:
            _take(leads, mqls, [event], terms, event.recordedtime)
    return ClockBook({name: clock for lead in leads.values() for name, clock in lead.clocks.items()}, mqls)


def _take(leads: dict[str, Lead], mqls: Mqls, inputs: Sequence[Input], terms: Terms, now: datetime) -> None:
    outcome = decide(State(leads, mqls), inputs, terms, now=now)
    for clock in outcome.clocks.values():
        one = leads.get(clock.lead, Lead())
        leads[clock.lead] = replace(one, clocks={**one.clocks, clock.id: clock})
    for subject, touches in outcome.touches.items():
        one = leads.get(subject, Lead())
        leads[subject] = replace(one, touches=(*one.touches, *touches))
    mqls.update(outcome.mqls)


def different_clocks(kept: ClockBook, pure: ClockBook, agreement: Agreement, at: datetime) -> list[str]:
    """Clocks that are not the same once time has passed for all of them, and MQLs that are not counted alike."""
    terms = Terms.of(agreement)
    mine, other = (_after_all(one.clocks, terms, at + LATER) for one in (kept, pure))
    found = [
        f"sla-monitor's clock {name} is not the fold of its facts: {_fields(mine.get(name), other.get(name))}"
        for name in sorted(mine.keys() | other.keys())
        if mine.get(name) != other.get(name)
    ]
    return found if kept.mqls == pure.mqls else [*found, "sla-monitor counts other MQLs"]


def _after_all(clocks: Mapping[str, Clock], terms: Terms, now: datetime) -> dict[str, Clock]:
    """With all milestones behind them; how many of those were told before the clock stopped is left out."""
    leads: dict[str, Lead] = {}
    for clock in clocks.values():
        one = leads.get(clock.lead, Lead())
        leads[clock.lead] = replace(one, clocks={**one.clocks, clock.id: clock})
    _take(leads, {}, _alarms(clocks.values()), terms, now)
    return {name: replace(clock, last_percent=0) for lead in leads.values() for name, clock in lead.clocks.items()}


def _alarms(clocks: Iterable[Clock]) -> list[Timer]:
    return [timer_of(clock) for clock in clocks if clock.live]


def _fields(one: Clock | None, other: Clock | None) -> str:
    if one is None or other is None:
        return "it is on one side only"
    mine, pure = msgspec.structs.asdict(one), msgspec.structs.asdict(other)
    return ", ".join(f"{name} {mine[name]} for {pure[name]}" for name in mine if mine[name] != pure[name])
