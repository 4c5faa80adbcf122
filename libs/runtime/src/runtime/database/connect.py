"""PostgreSQL: one schema and one role per service, a pool of connections for lanes, one for everything else."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final

from runtime.database.connection import Connection, open_connection
from runtime.database.connection_pool import ConnectionPool
from runtime.schema_names import role_of

LANE: Final = {"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off"}
"""A lane's statements find rows by their keys, always in the same way: planned anew, as PostgreSQL would with arrays,
they cost more than they do. A plan that was made while a table was empty must serve when it is large."""
_GRACE: Final = 2.0
"""Seconds beyond the server's own time-out of a statement after which its connection counts as dead."""
_STATEMENT_SECONDS: Final = 30.0
SESSION: Final = {
    "idle_in_transaction_session_timeout": "10s",  # below the lease: a paused worker cannot hold its rows for ever
    "statement_timeout": f"{int(_STATEMENT_SECONDS)}s",
    "lock_timeout": "5s",
    "tcp_keepalives_idle": "10",  # a peer that vanished without a word is noticed in half a minute
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "15s",
    "timezone": "UTC",
    "jit": "off",  # short statements only
}
ADMIN_SESSION: Final = {**SESSION, "lock_timeout": "60s", "statement_timeout": "10min"}
ANSWER_SECONDS: Final = 15.0
"""Within which a lane's statement is answered, unless the settings say otherwise."""
_OVERFLOW: Final = 4
"""Connections that may be opened beyond those that are kept."""
_LANES: Final = 64
"""Lanes that a process can work at the same time (`BATON_CONCURRENCY`)."""


def patience(lease: float) -> dict[str, str]:
    """A worker that froze inside a transaction lets go of its rows, mostly before its lease has run out.

    Frozen while asyncpg prepares a statement it is not idle for the server: only `transaction_timeout` ends that.
    """
    return {
        "idle_in_transaction_session_timeout": f"{int(min(10.0, lease * 2 / 3) * 1000)}ms",
        "transaction_timeout": f"{int(lease * 2 * 1000)}ms",
    }


class Database:
    """One service's view of PostgreSQL: its schema on the search path, its role in force."""

    def __init__(
        self, dsn: str, schema: str, *,
        pool: int = 8, settings: dict[str, str] | None = None, answer_seconds: float = ANSWER_SECONDS,
    ) -> None:  # fmt: skip
        """`answer_seconds`: a connection of one's own whose server is silent for longer raises TimeoutError."""
        self.schema = schema
        self.dsn = dsn
        common = {**SESSION, "search_path": schema, "role": role_of(schema), **(settings or {})}
        self._pooled = {**common, "application_name": f"baton/{schema}"}
        limit = f"{int(answer_seconds * 1000)}ms"
        self._own = {**common, **LANE, "application_name": f"baton/{schema}/lane", "statement_timeout": limit}
        self._answer_seconds = answer_seconds
        within = _STATEMENT_SECONDS + _GRACE
        self._pool = ConnectionPool(
            lambda: open_connection(dsn, self._pooled, within), size=pool + _OVERFLOW, keep=pool
        )
        self._lanes = ConnectionPool(self.connect, size=_LANES, keep=_LANES)

    def begin(self) -> AbstractAsyncContextManager[Connection]:
        """A transaction on a pooled connection, for HTTP and for loops: committed at the end, rolled back by an error.

        Raises TimeoutError when no connection becomes free within 30 seconds.
        """
        return self._pool.begin()

    def begin_by_keys(self) -> AbstractAsyncContextManager[Connection]:
        """The same on a connection that plans a statement once, as a lane's: for statements that find rows by their
        keys, many times a second."""
        return self._lanes.begin()

    def look(self) -> AbstractAsyncContextManager[Connection]:
        """A pooled connection outside of any transaction, for one statement that reads; any error within ends it."""
        return self._pool.borrow()

    def lane(self) -> AbstractAsyncContextManager[Connection]:
        """A connection for one visit to a lane, or one look by keys, outside of any transaction; any error within ends
        it."""
        return self._lanes.borrow()

    async def connect(self) -> Connection:
        """A connection of one's own, outside any pool. Close it, or `terminate` it when anything went wrong in it."""
        return await open_connection(self.dsn, self._own, self._answer_seconds + _GRACE)

    async def close(self) -> None:
        """Closes both pools and waits until their connections are gone; those in use go when they come back."""
        await self._lanes.close()
        await self._pool.close()


async def terminate(connection: Connection) -> None:
    """Drops the connection without asking the server: the only safe end after a cancellation or a lost reply."""
    connection.terminate()


@asynccontextmanager
async def admin(dsn: str) -> AsyncIterator[Connection]:
    """A connection as the DSN's own user, for tools. Every statement commits by itself: begin a transaction."""
    connection = await open_connection(dsn, ADMIN_SESSION)
    try:
        yield connection
    except BaseException:
        connection.terminate()
        raise
    await connection.close()
