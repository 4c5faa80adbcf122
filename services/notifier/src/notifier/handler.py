"""The batch shape: load leads, decide, save them with the notices that their events make."""

from collections.abc import Mapping, Sequence
from typing import Final

from events import Fact
from notifier.decide import HANDLES, LeadView, Outcome, State, Terms, decide
from notifier.deliver import HandOver
from notifier.store import leads
from runtime.database.connection import Connection
from runtime.values import Batch, Key


class MakeNotices:
    """Returns no facts: what became of a notice is written when it was sent, by the loops that it is handed over to."""

    handles: Final[Sequence[Key]] = tuple(HANDLES)

    def __init__(self, terms: Terms, hand_over: HandOver) -> None:
        self._terms = terms
        self._hand_over = hand_over

    async def __call__(self, batch: Batch, tx: Connection) -> Sequence[Fact]:
        before = await leads.load(tx, batch.subjects)
        outcome = decide(State(before), batch.inputs, self._terms, now=batch.now)
        await leads.save(tx, outcome.leads, before)
        await leads.insert_notices(tx, outcome.notices, batch.now)
        await leads.update_notices(tx, outcome, batch.now)
        if outcome.notices or outcome.redraw or outcome.removed:
            await self._tell(batch, tx, outcome, before)
        return []

    async def _tell(self, batch: Batch, tx: Connection, outcome: Outcome, before: Mapping[str, LeadView]) -> None:
        if batch.after_commit is None:
            self._hand_over.wake()
        else:
            views = {**before, **outcome.leads}
            claim = self._hand_over.claim(tx, outcome.leads_due(batch.now), views, batch.now)
            batch.after_commit.append(await claim)
