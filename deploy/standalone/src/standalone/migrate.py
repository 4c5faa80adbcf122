"""`baton migrate`: the database brought up to this version."""

import typer

from runtime.process.migrate import migrate as run_migrations
from runtime.settings import Settings
from standalone.connect import database
from standalone.run import Data, run, settings_of
from standalone.services import SERVICES


def migrate(data: Data = None) -> None:
    """Bring the database up to this version; harmless to repeat."""
    run(_migrate(settings_of(data=data)))


async def _migrate(settings: Settings) -> int:
    async with database(settings) as dsn:
        applied = await run_migrations(dsn, SERVICES, partitions=settings.partitions)
    typer.echo("\n".join(applied) if applied else "nothing to do: the database is up to date")
    return 0
