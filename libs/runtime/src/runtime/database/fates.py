"""What follows an error: a transient one is tried again, poison is dead-lettered, and all else stops the lane."""

import asyncio
from typing import Final

import asyncpg
import msgspec
from aiokafka.errors import KafkaError

from events.codec import NewerVersion
from runtime.errors import Fenced, Interrupted, Stale, UnfitOutput

_TRANSIENT_CLASSES: Final = ("08", "40", "53", "55", "57", "58")
"""SQLSTATE classes: connection, rollback, resources (disk full), not in state (lock timeout), operator, system."""
_TRANSIENT_STATES: Final = ("25006", "25P03", "25P04")
"""Read-only, as a server is during a fail-over; idle in a transaction, and a transaction, for too long."""
_POISON_CLASSES: Final = ("22", "23", "54")
"""SQLSTATE classes: a value PostgreSQL cannot hold, a constraint it would break, a limit (an index's row)."""
_VALUE_ERRORS: Final = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, msgspec.ValidationError)
"""What `decide` raises when one input is not what it takes it for; also pydantic's ValidationError and Unreadable."""
_TRANSIENT: Final = (Fenced, Interrupted, Stale, NewerVersion, OSError, asyncio.TimeoutError, KafkaError)


def is_transient(error: BaseException) -> bool:
    """Whether the same will probably work later without anybody changing anything; never a reason to blame an input.

    Connection trouble of every kind; fail-over; time-outs.
    """
    if isinstance(error, asyncpg.InvalidCachedStatementError):
        return True  # a migration changed a table under us; the statement is prepared anew
    if isinstance(error, asyncpg.PostgresError):
        state = error.sqlstate or ""
        return state[:2] in _TRANSIENT_CLASSES or state in _TRANSIENT_STATES
    if isinstance(error, asyncpg.InterfaceError | asyncpg.InternalClientError):
        return not isinstance(error, ValueError)  # asyncpg's DataError: an argument that is no such value
    return isinstance(error, _TRANSIENT)


def is_lost_connection(error: BaseException) -> bool:
    """Whether the connection to the database broke, or its server went away: commits of ours may have gone with it."""
    if isinstance(error, asyncpg.PostgresError):
        state = error.sqlstate or ""
        return state[:2] == "08" or state[:3] == "57P" or state == "25006"
    return isinstance(error, asyncpg.InterfaceError | asyncpg.InternalClientError | OSError)


def is_poison(error: BaseException) -> bool:
    """Whether the input is to blame: an allow-list. What is neither this nor transient is a bug, or a wrong schema."""
    if is_transient(error):
        return False
    if isinstance(error, asyncpg.PostgresError):
        return (error.sqlstate or "")[:2] in _POISON_CLASSES
    return isinstance(error, (*_VALUE_ERRORS, UnfitOutput))
