"""The batch shape: load leads, decide, save them with the notices that their events make."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from events import Fact
from notifier.decide import HANDLES, State, Terms, decide
from notifier.deliver import HandOver, Library
from notifier.store import leads, library
from runtime.database.connection import Connection
from runtime.database.parts import keep
from runtime.values import Batch, Key


class MakeNotices:
    """Returns no facts: what became of a notice is written when it was sent, by the loops that it is handed over to."""

    handles: Final[Sequence[Key]] = tuple(HANDLES)

    def __init__(
        self, terms: Terms, hand_over: HandOver, assets: Library | None = None, *, redraws: bool = True
    ) -> None:
        """`redraws`: cards are due to be drawn anew with each change of theirs; else `store.leads.redraw` says when."""
        self._terms = terms
        self._redraws = redraws
        self._library = assets or Library()
        self._hand_over = hand_over

    async def __call__(self, batch: Batch, tx: Connection) -> Sequence[Fact]:
        before = await leads.load(tx, batch.subjects)
        outcome = decide(State(before), batch.inputs, self._terms, now=batch.now)
        saves = leads.parts(outcome.leads, before)
        await keep(tx, batch, saves)
        if outcome.is_of_leads_alone:  # what people did, mostly
            return []
        await tx.begin_now()
        await leads.insert_notices(tx, outcome.notices, batch.now)
        if outcome.assets:
            await library.save(tx, outcome.assets)
            if batch.after_commit is not None:
                batch.after_commit.append(partial(self._library.put, outcome.assets))
        first, again = await leads.update_notices(tx, outcome, batch.now, redraws=self._redraws)
        first |= outcome.channels_due(batch.now)
        if batch.after_commit is None:
            self._hand_over.wake(first | again)
        elif first:
            views = {**before, **outcome.leads}
            claim = self._hand_over.claim(tx, outcome.leads_due(batch.now), views, batch.now, again)
            batch.after_commit.append(await claim)
        elif again:
            batch.after_commit.append(partial(self._hand_over.wake, again))
        if outcome.notices and batch.after_commit is not None:
            batch.after_commit.append(self._hand_over.look_soon)
        return []
