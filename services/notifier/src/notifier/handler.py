"""The batch shape: load leads, decide, save them with the notices that their events make."""

from collections.abc import Callable, Sequence
from typing import Final

from events import Fact
from notifier.decide import HANDLES, State, Terms, decide
from notifier.store import leads
from runtime.database.connection import Connection
from runtime.values import Batch, Key


class MakeNotices:
    """Returns no facts: what became of a notice is written when it was sent. `wake` starts the delivery loops."""

    handles: Final[Sequence[Key]] = tuple(HANDLES)

    def __init__(self, terms: Terms, wake: Callable[[], None]) -> None:
        self._terms = terms
        self._wake = wake

    async def __call__(self, batch: Batch, tx: Connection) -> Sequence[Fact]:
        before = await leads.lock(tx, batch.subjects)
        outcome = decide(State(before), batch.inputs, self._terms, now=batch.now)
        await leads.save(tx, outcome.leads, before)
        await leads.insert_notices(tx, outcome.notices, batch.now)
        await leads.update_notices(tx, outcome, batch.now)
        if outcome.notices or outcome.redraw or outcome.removed:
            self._wake()
        return []
