"""Folds handoffs and sales into clocks and counts."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from events import Fact
from events.handoffs import LeadAccepted, LeadAssigned, LeadNurtured, LeadReturned, LeadSuppressed, StageChanged
from events.sales import ContactAttempted, ContactConnected, DealOpened, FeedbackGiven, LeadSalesQualified
from runtime.timers import Timers
from runtime.values import Batch
from sla_monitor import store
from sla_monitor.decide import tally
from sla_monitor.decide.fold import decide
from sla_monitor.decide.start import Terms

WANTED: Final = (
    StageChanged,
    LeadAssigned,
    LeadAccepted,
    LeadReturned,
    LeadNurtured,
    LeadSuppressed,
    ContactAttempted,
    ContactConnected,
    LeadSalesQualified,
    DealOpened,
    FeedbackGiven,
)


class KeepClocks:
    wants = frozenset(event.kind() for event in WANTED)

    def __init__(self, terms: Terms, timers: Timers) -> None:
        self._terms = terms
        self._timers = timers

    async def __call__(self, batch: Batch, tx: AsyncConnection) -> Sequence[Fact]:
        leads = await store.lock_leads(tx, batch.subjects)
        mqls = await store.lock_mqls(tx, batch.subjects)
        outcome = decide(leads, batch.events, self._terms)
        counted = tally.count(mqls, batch.events, self._terms)
        await store.save_clocks(tx, outcome.clocks.values())
        await store.save_touches(tx, outcome.touches)
        await store.save_mqls(tx, counted.mqls.values())
        fresh = await store.add_tallies(tx, batch.lane, counted.tallies)
        judging = tally.timers(counted.tallies, fresh, batch.now, self._terms)
        await self._timers.plan(tx, [*outcome.timers, *judging])
        return outcome.facts
