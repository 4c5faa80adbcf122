"""What the house keeps of signing in and of the audit goes when its time is over, whether or not anybody comes."""

import asyncio
import contextlib
from typing import Final

import structlog

from runtime.database.connect import Database
from runtime.database.fates import is_transient
from runtime.http.audit import forget_audit
from runtime.http.sessions import sweep_sessions
from runtime.http.sign_in_links import sweep_links
from runtime.observe.describe import describe
from runtime.service import Loop

log = structlog.get_logger()
EVERY: Final = 6 * 3600.0
"""Seconds between two rounds."""


def forgetting(database: Database, audit_days: int) -> Loop:
    """A loop that takes away what is over: at the start, and four times a day."""

    async def run(stopping: asyncio.Event) -> None:
        while not stopping.is_set():
            try:
                await forget(database, audit_days)
            except Exception as error:
                if not is_transient(error):
                    raise
                log.warning("what is over stays for now", error=describe(error))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), EVERY)

    return run


async def forget(database: Database, audit_days: int) -> None:
    """One round: sessions and links that are over, and rows of the audit that are older than so many days."""
    async with database.begin() as tx:
        await sweep_sessions(tx)
        await sweep_links(tx)
        gone = await forget_audit(tx, audit_days)
    if gone:
        log.info("audit", forgotten=gone, older_than_days=audit_days)
