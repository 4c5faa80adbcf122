"""Scores leads: load, decide, save, return."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from events import Fact
from events.campaigns import CompanyChanged
from events.leads import EngagementRecorded, LeadCaptured, LeadErased, LeadMerged, LeadUpdated
from runtime.emit.timers import Timers
from runtime.values import Batch
from scoring import store
from scoring.decide import Terms, World, decide
from scoring.decide.folding import COMPANY, DECAY
from scoring.decide.reach import reach


class ScoreLeads:
    handles = (LeadCaptured, LeadUpdated, EngagementRecorded, LeadMerged, LeadErased, CompanyChanged, DECAY, COMPANY)

    def __init__(self, terms: Terms, timers: Timers) -> None:
        self._terms = terms
        self._timers = timers

    async def __call__(self, batch: Batch, tx: AsyncConnection) -> Sequence[Fact]:
        leads = await store.lock_leads(tx, batch.subjects)
        touched = reach(leads, batch.events)
        await store.lock_domains(tx, touched.joined, touched.changed)
        world = World(leads, await store.companies(tx, touched.domains), await store.people(tx, touched.changed))
        outcome = decide(world, batch.inputs, self._terms, batch.now)
        await store.save(tx, leads, outcome)
        await self._timers.plan(tx, outcome.timers)
        return outcome.facts
