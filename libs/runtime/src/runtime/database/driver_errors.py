"""The driver's errors, kept free of personal data: what they say never quotes a value that was given or stored."""

import re
from collections.abc import Sequence
from typing import Any, Final

import asyncpg

DRIVER_ERRORS: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What the server answers, and what the driver raises by itself."""
DATABASE_ERRORS: Final = (*DRIVER_ERRORS, OSError)
"""What a statement can raise, connection trouble and time-outs included."""
SchemaError: Final[Any] = asyncpg.exceptions.SyntaxOrAccessError
"""SQLSTATE class 42: a table or column is not there, or this role may not touch it."""
_QUOTING: Final = ("detail", "hint", "context", "internal_query", "internal_position", "message")
"""Fields in which the server repeats values, as in `Key (email)=(...) already exists`."""
_SPEAKING: Final = ("22", "P0")
"""SQLSTATE classes whose very message quotes them: a value that is none, an exception raised in PL/pgSQL."""
_ARGUMENT: Final = re.compile(r"invalid input for query argument \$(\d+)")


def hide_values(error: BaseException, names: Sequence[str] = (), arguments: Sequence[Any] = ()) -> None:
    """Takes out of the error, in place, all that may quote a value. Type, SQLSTATE and names of the schema stay.

    `names` and `arguments` are those of the statement: of an argument that is no such value its name and type are said.
    """
    for field in _QUOTING:
        error.__dict__.pop(field, None)
    message = str(error.args[0]) if error.args else ""
    if found := _ARGUMENT.match(message):
        n = int(found[1]) - 1
        error.args = (f"invalid input for the parameter :{names[n]} ({type(arguments[n]).__name__})",)
    elif isinstance(error, ValueError) or str(getattr(error, "sqlstate", ""))[:2] in _SPEAKING:
        error.args = (re.split('[":]', message, maxsplit=1)[0].strip() or type(error).__name__,)
    error.__cause__ = error.__context__ = None
