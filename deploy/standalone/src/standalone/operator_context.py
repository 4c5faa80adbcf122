"""What a service needs to work for an operator's command, beside a house that runs or without one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agreement import load
from runtime.clock import DatabaseClock
from runtime.database.connect import Database
from runtime.emit.stream_writer import StreamWriter
from runtime.emit.timers import Timers
from runtime.schema_names import schema_of
from runtime.service import Context
from runtime.settings import Settings


@asynccontextmanager
async def operator_context(settings: Settings, dsn: str, service: str) -> AsyncIterator[Context]:
    """What the service of this name needs for an operator's command. Raises AgreementError."""
    agreement = load(settings.agreement)
    opened = Database(dsn, schema_of(service))
    try:
        yield Context(
            settings=settings,
            agreement=agreement,
            database=opened,
            clock=DatabaseClock(),
            writer=StreamWriter(service, agreement=agreement.version, partitions=settings.partitions),
            timers=Timers(settings.partitions),
        )
    finally:
        await opened.close()
