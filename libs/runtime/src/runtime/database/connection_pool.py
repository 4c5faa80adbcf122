"""A few connections, opened when they are needed and closed when they are idle; one in doubt is never used again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import asyncpg

from runtime.database.connection import Connection, Transaction
from runtime.database.driver_errors import DATABASE_ERRORS
from runtime.database.fates import is_transient

_WAIT_SECONDS: Final = 30.0
"""How long a caller waits for its turn."""
_ANSWER_SECONDS: Final = 5.0
"""How long an idle connection may take to begin a transaction before it counts as dead."""
IDLE_SECONDS: Final = 20.0
"""Unused for so long, a connection is closed: each costs the server some 5 MB."""


@dataclass(frozen=True, slots=True)
class _Idle:
    connection: Connection
    since: float
    """By the event loop's clock."""


class ConnectionPool:
    """At most `size` connections, `keep` of them while they are idle; the last one used is used first."""

    def __init__(
        self, connect: Callable[[], Awaitable[Connection]], *, size: int, keep: int, idle_seconds: float = IDLE_SECONDS
    ) -> None:
        self._connect = connect
        self._keep = keep
        self._idle_seconds = idle_seconds
        self._places = asyncio.Semaphore(size)
        self._idle: list[_Idle] = []
        """The longest unused first."""
        self._sweep: asyncio.TimerHandle | None = None
        self._closing = set[asyncio.Task[None]]()
        self._age = 0
        """How often prepared statements became invalid: what was opened before the last time is not kept."""
        self._closed = False

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Connection]:
        """A transaction: committed at the end, rolled back by an error.

        Raises TimeoutError when no connection becomes free within 30 seconds.
        """
        async with self._place():
            age = self._age
            connection, transaction = await self._begun()
            try:
                async with transaction:
                    yield connection
            except BaseException as error:
                if is_transient(error):
                    connection.terminate()
                if isinstance(error, asyncpg.InvalidCachedStatementError):
                    self._forget()
                raise
            finally:
                await self._put_back(connection, age)

    @asynccontextmanager
    async def borrow(self) -> AsyncIterator[Connection]:
        """A connection outside of any transaction; any error within ends it.

        One that was lost while it was idle is given all the same: who works with it must hear of the loss.
        """
        async with self._place():
            age = self._age
            connection = self._idle.pop().connection if self._idle else await self._connect()
            try:
                yield connection
            except BaseException as error:
                connection.terminate()
                if isinstance(error, asyncpg.InvalidCachedStatementError):
                    self._forget()
                raise
            await self._put_back(connection, age)

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        async with asyncio.timeout(_WAIT_SECONDS):
            await self._places.acquire()
        try:
            yield
        finally:
            self._places.release()

    async def _begun(self) -> tuple[Connection, Transaction]:
        """On an idle connection that still answers, or on a new one."""
        while self._idle:
            connection = self._idle.pop().connection
            if connection.closed:
                continue
            try:
                return connection, await connection.begin().start(_ANSWER_SECONDS)
            except DATABASE_ERRORS:
                connection.terminate()
            except BaseException:
                connection.terminate()
                raise
        connection = await self._connect()
        try:
            return connection, await connection.begin().start()
        except BaseException:
            connection.terminate()
            raise

    async def _put_back(self, connection: Connection, age: int) -> None:
        if connection.closed:
            return
        if self._closed or age != self._age or len(self._idle) >= self._keep:
            await connection.close()
        else:
            now = asyncio.get_running_loop().time()
            self._idle.append(_Idle(connection, now))
            if self._sweep is None:
                self._sweep_at(now + self._idle_seconds)

    def _sweep_at(self, moment: float) -> None:
        self._sweep = asyncio.get_running_loop().call_at(moment, self._close_unused)

    def _close_unused(self) -> None:
        """Closes what was not used for so long, and comes again when the next one may be due."""
        self._sweep = None
        until = asyncio.get_running_loop().time() - self._idle_seconds
        while self._idle and self._idle[0].since <= until:
            task = asyncio.create_task(self._idle.pop(0).connection.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
        if self._idle:
            self._sweep_at(self._idle[0].since + self._idle_seconds)

    def _forget(self) -> None:
        """A migration has changed a table: what the other connections have prepared is as old."""
        self._age += 1
        while self._idle:
            self._idle.pop().connection.terminate()

    async def close(self) -> None:
        """Closes what is idle, and from now on what comes back."""
        self._closed = True
        if self._sweep is not None:
            self._sweep.cancel()
        idle, self._idle = self._idle, []
        await asyncio.gather(*(one.connection.close() for one in idle), *self._closing)
