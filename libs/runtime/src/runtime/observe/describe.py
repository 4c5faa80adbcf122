"""An error in words: its type and its place, and no value of what was being worked, for that may be a person's."""

import re
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import asyncpg
import msgspec
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from events.body import complaint
from events.codec import NewerVersion, Unreadable
from runtime.errors import BatonError, Refused

_NAME: Final = re.compile(r"[A-Za-z_]\w{0,40}")
_QUOTING: Final = ("22", "P0")
"""SQLSTATE classes whose message quotes the value; the others quote it only in DETAIL."""
_FOREIGN: Final = ("site-packages", "lib/python")


def describe(error: BaseException) -> str:
    """What kind of error it is and where it was raised, in one line; for reasons, logs and answers.

    Messages are shown only where the house or the database wrote them without a value: `ValueError: anna@example.com`
    becomes `ValueError at decide/answers.py:41`.
    """
    name = type(error).__name__
    match error:
        case asyncpg.PostgresError():
            text = _of_database(name, error)
        case ValidationError():
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            text = f"{name} at {_pointer(first['loc'])} ({first['type']})"
        case msgspec.ValidationError():
            text = f"{name} at {complaint(error)}"
        case Refused():
            text = name
        case Unreadable() | NewerVersion() | BatonError() | KafkaError():
            text = f"{name}: {error}"
        case OSError():
            text = f"{name}: {error.strerror}" if error.strerror else name
        case _:
            text = f"{name} at {_place(error)}" if error.__traceback__ else name
    return text


def _of_database(name: str, error: asyncpg.PostgresError) -> str:
    state = error.sqlstate or ""
    schema = (("table", error.table_name), ("column", error.column_name), ("constraint", error.constraint_name))
    where = ", ".join(f"{what} {part}" for what, part in schema if part)
    words = "" if state[:2] in _QUOTING else str(error.args[0] if error.args else "")
    return ": ".join(filter(None, [f"{name} ({state})", where, words]))


def trace(error: BaseException) -> str:
    """The frames that led to an error and to what caused it, each chain ended by `describe`; for logs."""
    return "\n".join(
        "".join(["Traceback (most recent call last):\n", *traceback.format_tb(one.__traceback__), describe(one)])
        for one in reversed(list(_causes(error)))
    )


def _pointer(location: Sequence[int | str]) -> str:
    """A path into an input, `data.items.0.price`; a part that may be somebody's words, not a name of ours, is `*`."""
    return ".".join(str(part) if isinstance(part, int) or _NAME.fullmatch(part) else "*" for part in location)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    passed: list[BaseException] = []
    while error is not None and error not in passed:
        passed.append(error)
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _place(error: BaseException) -> str:
    """The innermost line of ours, or the innermost of all when none of ours was passed."""
    frames = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    own = [one for one in frames if not any(part in one[0] for part in _FOREIGN)]
    for path, line in reversed(own or frames):
        return f"{'/'.join(Path(path).parts[-2:])}:{line}"
    return ""
