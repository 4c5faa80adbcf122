"""Folds handoffs and sales into clocks and counts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from events import Event, Fact
from events.handoffs import LeadAccepted, LeadAssigned, LeadNurtured, LeadReturned, LeadSuppressed, StageChanged
from events.sales import ContactAttempted, ContactConnected, DealOpened, FeedbackGiven, LeadSalesQualified
from runtime.emit.timers import Timers
from runtime.values import Batch, Timer
from sla_monitor import store
from sla_monitor.decide import judge, tally
from sla_monitor.decide.fold import MILESTONE, decide
from sla_monitor.decide.milestones import fire
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
    handles = (*WANTED, MILESTONE, tally.JUDGE, tally.AGAIN)

    def __init__(self, terms: Terms, timers: Timers) -> None:
        self._terms = terms
        self._timers = timers

    async def __call__(self, batch: Batch, tx: AsyncConnection) -> Sequence[Fact]:
        events = [one for one in batch if not isinstance(one, Timer)]
        due = [one for one in batch if isinstance(one, Timer)]
        facts = await self._fold(events, batch, tx) if events else []
        return [*facts, *await self._pass_milestones(due, batch.now, tx)] if due else facts

    async def _fold(self, events: Sequence[Event], batch: Batch, tx: AsyncConnection) -> Sequence[Fact]:
        subjects = sorted({event.subject for event in events})
        leads = await store.lock_leads(tx, subjects)
        mqls = await store.lock_mqls(tx, subjects)
        outcome = decide(leads, events, self._terms)
        counted = tally.count(mqls, events, self._terms)
        await store.save_clocks(tx, outcome.clocks.values())
        await store.save_touches(tx, outcome.touches)
        await store.save_mqls(tx, counted.mqls.values())
        fresh = await store.add_tallies(tx, batch.lane, counted.tallies)
        judging = tally.timers(counted.tallies, fresh, batch.now, self._terms)
        await self._timers.plan(tx, [*outcome.timers, *judging])
        return outcome.facts

    async def _pass_milestones(self, due: Sequence[Timer], now: datetime, tx: AsyncConnection) -> Sequence[Fact]:
        stones = [timer for timer in due if timer.kind == MILESTONE]
        judging = [timer for timer in due if timer.kind in (tally.JUDGE, tally.AGAIN)]
        leads = await store.lock_clocks(tx, [timer.key for timer in stones])
        outcome = fire(leads, stones, now)
        await store.save_clocks(tx, outcome.clocks.values())
        await self._timers.plan(tx, [*outcome.timers, *tally.following(judging, self._terms)])
        return [*outcome.facts, *await self._judge(judging, tx)]

    async def _judge(self, due: Sequence[Timer], tx: AsyncConnection) -> list[Fact]:
        if not due:
            return []
        sums = await store.sums(tx, judge.needed(due, self._terms))
        return judge.facts(due, sums, self._terms)
