"""SQLAlchemy's engine: for migrations only, which alembic runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from runtime.database.connect import ADMIN_SESSION
from runtime.database.connection import async_url


@asynccontextmanager
async def migrating(dsn: str) -> AsyncIterator[AsyncConnection]:
    """A connection as the DSN's own user, as alembic takes it. A statement begins a transaction: commit it."""
    engine = create_async_engine(
        async_url(dsn),
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
