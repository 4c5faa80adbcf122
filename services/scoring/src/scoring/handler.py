"""Scores leads: load, decide, save, return."""

from collections.abc import Sequence

from events import Fact
from runtime.database.connection import Connection
from runtime.database.parts import keep
from runtime.emit.timers import Timers
from runtime.values import Batch
from scoring.decide import HANDLES, Outcome, State, Terms, decide, decide_rest
from scoring.decide.companies import plan_load
from scoring.store import leads as store


class ScoreLeads:
    """The handler of scoring: one batch of events and due timers in, the facts that follow out."""

    handles = tuple(HANDLES)

    def __init__(self, terms: Terms, timers: Timers) -> None:
        self._terms = terms
        self._timers = timers

    async def __call__(self, batch: Batch, tx: Connection) -> Sequence[Fact]:
        state = await self.load(batch, tx)
        outcome = self.decide(batch, state)
        while outcome.missing:
            state = await store.load_missing(tx, state, outcome)
            outcome = decide_rest(outcome, state, batch.inputs, self._terms, now=batch.now)
        saves = store.parts(outcome)
        saves.add(self._timers.parts(outcome.timers))
        await keep(tx, batch, saves)
        return outcome.facts

    async def load(self, batch: Batch, tx: Connection) -> State:
        """What the batch's inputs ask for; the companies among it locked, if somebody joins or changes one."""
        plan = plan_load(batch.inputs, self._terms.hand_raises)
        await store.lock_domains(tx, plan.joined, plan.changed)
        return await store.load(tx, batch.subjects, plan)

    def decide(self, batch: Batch, state: State) -> Outcome:
        """Pure; `missing` says whose facts and past are to be loaded before the rest can be decided."""
        return decide(state, batch.inputs, self._terms, now=batch.now)
