"""What won deals bring to whom is kept ahead of the questions: what is due is shared out, some hundred deals at a time.

No answer waits for it (reports/credits.py): what is due is shared out with the question.
"""

import asyncio
from time import perf_counter
from typing import Final

from reporting.decide.credits import parts_of_deal
from reporting.decide.money import Exchange
from reporting.reports.credits import CreditTerms
from reporting.reports.shares import credits_of_deal
from reporting.store import attribution
from reporting.store import credits as store
from reporting.store.credits import CreditedDeal, StoredCredit
from reporting.store.viewer import read_much
from runtime.database.connection import Connection
from runtime.process.background import repeat
from runtime.service import Context

_MOST: Final = 250
"""Deals of one transaction."""
_AT_ONCE: Final = 10
"""Deals after which others in this process get their turn: some milliseconds."""
_AGAIN: Final = 5.0
"""Seconds between two looks."""
_EVER: Final = dict.fromkeys(("source", "campaign", "segment", "team", "rep", "product", "start", "end"))


class CreditingLoop:
    """Shares out what is due; of several processes one does it. One whose terms others have replaced stays out."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._terms = CreditTerms.of(context.agreement)
        self._settled = False
        """What is kept was under these terms: when it is not any more, another process has newer ones."""

    async def __call__(self, stop: asyncio.Event) -> None:
        await repeat(self._step, stop, name="crediting")

    async def _step(self) -> float:
        started = perf_counter()
        more = await self.round()
        return perf_counter() - started if more else _AGAIN  # half of the time is left to others

    async def round(self, most: int = _MOST) -> bool:
        """Shares out some deals that are due; False when there are none that it may take."""
        async with self._context.database.begin() as tx:
            if not await store.alone(tx):
                return False
            house = self._context.agreement.definitions.house.currency
            terms = {"terms": self._terms.terms, "rates": self._terms.rates}
            generation = await store.generation_under(tx, **terms, house=house, settled=self._settled)
            if generation is None:
                return False
            deals = await store.take_due(tx, most)
            if deals:
                await read_much(tx)
                await self._share_out(tx, deals, generation)
        self._settled = True
        return bool(deals)

    async def _share_out(self, tx: Connection, deals: list[str], generation: int) -> None:
        agreement = self._context.agreement
        models = agreement.goals.attribution.models
        convert = Exchange.of(agreement, await self._context.clock.now(tx))
        won = await attribution.won(tx, _EVER, among=deals)
        touches = await attribution.touches(tx, [deal["deal"] for deal in won])
        credited, kept = list[CreditedDeal](), list[StoredCredit]()
        for number, deal in enumerate(won):
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)
            credits = credits_of_deal(agreement, convert, deal, touches.get(deal["deal"], []), models)
            day = convert.day_of(deal["closed_at"]).isoformat()
            credited.append(CreditedDeal(deal["deal"], deal["lead"], generation, day, parts_of_deal(deal)))
            kept += [
                StoredCredit(deal["deal"], place, *key, sums.deals, sums.touches, sums.units)
                for place, (key, sums) in enumerate(credits.items())
            ]
        await store.replace_deals(tx, deals, credited, kept, len(models))
