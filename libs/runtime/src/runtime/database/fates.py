"""Which errors are transient: roll back, wait, try again. All others are poison (dead-letter it) or bugs (stop)."""

import asyncio
from typing import Final

from aiokafka.errors import KafkaError
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from runtime.errors import Fenced, Stale

_TRANSIENT_CLASSES: Final = ("08", "40", "53", "55", "57", "58")
"""SQLSTATE classes: connection, rollback, resources (disk full), not in state (lock timeout), operator, system."""
_TIMEOUTS: Final = ("25P03", "25P04")
"""Idle in a transaction, and a transaction, for too long."""


def is_transient(error: BaseException) -> bool:
    """Whether the same statement will probably work later, without anybody changing anything."""
    if isinstance(error, Fenced | Stale | OSError | asyncio.TimeoutError | KafkaError | PoolTimeout):
        return True
    if isinstance(error, DBAPIError):
        if isinstance(error.orig, AsyncAdapt_asyncpg_dbapi.InvalidCachedStatementError):
            return True  # a migration changed a table under us; the statement is prepared anew
        state = getattr(error.orig, "sqlstate", None) or ""
        return error.connection_invalidated or not state or state[:2] in _TRANSIENT_CLASSES or state in _TIMEOUTS
    return isinstance(error, SQLAlchemyError) and "closed" in str(error)
