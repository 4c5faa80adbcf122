"""What a statement gives back: rows that are read by attribute, by name, by number, or as a whole."""

from collections.abc import Iterator, Sequence
from typing import Any

import asyncpg

from runtime.errors import BatonError


class ResultRow(asyncpg.Record):  # type: ignore[misc]
    """`row.name`, `row["name"]`, `row[0]`, `tuple(row)`, `dict(row)`.

    Columns called `get`, `items`, `keys` or `values` are read by name only.
    """

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class Result:
    """All rows of one statement, and how many rows it touched."""

    __slots__ = ("_rows", "_status")

    def __init__(self, rows: Sequence[ResultRow], status: str) -> None:
        self._rows = rows
        self._status = status

    def __iter__(self) -> Iterator[ResultRow]:
        return iter(self._rows)

    def all(self) -> Sequence[ResultRow]:
        """The rows, in the order of the server."""
        return self._rows

    def mappings(self) -> "Result":
        """The same: a row is a mapping too."""
        return self

    def one(self) -> ResultRow:
        """The only row; raises BatonError when there is none or a second one."""
        if len(self._rows) != 1:
            raise BatonError(f"a statement gave {len(self._rows)} rows where one was expected")
        return self._rows[0]

    def one_or_none(self) -> ResultRow | None:
        """The only row, None when there is none; raises BatonError when there is a second one."""
        return self.one() if self._rows else None

    def scalar_one(self) -> Any:
        """The first column of the only row; raises BatonError when there is none or a second one."""
        return self.one()[0]

    def scalar_one_or_none(self) -> Any:
        """The first column of the only row, None when there is none; raises BatonError when there is a second one."""
        return self.one()[0] if self._rows else None

    def scalars(self) -> list[Any]:
        """The first column of every row."""
        return [row[0] for row in self._rows]

    @property
    def rowcount(self) -> int:
        """How many rows were inserted, updated, deleted or selected; 0 for a statement that touches none."""
        number = self._status.rpartition(" ")[2]
        return int(number) if number.isdecimal() else 0
