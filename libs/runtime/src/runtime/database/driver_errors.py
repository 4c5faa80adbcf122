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
_REFUSED_VALUE: Final = "22"
"""SQLSTATE class whose very message quotes the value, behind a colon or a quotation mark."""
_RAISED: Final = "P0"
"""SQLSTATE class of exceptions raised in PL/pgSQL: their message may be anything."""
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
    elif isinstance(error, ValueError) or _class_of(error) == _REFUSED_VALUE:
        error.args = (re.split('[":]', message, maxsplit=1)[0].strip() or type(error).__name__,)
    elif _class_of(error) == _RAISED:
        error.args = ("raised in PL/pgSQL",)
    error.__cause__ = error.__context__ = None


def _class_of(error: BaseException) -> str:
    return str(getattr(error, "sqlstate", None) or "")[:2]
