"""The one way to write rows: arrays in, one statement a table, in key order so that lanes cannot wait in a ring."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from msgspec.structs import asdict

from runtime.database.connection import Connection
from runtime.database.statement import Statement, statement

JSON: Final = "jsonb"
"""Columns of this type are given as plain values, or as msgspec Structs, and stored as JSON with all their nulls."""


class Upsert:
    """Inserts rows, or overwrites those whose key is there. Make it once, beside the other SQL of a store."""

    def __init__(self, table: str, key: Sequence[str], columns: Mapping[str, str]) -> None:
        """`columns`: name to PostgreSQL type, in the order in which rows give their values; the key is among them."""
        self.table = table
        self.key = tuple(key)
        self.columns = dict(columns)
        self.statement = self._compile()

    def _compile(self) -> Statement:
        names, key = ", ".join(self.columns), ", ".join(self.key)
        arrays = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in self.columns.items())
        changes = ", ".join(f"{name} = excluded.{name}" for name in self.columns if name not in self.key)
        return statement(
            f"INSERT INTO {self.table} ({names}) SELECT * FROM unnest({arrays}) AS given({names})"  # noqa: S608
            f" ORDER BY {key} ON CONFLICT ({key}) DO {f'UPDATE SET {changes}' if changes else 'NOTHING'}"
        )

    async def __call__(self, tx: Connection, rows: Sequence[Sequence[Any]]) -> None:
        """One statement, none when there are no rows. A key may come once only. None stays NULL in JSON columns too."""
        if not rows:
            return
        given = dict(zip(self.columns, map(list, zip(*rows, strict=True)), strict=True))
        for name, kind in self.columns.items():
            if kind == JSON:
                given[name] = [None if value is None else _json(value) for value in given[name]]
        await tx.execute(self.statement, given)


def _json(value: Any) -> bytes:
    """Times as on the wire; all fields of a Struct, also those that the wire leaves out."""
    return orjson.dumps(value, default=asdict, option=orjson.OPT_UTC_Z)
