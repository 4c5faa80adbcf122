"""Time in: the next shift, ten days without an answer, silence, dates to revisit, cool-downs, reps who left."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from events import Fact
from routing.handler import RouteLeads
from runtime.values import Due


class WakeLeads:
    """A due timer is one more input of the same fold."""

    def __init__(self, leads: RouteLeads) -> None:
        self._leads = leads

    async def __call__(self, due: Due, tx: AsyncConnection) -> Sequence[Fact]:
        return await self._leads.route(due.timers, due.now, tx)
