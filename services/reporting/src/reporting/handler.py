"""Folds every topic into the read models."""

from collections.abc import Sequence

from events import Fact
from reporting.decide import HANDLES, Terms, decide
from reporting.store import writing
from runtime.database.connection import Connection
from runtime.values import Batch


class FoldIntoViews:
    """Reads every topic, emits nothing: `freezing` does."""

    handles = tuple(HANDLES)

    def __init__(self, terms: Terms) -> None:
        self._terms = terms

    async def __call__(self, batch: Batch, tx: Connection) -> Sequence[Fact]:
        state = await writing.load(tx, batch.events)
        outcome = decide(state, batch.inputs, self._terms, now=batch.now)
        await writing.save(tx, state, outcome, batch.lane)
        return ()
