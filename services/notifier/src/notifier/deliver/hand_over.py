"""Notices that are due as soon as they are decided: claimed in the lane's own transaction, sent after its commit.

Until the channel marks them as being sent they are pending under a hold, so a process that dies in between costs the
time until the hold has run out, and no doubt.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from notifier.decide import LeadView
from notifier.deliver.loop import DeliveryLoop
from notifier.store import queue
from runtime.database.connection import Connection

_FEW: Final = 8
"""Leads with notices due, and notices, that one batch claims for itself; a crowd is left to the loops."""


@dataclass(frozen=True, slots=True)
class HandOver:
    """From the lanes to the delivery loops of the same process."""

    loops: Sequence[DeliveryLoop]

    def wake(self) -> None:
        """Every loop looks at once whether something is due."""
        for loop in self.loops:
            loop.wake()

    async def claim(
        self, tx: Connection, leads: Collection[str], views: Mapping[str, LeadView], now: datetime
    ) -> Callable[[], None]:
        """Claims what is due of these leads, as `views` shows them, for the loops that can send it at once.

        Returns what is to be called when `tx` is committed: it hands over, and wakes the loops for all the rest.
        """
        idle = {loop.channel: loop for loop in self.loops if loop.idle}
        if not idle or not 0 < len(leads) <= _FEW:
            return self.wake
        rows = await queue.load_due_of(tx, leads, list(idle), now, _FEW)
        claimed = []
        for name, loop in idle.items():
            if mine := [row for row in rows if row.channel == name]:
                ready = loop.claims.prepare(mine, views, now, len(mine)).deliveries
                claimed.append((loop, await loop.claims.take(tx, ready, now)))

        def hand_over() -> None:
            for loop, deliveries in claimed:
                loop.hand_over(deliveries)
            self.wake()

        return hand_over
