"""Folds handoffs, sales and due timers into clocks and counts."""

from collections.abc import Iterable, Sequence

from events import Event, Fact
from events.handoffs import StageChanged
from events.sales import RepAvailability
from runtime.database.connection import Connection
from runtime.database.parts import keep
from runtime.emit.timers import Timers
from runtime.values import Batch, Timer
from sla_monitor import store
from sla_monitor.decide import HANDLES, State, Terms, decide
from sla_monitor.decide.commitments import periods_to_judge
from sla_monitor.decide.draft import LEAVE
from sla_monitor.decide.notices import is_about_clocks
from sla_monitor.decide.tallies import periods_of


class KeepClocks:
    """Takes a batch of one lane: loads its clocks, decides, saves, plans timers, and returns the facts."""

    handles = tuple(HANDLES)

    def __init__(self, terms: Terms, timers: Timers) -> None:
        self._terms = terms
        self._timers = timers

    async def __call__(self, batch: Batch, tx: Connection) -> Sequence[Fact]:
        """Decides on the batch within the transaction `tx`, and returns the facts in order."""
        state = await self._load(batch, tx)
        outcome = decide(state, batch.inputs, self._terms, now=batch.now)
        saves = store.parts(batch.lane, outcome)
        saves.add(self._timers.parts(outcome.timers))
        await keep(tx, batch, saves)
        return outcome.facts

    async def _load(self, batch: Batch, tx: Connection) -> State:
        """Two statements, and nothing is locked: a lead's rows are written by its lane alone, as are a lane's counts.

        Touches only matter to events, and MQLs to changes of stage: milestones load clocks alone. More of them, and a
        lock, only where something is said of a rep's leave, or a clock looks again at it.
        """
        events = [one for one in batch.events if is_about_clocks(one)]
        spoken_of = _subjects(one for one in events if isinstance(one, RepAvailability))
        again = sorted(one.key for one in batch.inputs if isinstance(one, Timer) and one.kind == LEAVE)
        await store.lock_leave(tx, spoken_of, again)
        subjects = sorted({*_subjects(events), *(one.subject for one in batch.inputs if isinstance(one, Timer))})
        staged = _subjects(one for one in batch.events if isinstance(one, StageChanged))
        leads, mqls, words = await store.load_leads(
            tx, subjects, touches_of=_subjects(events), mqls_of=staged, reps=_reps(events)
        )
        periods = periods_of(batch, mqls, self._terms) | periods_to_judge(batch, self._terms)
        sums, live = await store.load_sums(tx, batch.lane, periods)
        waiting = await store.load_waiting(tx, spoken_of)
        return State(leads, mqls, sums, live, words, waiting)


def _reps(events: Iterable[Event]) -> list[str]:
    """Who is given a lead, answers, reports, or is spoken of."""
    named = {getattr(event.data, name, None) for event in events for name in ("rep", "owner", "by")}
    return sorted(rep for rep in named if rep)


def _subjects(events: Iterable[Event]) -> list[str]:
    return sorted({event.subject for event in events})
