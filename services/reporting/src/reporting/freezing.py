"""What only time brings: figures of periods that are over are frozen, days that are over are looked at. Both are facts.

They are decided from the views, and told on topic `packs`, from which the views take them again: a pack is what both
teams saw, so it is the same after a rebuild, though later facts changed what would be counted today (D97).
"""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from events import Fact
from events.packs import AnomalySeen, PackFrozen
from reporting.decide.periods import LONGEST_AGO, Due, PackPeriod, before, due_from
from reporting.reports.anomalies import found_on
from reporting.reports.pack_parts import parts_of
from reporting.reports.report import ReportScope
from reporting.store import anomalies, packs
from runtime.database.connection import Connection
from runtime.database.driver_errors import SchemaError
from runtime.lanes import lane_status
from runtime.process.background import repeat
from runtime.service import Context

_LONGEST: Final = timedelta(minutes=1)
"""Between two looks at the clock."""
_HURRIED: Final = 0.1
"""In a laboratory, whose clock jumps."""
_NEWS: Final = timedelta(days=14)
"""A day that was over longer ago, when the house did not run, is looked at no more."""
_PATIENCE: Final = timedelta(hours=1)
"""Lanes that are behind are waited for so long: a pack of what was not read yet would be restated at once."""


class FreezingLoop:
    """Writes what is due, one after the other; of several processes one does it."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._written = set[str]()
        """Of what is due: known to be written."""
        self._every: Iterator[Due] | None = None
        self._due: Due | None = None

    async def __call__(self, stop: asyncio.Event) -> None:
        await repeat(self._step, stop, name="freezing")

    async def waiting(self) -> datetime | None:
        """When something is due next; None in a house without leads."""
        if self._due is not None and self._due.name not in self._written:
            return self._due.at
        _, following = await self._look()
        return following.at if following else None

    async def _step(self) -> float:
        while await self.round():
            pass
        if self._context.settings.laboratory:
            return _HURRIED
        now, following = await self._look()
        wait = min(_LONGEST, following.at - now) if following else _LONGEST
        return max(wait.total_seconds(), 1.0)

    async def round(self) -> bool:
        """Writes the first that is due; False when nothing is, or others must read first."""
        now, due = await self._look()
        if due is None or due.at > now:
            return False
        waits = self._context.driven or now - due.at < _PATIENCE  # who drives lets the views read first
        if waits and await self._behind():
            return False
        async with self._context.database.begin() as tx:
            if await packs.begin(tx, due.name, now):
                scope = ReportScope(tx, self._context.agreement, now)
                await self._context.writer.append(tx, await _facts(scope, due), now)
        self._written.add(due.name)
        return True

    async def _look(self) -> tuple[datetime, Due | None]:
        """What time it is, and the first that is not written; most often known, so no transaction is begun for it."""
        async with self._context.database.lane() as tx:
            now = await self._context.clock.now(tx)
            return now, await self._next(tx, now)

    async def _behind(self) -> bool:
        """Whether any lane of the house has something to read; False where that cannot be seen from here."""
        try:
            async with self._context.database.begin() as tx:
                status = await lane_status.overview(tx)
        except SchemaError:
            return False
        return any(row["behind"] for row in status["inputs"])

    async def _next(self, tx: Connection, now: datetime) -> Due | None:
        """The first that is not written; None before the first lead."""
        if self._every is None:
            first = await anomalies.first_live_lead(tx)
            if first is None:
                return None
            terms, zone = self._context.agreement.goals, self._context.agreement.definitions.house.zone
            self._every = due_from(max(first, now - LONGEST_AGO), terms.weekly_pack, terms.anomalies, zone)
            self._written = set(await packs.written(tx))
        while self._due is None or self._due.name in self._written:
            self._due = next(self._every)
        return self._due


async def _facts(scope: ReportScope, due: Due) -> Sequence[Fact]:
    if due.period is not None:
        return [await _pack(scope, due.period)]
    if scope.now - due.at > _NEWS:
        return []
    found = await found_on(scope, due.day)
    return [AnomalySeen.fact(f"anomaly/{one.anomaly}", one, time=scope.now) for one in found]


async def _pack(scope: ReportScope, period: PackPeriod) -> Fact:
    earlier = await packs.pack(scope.tx, before(period, scope.agreement.goals.weekly_pack).name)
    data = PackFrozen.Data(
        pack=period.name,
        kind=period.kind,
        title=period.title,
        start=period.first,
        end=period.until,
        currency=scope.currency,
        parts=await parts_of(scope, period, earlier),
    )
    return PackFrozen.fact(period.name, data, time=scope.now)
