"""Time in: decay steps that are due, and news of a lead's company told by the company's lane."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from events import Fact
from runtime.timers import Timers
from runtime.values import Due
from scoring import store
from scoring.decide import Terms, World, elapse
from scoring.decide.reach import reach


class LetTimePass:
    def __init__(self, terms: Terms, timers: Timers) -> None:
        self._terms = terms
        self._timers = timers

    async def __call__(self, due: Due, tx: AsyncConnection) -> Sequence[Fact]:
        leads = await store.lock_leads(tx, due.subjects)
        world = World(leads, await store.companies(tx, reach(leads, ()).domains))
        outcome = elapse(world, due.timers, self._terms, due.now)
        await store.save(tx, leads, outcome)
        await self._timers.plan(tx, outcome.timers)
        return outcome.facts
