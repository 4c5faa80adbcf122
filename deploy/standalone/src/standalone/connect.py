"""How the operator's commands reach the database: the one of BATON_DATABASE, or the embedded one, running or not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from runtime.database.connect import admin
from runtime.database.driver_errors import DATABASE_ERRORS
from runtime.database.embedded import EmbeddedPostgres
from runtime.errors import Misconfigured
from runtime.settings import Settings


@asynccontextmanager
async def database(settings: Settings) -> AsyncIterator[str]:
    """The administrator's DSN. An embedded server that is not running is started for as long as it is needed."""
    if settings.database is not None:
        yield settings.database.get_secret_value()
        return
    embedded = EmbeddedPostgres(settings.data)
    if not embedded.pgdata.exists():
        raise Misconfigured(
            f"there is no Baton in {settings.data}: start one with `baton up`, or name its folder: --data"
        )
    if await _answers(embedded.dsn):
        yield embedded.dsn
        return
    await asyncio.to_thread(embedded.start)
    try:
        yield embedded.dsn
    finally:
        await asyncio.to_thread(embedded.stop)


async def _answers(dsn: str) -> bool:
    try:
        async with admin(dsn):
            return True
    except DATABASE_ERRORS:
        return False
