"""Reads the reps' calendar feeds: leave that is near becomes a fact `rep.availability`, as if a person reported it."""

import asyncio
from datetime import datetime
from http import HTTPStatus
from logging import getLogger
from typing import Final

from events.sales import RepAvailability
from ingest.calendar_child import read_calendar
from ingest.decide.absences import Absence, UnreadableCalendar
from ingest.decide.submissions import SalesFact
from ingest.intake import Intake
from ingest.store import calendars as store
from runtime.errors import Refused
from runtime.http.guarded import AnswerTooLarge, BlockedAddress, GuardedClient, NoAnswer
from runtime.process.background import repeat
from runtime.service import Context

_LOOK: Final = 5.0
_LOOK_IN_LABORATORY: Final = 0.1
"""Seconds between two looks whether a feed is due."""
_LARGEST: Final = 2 * 1024 * 1024
"""Bytes of a feed."""
CHANNEL: Final = "calendar"
log = getLogger(__name__)


class CalendarReader:
    """Works until told to stop. One process of the house reads a feed, each time it is due."""

    def __init__(self, context: Context, intake: Intake) -> None:
        teams = context.agreement.teams
        self._context, self._intake, self._feeds = context, intake, teams.calendar_feeds
        self._urls = {rep.id: rep.calendar for rep in teams.reps if rep.calendar and rep.active}
        self._zones = {rep.id: teams.team_by_id[rep.team].zone for rep in teams.reps}
        self._client = GuardedClient(loopback=context.settings.laboratory)
        self._reading = False

    async def __call__(self, stop: asyncio.Event) -> None:
        """Reads what is due, and looks again a little later."""
        if not self._urls:
            await stop.wait()
        await repeat(self._step, stop, name="calendars")

    async def _step(self) -> float:
        await self.read_due()
        return _LOOK_IN_LABORATORY if self._context.settings.laboratory else _LOOK

    async def waiting(self) -> datetime | None:
        """When the next feed is due; None when there is no feed."""
        if not self._urls:
            return None
        async with self._context.database.begin() as tx:
            now = await self._context.clock.now(tx)
            before = await store.earliest(tx, list(self._urls))
        return now if before is None or self._reading else before + self._feeds.every.timedelta

    async def read_due(self) -> bool:
        """Reads each feed that was not read for the agreed time; what is wrong with one is counted. False: none was."""
        if not self._urls:
            return False
        self._reading = True
        try:
            return await self._read_due()
        finally:
            self._reading = False

    async def _read_due(self) -> bool:
        async with self._context.database.begin() as tx:
            now = await self._context.clock.now(tx)
            due = await store.claim(tx, list(self._urls), now, now - self._feeds.every.timedelta)
        for feed in due:
            try:
                await self._read(feed, now)
            except (UnreadableCalendar, BlockedAddress, AnswerTooLarge, NoAnswer, Refused) as problem:
                self._intake.leave_out("unread calendar", str(problem), feed.rep)
        return bool(due)

    async def _read(self, feed: store.Feed, now: datetime) -> None:
        url = self._urls[feed.rep].replace("webcal://", "https://", 1)
        answer = await self._client.call("GET", url, at_most=_LARGEST)
        if answer.status != HTTPStatus.OK:
            raise NoAnswer(f"answered {answer.status}")
        found = await read_calendar(answer.content, self._feeds, self._zones[feed.rep], now)
        soon = now + max(term.timedelta for term in (self._feeds.known, self._feeds.every) if term)
        leave = next((one for one in found if one.since <= soon and one.until > now), None)
        if not feed.open and (leave == feed.leave or (leave is None and feed.leave and feed.leave.until <= now)):
            return
        async with self._context.database.begin() as tx:
            turn = await store.begin(tx, feed.rep, leave)
        await self._intake.submit([_fact(feed.rep, leave, turn)])
        async with self._context.database.begin() as tx:
            await store.keep(tx, feed.rep)


def _fact(rep: str, leave: Absence | None, turn: int) -> SalesFact:
    """The leave; or that the rep is here, because the calendar has it no more. The same turn is the same fact."""
    data = RepAvailability.Data(
        rep=rep,
        state="away" if leave else "active",
        since=leave.since if leave else None,
        until=leave.until if leave else None,
        message_id=f"{rep}:{turn}",
        feed=True,
    )
    return SalesFact(
        source=CHANNEL, message_id=str(data.message_id), channel=CHANNEL, event=RepAvailability, data=data, rep=rep
    )
