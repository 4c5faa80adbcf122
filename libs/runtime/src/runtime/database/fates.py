"""What follows an error: a transient one is tried again, poison is dead-lettered, and all else stops the lane."""

import asyncio
from typing import Final

import asyncpg
from aiokafka.errors import KafkaError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from runtime.errors import Fenced, Stale, UnfitOutput

_TRANSIENT_CLASSES: Final = ("08", "40", "53", "55", "57", "58")
"""SQLSTATE classes: connection, rollback, resources (disk full), not in state (lock timeout), operator, system."""
_TRANSIENT_STATES: Final = ("25006", "25P03", "25P04")
"""Read-only, as a server is during a fail-over; idle in a transaction, and a transaction, for too long."""
_POISON_CLASSES: Final = ("22", "23")
"""SQLSTATE classes: a value PostgreSQL cannot hold, a constraint it would break."""
_VALUE_ERRORS: Final = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError)
"""What `decide` raises when one input is not what it takes it for; also pydantic's ValidationError and Unreadable."""
_TRANSIENT: Final = (Fenced, Stale, OSError, asyncio.TimeoutError, KafkaError, PoolTimeout)


def is_transient(error: BaseException) -> bool:
    """Whether the same will probably work later without anybody changing anything; never a reason to blame an input.

    Connection trouble of every kind, also asyncpg's own errors that no dialect has wrapped; fail-over; time-outs.
    """
    driver = _driver_error(error)
    if isinstance(driver, asyncpg.InvalidCachedStatementError):
        return True  # a migration changed a table under us; the statement is prepared anew
    if isinstance(driver, asyncpg.PostgresError):
        state = driver.sqlstate or ""
        return state[:2] in _TRANSIENT_CLASSES or state in _TRANSIENT_STATES
    if isinstance(driver, asyncpg.InterfaceError | asyncpg.InternalClientError):
        return not isinstance(driver, ValueError)  # asyncpg's DataError: an argument that is no such value
    if isinstance(error, _TRANSIENT):
        return True
    if isinstance(error, DBAPIError):
        return error.connection_invalidated
    return isinstance(error, SQLAlchemyError) and "closed" in str(error)


def is_poison(error: BaseException) -> bool:
    """Whether the input is to blame: an allow-list. What is neither this nor transient is a bug, or a wrong schema."""
    if is_transient(error):
        return False
    driver = _driver_error(error)
    if isinstance(driver, asyncpg.PostgresError):
        return (driver.sqlstate or "")[:2] in _POISON_CLASSES
    return isinstance(driver, (*_VALUE_ERRORS, UnfitOutput))


def _driver_error(error: BaseException) -> BaseException:
    """The driver's own error behind SQLAlchemy's; any other error as it is."""
    while isinstance(error, StatementError) and error.orig is not None:
        error = error.orig
        if error.__cause__ is not None:  # the dialect's copy of it
            error = error.__cause__
    return error
