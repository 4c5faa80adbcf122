"""Notices that are due as soon as they are decided: claimed in the lane's own transaction, sent after its commit.

Until the channel marks them as being sent they are pending under a hold, so a process that dies in between costs the
time until the hold has run out, and no doubt.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from notifier.decide import LeadView
from notifier.deliver.digests import may_be_gathered
from notifier.deliver.loop import DeliveryLoop
from notifier.store import queue
from runtime.database.connection import Connection

_FEW: Final = 8
"""Leads with notices due, and notices, that one batch claims for itself; a crowd is left to the loops."""


@dataclass(frozen=True, slots=True)
class HandOver:
    """From the lanes to the delivery loops of the same process."""

    loops: Sequence[DeliveryLoop]

    @property
    def _prompt(self) -> list[DeliveryLoop]:
        return [loop for loop in self.loops if loop.claims.channel.prompt]

    def wake(self, channels: Collection[str]) -> None:
        """The loops of these channels look whether something is due: at once where people wait for it, else soon."""
        for loop in self.loops:
            if loop.channel in channels:
                if loop.claims.channel.prompt:
                    loop.wake()
                else:
                    loop.wake_soon()

    def look_soon(self) -> None:
        """Every loop looks soon: there are new notices, and it does not know yet when they are due."""
        for loop in self.loops:
            loop.wake_soon()

    async def claim(
        self,
        tx: Connection,
        leads: Collection[str],
        views: Mapping[str, LeadView],
        now: datetime,
        others: Collection[str],
    ) -> Callable[[], None]:
        """Claims what is due of these leads, as `views` shows them, for the loops that can send it at once.

        Returns what is to be called when `tx` is committed: it hands over, and wakes the loops that have more to do.
        `others`: channels with something else that is due.
        """
        idle = {loop.channel: loop for loop in self._prompt if loop.idle}
        left = {*others, *(loop.channel for loop in self.loops if loop.channel not in idle)}
        claimed = []
        rows = await queue.load_due_of(tx, leads, list(idle), now, _FEW) if idle and len(leads) <= _FEW else None
        if rows is None or len(rows) == _FEW:
            left |= idle.keys()
        for name, loop in idle.items():
            due = [row for row in rows or () if row.channel == name]
            mine = [row for row in due if not may_be_gathered(row, loop.claims.terms)]
            if len(mine) < len(due):  # the loop knows what the address had lately
                left.add(name)
            if mine:
                ready = loop.claims.prepare(mine, views, now, len(mine)).deliveries
                taken = await loop.claims.take(tx, ready, now)
                claimed.append((loop, taken))
                if sum(len(delivery.rows) for delivery in taken) < len(mine):
                    left.add(name)

        def hand_over() -> None:
            for loop, deliveries in claimed:
                loop.hand_over(deliveries)
            self.wake(left)

        return hand_over
