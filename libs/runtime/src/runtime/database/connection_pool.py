"""A few connections for everything that is no lane; one whose state is in doubt is never used again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

from runtime.database.connection import Connection, Transaction
from runtime.database.driver_errors import DATABASE_ERRORS
from runtime.database.fates import is_transient

_WAIT_SECONDS: Final = 30.0
"""How long a caller waits for its turn."""
_ANSWER_SECONDS: Final = 5.0
"""How long an idle connection may take to begin a transaction before it counts as dead."""


class ConnectionPool:
    """At most `size` connections, `keep` of them while they are idle; the last one used is used first."""

    def __init__(self, connect: Callable[[], Awaitable[Connection]], *, size: int, keep: int) -> None:
        self._connect = connect
        self._keep = keep
        self._places = asyncio.Semaphore(size)
        self._idle: list[Connection] = []
        self._age = 0
        """How often prepared statements became invalid: what was opened before the last time is not kept."""
        self._closed = False

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Connection]:
        """A transaction: committed at the end, rolled back by an error.

        Raises TimeoutError when no connection becomes free within 30 seconds.
        """
        async with asyncio.timeout(_WAIT_SECONDS):
            await self._places.acquire()
        try:
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
        finally:
            self._places.release()

    async def _begun(self) -> tuple[Connection, Transaction]:
        """On an idle connection that still answers, or on a new one."""
        while self._idle:
            connection = self._idle.pop()
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
            self._idle.append(connection)

    def _forget(self) -> None:
        """A migration has changed a table: what the other connections have prepared is as old."""
        self._age += 1
        while self._idle:
            self._idle.pop().terminate()

    async def close(self) -> None:
        """Closes what is idle, and from now on what comes back."""
        self._closed = True
        idle, self._idle = self._idle, []
        await asyncio.gather(*(connection.close() for connection in idle))
