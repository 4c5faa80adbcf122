"""Folds every topic into the read models."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from events import Fact
from reporting.decide import HANDLERS, decide
from reporting.decide.fold import Terms
from reporting.store import writing
from runtime.values import Batch


class FoldIntoViews:
    """Reads all, says nothing."""

    handles = tuple(HANDLERS)

    def __init__(self, terms: Terms) -> None:
        self._terms = terms

    async def __call__(self, batch: Batch, tx: AsyncConnection) -> Sequence[Fact]:
        known = await writing.load(tx, batch.events, batch.subjects)
        changed = decide(known, batch.events, self._terms)
        await writing.save(tx, changed)
        return ()
