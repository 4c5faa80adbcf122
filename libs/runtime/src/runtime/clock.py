"""Business time. The only module that reads a clock; leases never use it (they use the database's)."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Final, Protocol

from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.values import Timer

_NOW = statement("SELECT clock_timestamp()")
_MOST_APART: Final = timedelta(minutes=1)


class BusinessClock(Protocol):
    """What time it is for decisions: now, or in a laboratory the instant at which somebody put the clock."""

    async def now(self, tx: Connection) -> datetime:
        """The present instant, UTC."""
        ...

    def read(self, database: datetime) -> datetime:
        """The same, for a caller who has just read the database's clock in another statement."""
        ...

    async def ask(self, database: Callable[[], Awaitable[datetime]]) -> datetime:
        """The same, for a caller who can read the database's clock, and has no other reason to."""
        ...

    def overtaken(self, timers: Sequence[Timer], now: datetime) -> "Overtaken":
        """Of due timers, the oldest first, those that are to be worked before everything else, each at its instant."""
        ...


Overtaken = Sequence[tuple[datetime, Sequence[Timer]]]
"""Instants in order, and the timers that were due at each."""


class DatabaseClock:
    """Production: one clock for all processes of the house."""

    async def now(self, tx: Connection) -> datetime:
        """The database's clock, by a statement of its own."""
        moment: datetime = (await tx.execute(_NOW)).scalar_one()
        return moment

    def read(self, database: datetime) -> datetime:
        """The given instant itself: in production business time is the database's."""
        return database

    async def ask(self, database: Callable[[], Awaitable[datetime]]) -> datetime:
        """What the caller reads."""
        return await database()

    def overtaken(self, timers: Sequence[Timer], now: datetime) -> Overtaken:
        """None: a timer that is worked late is worked now."""
        return ()


def are_apart(one: datetime, other: datetime) -> bool:
    """Whether two clocks, read at the same moment, disagree by more than a minute: then timers are held.

    Which of the two is wrong is not known: a timer that fires late is better than one that fires early.
    """
    return abs(one - other) > _MOST_APART


class LaboratoryClock:
    """Stands still until somebody moves it forward."""

    def __init__(self, start: datetime) -> None:
        self.instant = self._before = start.astimezone(UTC)

    async def now(self, tx: Connection) -> datetime:
        """The instant at which the clock stands; no statement is run."""
        return self.instant

    def read(self, database: datetime) -> datetime:
        """The instant at which the clock stands, whatever the database's says."""
        return self.instant

    async def ask(self, database: Callable[[], Awaitable[datetime]]) -> datetime:
        """The instant at which the clock stands; nothing is read."""
        return self.instant

    def overtaken(self, timers: Sequence[Timer], now: datetime) -> Overtaken:
        """Those that fell due while the clock jumped: what follows is as if it had stopped at each of them."""
        late = [one for one in timers if one.due_at is not None and self._before < one.due_at < now]
        return [(at, list(some)) for at, some in groupby(late, key=lambda one: one.due_at or now)]

    def advance(self, to: datetime) -> None:
        """Raises ValueError when `to` lies in the past: nothing in the house can be undone by time."""
        if to < self.instant:
            raise ValueError(f"the laboratory's clock stands at {self.instant.isoformat()}; it only moves forward")
        self._before, self.instant = self.instant, to.astimezone(UTC)


def wall() -> datetime:
    """The machine's clock, for start-up values, reports of the tools and `are_apart`; never for decisions."""
    return datetime.now(UTC)
