"""Scores leads: load, decide, save, return."""

from collections.abc import Sequence

from events import Fact
from runtime.database.connection import Connection
from runtime.emit.timers import Timers
from runtime.values import Batch
from scoring import store
from scoring.decide import HANDLES, State, Terms, decide
from scoring.decide.companies import companies_touched


class ScoreLeads:
    """The handler of scoring: one batch of events and due timers in, the facts that follow out."""

    handles = tuple(HANDLES)

    def __init__(self, terms: Terms, timers: Timers) -> None:
        self._terms = terms
        self._timers = timers

    async def __call__(self, batch: Batch, tx: Connection) -> Sequence[Fact]:
        leads = await store.lock_leads(tx, batch.subjects)
        touched = companies_touched(leads, batch.inputs)
        await store.lock_domains(tx, touched.joined, touched.changed)
        companies = await store.load_companies(tx, touched.all)
        state = State(leads, companies, await store.load_people(tx, touched.changed))
        outcome = decide(state, batch.inputs, self._terms, now=batch.now)
        await store.save(tx, leads, outcome)
        await self._timers.plan(tx, outcome.timers)
        return outcome.facts
