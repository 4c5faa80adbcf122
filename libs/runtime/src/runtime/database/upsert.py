"""The two ways to write rows, both in key order so that lanes cannot wait in a ring.

`Upsert`: arrays in, one table. `UpsertTables`: Structs in, several tables in one statement, at half of Python's time.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import orjson
from msgspec import Struct
from msgspec.structs import asdict

from runtime.database.connection import Connection
from runtime.database.statement import Statement, statement
from runtime.values import Parts

_MOST_WAYS: Final = 100
"""In which the tables of one batch are saved: each is a statement that a connection keeps."""
JSON: Final = "jsonb"
"""Columns of this type are given as plain values and stored as JSON."""


def upsert_sql(
    table: str, key: Sequence[str], columns: Mapping[str, str], *, prefix: str = "", also: str | None = None
) -> str:
    """SQL that inserts rows given as arrays, or overwrites those whose key is there; for a part of a larger statement.

    `columns`: name to PostgreSQL type; the array of a column is the parameter `prefix` + name. `also`: what else is set
    in a row that is overwritten.
    """
    arrays = ", ".join(f"CAST(:{prefix}{name} AS {kind}[])" for name, kind in columns.items())
    return _insert(table, key, columns, f"unnest({arrays}) AS given({', '.join(columns)})", also)


class Upsert:
    """Inserts rows, or overwrites those whose key is there. Make it once, beside the other SQL of a store."""

    def __init__(self, table: str, key: Sequence[str], columns: Mapping[str, str]) -> None:
        """`columns`: name to PostgreSQL type, in the order in which rows give their values; the key is among them."""
        self.table = table
        self.key = tuple(key)
        self.columns = dict(columns)
        self.statement = statement(upsert_sql(table, key, columns))
        self._prefix = f"{table}_"
        self._part = upsert_sql(table, key, columns, prefix=self._prefix)

    async def __call__(self, tx: Connection, rows: Sequence[Sequence[Any]]) -> None:
        """One statement, none when there are no rows. A key may come once only. None stays NULL in JSON columns too."""
        if rows:
            await tx.execute(self.statement, self._columns_of(rows))

    def parts(self, rows: Sequence[Sequence[Any]]) -> Parts:
        """The same as part of a larger statement; nothing when there are no rows."""
        if not rows:
            return Parts()
        values: dict[str, object] = {self._prefix + name: column for name, column in self._columns_of(rows).items()}
        return Parts({f"saved_{self.table}": self._part}, values)

    def _columns_of(self, rows: Sequence[Sequence[Any]]) -> dict[str, list[Any]]:
        given = dict(zip(self.columns, map(list, zip(*rows, strict=True)), strict=True))
        for name, kind in self.columns.items():
            if kind == JSON:
                given[name] = [None if value is None else orjson.dumps(value) for value in given[name]]
        return given


class UpsertTables:
    """Inserts rows of several tables, or overwrites those whose key is there. Make it once, as an Upsert.

    A row is a Struct whose fields are the table's columns. The rows of a table travel as one JSON document: PostgreSQL
    needs a fifth more time for it than for arrays, and Python half of it, because no value is looked at in Python.
    """

    def __init__(
        self,
        tables: Mapping[str, tuple[Sequence[str], Mapping[str, str]]],
        *,
        also: str = "",
        beside: Mapping[str, str] | None = None,
    ) -> None:
        """`tables`: name to the columns of its key, and to all its columns with their PostgreSQL types.

        `also`: a further part of the same statement (`name AS (...)`), with parameters of its own. `beside`: by table,
        a part that goes with its rows, which it can read as `given_rows(table, columns)` does.
        """
        self.tables = tuple(tables)
        self._parts = {name: f"saved_{name} AS ({_of_document(name, *tables[name])})" for name in tables}
        self._beside = beside or {}
        self._also = [also] if also else []
        self._statements: dict[tuple[str, ...], Statement] = {}

    async def __call__(self, tx: Connection, rows: Mapping[str, Iterable[Struct]], **also: object) -> None:
        """One statement, none when there are no rows. In each table a key may come once only. `also`: its parameters.

        JSON columns hold plain values or Structs, stored with all their fields, also those that the wire leaves out
        because they are null. None stays NULL. Raises TypeError for what JSON cannot say.
        """
        given = {name: some for name in self.tables if (some := list(rows.get(name, ())))}
        if given:
            documents = {name: _json(given.get(name, ())) for name in self.tables}
            await tx.execute(self.statement_of(given), {**documents, **also})

    def statement_of(self, names: Collection[str]) -> Statement:
        """That saves rows of these tables: of no other, for each costs PostgreSQL a tenth of a millisecond, also empty.

        Small batches are about few tables, in few ways. When they come in too many, all of them are saved by one more.
        """
        known = self._statements
        tables = tuple(name for name in self.tables if name in names)
        if tables not in known and len(known) >= _MOST_WAYS:
            tables = self.tables
        if tables not in known:
            beside = (self._beside[name] for name in tables if name in self._beside)
            parts = [*(self._parts[name] for name in tables), *beside, *self._also]
            known[tables] = statement(f"WITH {', '.join(parts)} SELECT")
        return known[tables]


def given_rows(table: str, columns: Mapping[str, str]) -> str:
    """What stands after FROM to read these columns of the rows that are saved in a table, as `given`."""
    typed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    return f"json_to_recordset(CAST(:{table} AS json)) AS given({typed})"


def _of_document(table: str, key: Sequence[str], columns: Mapping[str, str]) -> str:
    return _insert(table, key, columns, given_rows(table, columns))


def _insert(table: str, key: Sequence[str], columns: Iterable[str], source: str, also: str | None = None) -> str:
    changes = ", ".join(
        [*(f"{name} = excluded.{name}" for name in columns if name not in key), *([also] if also else [])]
    )
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT * FROM {source}"  # noqa: S608
        f" ORDER BY {', '.join(key)} ON CONFLICT ({', '.join(key)})"
        f" DO {f'UPDATE SET {changes}' if changes else 'NOTHING'}"
    )


def _json(rows: Sequence[Struct]) -> bytes:
    """Times as on the wire."""
    return orjson.dumps(rows, default=asdict, option=orjson.OPT_UTC_Z)
