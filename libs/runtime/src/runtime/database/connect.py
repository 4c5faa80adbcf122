"""PostgreSQL: one schema and one role per service, own connections for lanes, a small pool for everything else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import orjson
from sqlalchemy import URL, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from runtime.schema_names import role_of

SESSION: Final = {
    "idle_in_transaction_session_timeout": "10s",  # below the lease: a paused worker cannot hold its rows for ever
    "statement_timeout": "30s",
    "lock_timeout": "5s",
    "tcp_keepalives_idle": "10",  # a peer that vanished without a word is noticed in half a minute
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "15s",
    "timezone": "UTC",
    "jit": "off",  # short statements only
}


def patience(lease: float) -> dict[str, str]:
    """A worker that froze inside a transaction lets go of its rows, mostly before its lease has run out.

    Frozen while asyncpg prepares a statement it is not idle for the server: only `transaction_timeout` ends that.
    """
    return {
        "idle_in_transaction_session_timeout": f"{int(min(10.0, lease * 2 / 3) * 1000)}ms",
        "transaction_timeout": f"{int(lease * 2 * 1000)}ms",
    }


def async_url(dsn: str) -> URL:
    """Accepts postgresql://, postgres:// and the +asyncpg form."""
    url = make_url(dsn.replace("postgres://", "postgresql://", 1))
    return url.set(drivername="postgresql+asyncpg")


def _engine(url: URL, settings: dict[str, str], **pool: object) -> AsyncEngine:
    return create_async_engine(
        url,
        connect_args={
            "server_settings": settings,
            "timeout": 10,
            "command_timeout": 60,
            "target_session_attrs": "read-write",  # a standby, or a primary that is being replaced, is none
        },
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        **pool,
    )


class Database:
    """One service's view of PostgreSQL: its schema on the search path, its role in force."""

    def __init__(self, dsn: str, schema: str, *, pool: int = 8, settings: dict[str, str] | None = None) -> None:
        self.schema = schema
        self.dsn = dsn
        common = {**SESSION, "search_path": schema, "role": role_of(schema), **(settings or {})}
        url = async_url(dsn)
        self._pooled = _engine(
            url, {**common, "application_name": f"baton/{schema}"}, pool_size=pool, max_overflow=4, pool_pre_ping=True
        )
        self._own = _engine(url, {**common, "application_name": f"baton/{schema}/lane"}, poolclass=NullPool)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """A transaction on a pooled connection: for HTTP and for loops."""
        async with self._pooled.begin() as tx:
            yield tx

    async def connect(self) -> AsyncConnection:
        """A connection of one's own, outside any pool. Close it, or `terminate` it when anything went wrong in it."""
        return await self._own.connect()

    async def close(self) -> None:
        """Closes the pool and waits until its connections are gone."""
        await self._pooled.dispose()
        await self._own.dispose()


async def terminate(connection: AsyncConnection) -> None:
    """Drops the connection without asking the server: the only safe end after a cancellation or a lost reply."""
    await connection.invalidate()
    await connection.close()


@asynccontextmanager
async def admin(dsn: str) -> AsyncIterator[AsyncConnection]:
    """A connection as the DSN's own user, for migrations and tools. Autocommit is off: begin a transaction."""
    engine = _engine(
        async_url(dsn), {**SESSION, "lock_timeout": "60s", "statement_timeout": "10min"}, poolclass=NullPool
    )
    try:
        async with engine.connect() as connection:
            yield connection
    finally:
        await engine.dispose()
