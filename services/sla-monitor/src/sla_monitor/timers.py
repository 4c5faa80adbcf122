"""What is due: milestones of clocks, and commitments to be judged."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from events import Fact
from runtime.timers import Timers
from runtime.values import Due, Timer
from sla_monitor import store
from sla_monitor.decide import judge, tally
from sla_monitor.decide.fold import MILESTONE
from sla_monitor.decide.milestones import fire
from sla_monitor.decide.start import Terms


class PassMilestones:
    def __init__(self, terms: Terms, timers: Timers) -> None:
        self._terms = terms
        self._timers = timers

    async def __call__(self, due: Due, tx: AsyncConnection) -> Sequence[Fact]:
        stones = [timer for timer in due if timer.kind == MILESTONE]
        judging = [timer for timer in due if timer.kind in (tally.JUDGE, tally.AGAIN)]
        leads = await store.lock_clocks(tx, [timer.key for timer in stones])
        outcome = fire(leads, stones, due.now)
        await store.save_clocks(tx, outcome.clocks.values())
        await self._timers.plan(tx, [*outcome.timers, *tally.following(judging, self._terms)])
        return [*outcome.facts, *await self._judge(judging, tx)]

    async def _judge(self, due: Sequence[Timer], tx: AsyncConnection) -> list[Fact]:
        if not due:
            return []
        sums = await store.sums(tx, judge.needed(due, self._terms))
        return judge.facts(due, sums, self._terms)
