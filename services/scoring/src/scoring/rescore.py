"""A new agreement reaches every lead, also those that nothing happens to: some at a time, each in its own lane.

Begun when a process starts under an agreement that has not yet been through all leads. How far it has come is stored:
whoever is killed in between is followed by the next. With several processes one works, the others look now and then.
"""

import asyncio
from datetime import datetime
from typing import Final

from runtime.process.background import repeat
from runtime.service import Context
from runtime.values import Timer
from scoring.decide import RESCORE
from scoring.store import rescoring as store

LEADS_AT_ONCE: Final = 200
"""Leads whose turn comes at once; the next ones when all lanes have worked these off."""
_PAUSE: Final = 0.25
_SELDOM: Final = 30.0
"""Seconds between two looks: while leads are under way, and when all had their turn."""


class Rescore:
    """A loop of the service: gives each lead a timer that is due at once. It writes no stream itself."""

    def __init__(self, context: Context, version: str) -> None:
        """`version`: of the agreement under which leads are to be scored."""
        self._context = context
        self._version = version
        self._begun = False
        self._finished = False
        """All leads have had their turn."""

    async def __call__(self, stop: asyncio.Event) -> None:
        await repeat(self._step, stop, name="rescore")

    async def _step(self) -> float:
        return _PAUSE if await self.go_on() else _SELDOM

    async def go_on(self) -> bool:
        """Goes one step; False when there is none, or when it is somebody else's."""
        async with self._context.database.begin() as tx:
            if not self._begun:
                await store.begin_rescoring(tx, self._version)
            after = await store.rescored_until(tx, self._version)
            if after is None:
                self._begun = True
                return False
            if not await store.is_rescoring(tx):
                now = await self._context.clock.now(tx)
                leads = await store.leads_after(tx, after, LEADS_AT_ONCE)
                await self._context.timers.plan(tx, [Timer(lead, RESCORE, lead, now) for lead in leads])
                await store.save_rescoring(tx, leads[-1] if leads else after, finished=len(leads) < LEADS_AT_ONCE)
        self._begun = True
        return True

    async def catch_up(self) -> bool:
        """One step, and whether there was one; none, and no question, once all leads have had their turn."""
        return not self._finished and await self.go_on()

    async def waiting(self) -> datetime | None:
        """Now, as long as there are leads to come; for the laboratory, which waits for them."""
        if self._finished:
            return None
        async with self._context.database.begin() as tx:
            if not self._begun or await store.rescored_until(tx, self._version) is not None:
                return await self._context.clock.now(tx)
            self._finished = await store.is_rescored(tx, self._version)
            return None
