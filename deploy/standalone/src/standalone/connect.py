"""How the operator's commands reach the database: the one of BATON_DATABASE, or the embedded one, running or not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from runtime.database.connect import admin
from runtime.database.data_folder import FolderInUse
from runtime.database.driver_errors import DATABASE_ERRORS
from runtime.database.embedded import SMALL, EmbeddedPostgres
from runtime.errors import Misconfigured
from runtime.settings import Settings

_PATIENCE: Final = 15.0
"""Seconds in which the server of a running house answers."""


@asynccontextmanager
async def database(settings: Settings) -> AsyncIterator[str]:
    """The administrator's DSN. An embedded server that is not running is started for as long as it is needed."""
    if settings.database is not None:
        yield settings.database.get_secret_value()
        return
    embedded = EmbeddedPostgres(settings.data, settings=SMALL)
    if not embedded.pgdata.exists():
        raise Misconfigured(
            f"there is no Baton in {settings.data}: start one with `baton up`, or name its folder: --data"
        )
    own = await _start_unless_running(embedded)
    try:
        yield embedded.dsn
    finally:
        if own:
            await asyncio.to_thread(embedded.stop)


async def _start_unless_running(embedded: EmbeddedPostgres) -> bool:
    """Whether it had to be started. One of a house that has the folder may need a moment: it starts, or is busy.

    Raises FolderInUse when that house's server does not answer in time, else what `EmbeddedPostgres.start` raises.
    """
    patience = asyncio.get_running_loop().time() + _PATIENCE
    while not await _answers(embedded.dsn):
        try:
            await embedded.start_aside()
        except FolderInUse:
            if asyncio.get_running_loop().time() > patience:
                raise
            await asyncio.sleep(0.2)
        else:
            return True
    return False


async def _answers(dsn: str) -> bool:
    try:
        async with admin(dsn):
            return True
    except DATABASE_ERRORS:
        return False
