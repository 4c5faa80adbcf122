"""One table for each kind of row: columns from the row's own types, loaded by its first key column in key order."""

import types
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from operator import itemgetter
from typing import Any, Final, Generic, Union, get_args, get_origin, get_type_hints

import msgspec

from reporting.decide import ROWS
from reporting.decide.leads import Touch
from reporting.decide.rows import Json, R, Row
from reporting.store.credits import MARK_DUE
from reporting.store.first_touches import KEEP_FIRST
from runtime.database.connection import Connection
from runtime.database.statement import Statement, statement
from runtime.database.upsert import JSON, UpsertTables

_TYPES: Final[Mapping[Any, str]] = {
    str: "text",
    int: "bigint",
    float: "double precision",
    bool: "boolean",
    datetime: "timestamptz",
    date: "date",
    Json: JSON,
}


class Table(Generic[R]):
    """The read model of one kind of row."""

    def __init__(self, kind: type[R]) -> None:
        self.kind = kind
        self.name = kind.table
        self.columns = columns_of(kind)
        self._load = self._compile()
        self._values: Callable[[Any], tuple[Any, ...]] = itemgetter(*self.columns)
        self._shapes = _shapes_of(kind)

    def _compile(self) -> Statement:
        key = ", ".join(self.kind.key)
        return statement(
            f"SELECT {', '.join(self.columns)} FROM {self.name}"  # noqa: S608
            f" WHERE {self.kind.key[0]} = ANY (CAST(:keys AS text[])) ORDER BY {key} FOR UPDATE"
        )

    async def load(self, tx: Connection, keys: Iterable[str]) -> list[R]:
        """Locks, in key order, the rows whose first key column is one of these."""
        return self.made_from((await tx.execute(self._load, {"keys": list(keys)})).mappings())

    def made_from(self, rows: Iterable[Mapping[Any, Any]]) -> list[R]:
        """Rows of this kind from rows of the database; columns of the wire's own types are read from their JSON."""
        values = map(self._values, rows)
        if not self._shapes:
            return [self.kind(*some) for some in values]
        return [self.kind(*map(_as_typed, some, self._shapes)) for some in values]


def columns_of(kind: type[Row]) -> dict[str, str]:
    """Name of each column with its PostgreSQL type, in the order of the row's fields."""
    hints = get_type_hints(kind)
    return {name: _TYPES.get(_without_none(hints[name]), JSON) for name in kind.__struct_fields__}


def _shapes_of(kind: type[Row]) -> tuple[Any, ...]:
    """For each column the type of the wire that it holds as JSON, or None; empty when no column holds one."""
    hints = map(_without_none, map(get_type_hints(kind).__getitem__, kind.__struct_fields__))
    shapes = tuple(None if hint in _TYPES else hint for hint in hints)
    return shapes if any(shapes) else ()


def _as_typed(value: Any, shape: Any) -> Any:
    return value if shape is None or value is None else msgspec.convert(value, shape)


def _without_none(hint: Any) -> Any:
    if get_origin(hint) in (Union, types.UnionType):
        return next(part for part in get_args(hint) if part is not type(None))
    return hint


TABLES: Final[Mapping[type[Row], Table[Any]]] = {kind: Table(kind) for kind in ROWS}
SAVE: Final = UpsertTables(
    {table.name: (kind.key, table.columns) for kind, table in TABLES.items()},
    also=MARK_DUE,
    beside={Touch.table: KEEP_FIRST},
)
"""Rows by the name of their table: all of a batch in one statement, which also marks deals whose credits it moves, and
keeps first touches."""
