"""One table for each kind of row: columns from the row's own types, loaded by its first key column in key order."""

import types
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import date, datetime
from operator import attrgetter
from typing import Any, Final, Generic, Union, get_args, get_origin, get_type_hints

from reporting.decide import ROWS
from reporting.decide.rows import Json, R, Row
from runtime.database.connection import Connection
from runtime.database.statement import Statement, statement
from runtime.database.upsert import JSON, Upsert

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
        self._save = Upsert(self.name, kind.key, self.columns)
        self._values = attrgetter(*self.columns)

    def _compile(self) -> Statement:
        key = ", ".join(self.kind.key)
        return statement(
            f"SELECT {', '.join(self.columns)} FROM {self.name}"  # noqa: S608
            f" WHERE {self.kind.key[0]} = ANY (CAST(:keys AS text[])) ORDER BY {key} FOR UPDATE"
        )

    async def load(self, tx: Connection, keys: Iterable[str]) -> list[R]:
        """Locks, in key order, the rows whose first key column is one of these."""
        return self.made_from((await tx.execute(self._load, {"keys": list(keys)})).mappings())

    async def save(self, tx: Connection, rows: Iterable[R]) -> None:
        await self._save(tx, [self._values(row) for row in rows])

    def made_from(self, rows: Iterable[Mapping[Any, Any]]) -> list[R]:
        return [self.kind(**row) for row in rows]


def columns_of(kind: type[Row]) -> dict[str, str]:
    """Name of each column with its PostgreSQL type, in the order of the row's fields."""
    hints = get_type_hints(kind)
    return {one.name: _TYPES[_without_none(hints[one.name])] for one in fields(kind)}


def _without_none(hint: Any) -> Any:
    if get_origin(hint) in (Union, types.UnionType):
        return next(part for part in get_args(hint) if part is not type(None))
    return hint


TABLES: Final[Mapping[type[Row], Table[Any]]] = {kind: Table(kind) for kind in ROWS}
