"""Statements made from the rows' own types: load by lead in key order, upsert arrays in key order."""

import types
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import date, datetime
from typing import Any, ClassVar, Final, Union, get_args, get_origin, get_type_hints

import orjson
from sqlalchemy import TextClause, text

from reporting.decide.model import ROWS
from reporting.decide.rows import Row

_TYPES: Final[dict[Any, str]] = {
    str: "text",
    int: "bigint",
    float: "double precision",
    bool: "boolean",
    datetime: "timestamptz",
    date: "date",
    Any: "jsonb",
}


def _columns(row: type[Row]) -> dict[str, str]:
    hints = get_type_hints(row)
    return {one.name: _TYPES[_plain(hints[one.name])] for one in fields(row) if get_origin(hints[one.name]) != ClassVar}


def _plain(hint: Any) -> Any:
    if get_origin(hint) in (Union, types.UnionType):
        return next(part for part in get_args(hint) if part is not type(None))
    return hint


class Table:
    """One read model."""

    def __init__(self, name: str, row: type[Row]) -> None:
        self.name = name
        self.row = row
        self.columns = _columns(row)
        self.load = self._load()
        self.save = self._save()

    def _load(self) -> TextClause:
        key = ", ".join(self.row.key)
        return text(
            f"SELECT {', '.join(self.columns)} FROM {self.name}"  # noqa: S608
            f" WHERE {self.row.key[0]} = ANY (CAST(:keys AS text[])) ORDER BY {key} FOR UPDATE"
        )

    def _save(self) -> TextClause:
        names = ", ".join(self.columns)
        arrays = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in self.columns.items())
        changes = ", ".join(f"{name} = excluded.{name}" for name in self.columns if name not in self.row.key)
        key = ", ".join(self.row.key)
        return text(
            f"INSERT INTO {self.name} ({names}) SELECT * FROM unnest({arrays}) AS given({names})"  # noqa: S608
            f" ORDER BY {key} ON CONFLICT ({key}) DO UPDATE SET {changes}"
        )

    def arrays(self, rows: Iterable[Row]) -> dict[str, list[Any]]:
        """One array for each column."""
        found = list(rows)
        return {name: [_stored(getattr(row, name), kind) for row in found] for name, kind in self.columns.items()}

    def made_from(self, found: Iterable[Mapping[Any, Any]]) -> list[Row]:
        return [self.row(**one) for one in found]


def _stored(value: Any, kind: str) -> Any:
    return orjson.dumps(value).decode() if kind == "jsonb" else value


TABLES: Final = {name: Table(name, row) for name, row in ROWS.items()}
