"""SQLAlchemy's engine: for migrations only, which alembic runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from runtime.database.connect import ADMIN_SESSION
from runtime.database.connection import native_dsn


@asynccontextmanager
async def migrating(dsn: str) -> AsyncIterator[AsyncConnection]:
    """A connection as the DSN's own user, as alembic takes it. A statement begins a transaction: commit it."""
    engine = create_async_engine(
        make_url(native_dsn(dsn)).set(drivername="postgresql+asyncpg"),
        hide_parameters=True,
        connect_args={
            "server_settings": ADMIN_SESSION,
            "timeout": 10,
            "command_timeout": 60,
            "target_session_attrs": "read-write",
        },
        poolclass=NullPool,
    )
    try:
        async with engine.connect() as connection:
            yield connection
    finally:
        await engine.dispose()
