"""The read models in memory: rows by table and key; and one fold over them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from events import Event
from reporting.decide.rows import R, Row, RowKey, key_of_row
from reporting.decide.terms import Terms


@dataclass(slots=True)
class State:
    """Rows by kind and key. Both what was loaded and what is to be saved."""

    tables: dict[type[Row], dict[RowKey, Any]] = field(default_factory=dict)

    def rows(self, kind: type[R]) -> dict[RowKey, R]:
        """All rows of a kind; what is put in here stays."""
        return self.tables.setdefault(kind, {})

    def get(self, kind: type[R], key: RowKey) -> R | None:
        """The row of this kind with this key; None when it is not loaded or not there."""
        row: R | None = self.tables.get(kind, {}).get(key)
        return row

    def put(self, row: Row) -> None:
        """In the place of the row with the same key, if there is one."""
        kind = type(row)
        table = self.tables.get(kind)
        if table is None:
            table = self.tables[kind] = {}
        table[key_of_row(kind)(row)] = row

    def update(self, other: "State") -> None:
        """Takes over all rows of another state."""
        for kind, rows in other.tables.items():
            self.tables.setdefault(kind, {}).update(rows)


def changed_rows(before: State, after: State, kind: type[Row], look: Callable[[Any], object]) -> list[Any]:
    """Rows of this kind that a batch left (`after`) as they were not before, as far as `look` shows of them."""
    rows, known = after.tables.get(kind, {}), before.tables.get(kind, {})
    return [row for key, row in rows.items() if key not in known or look(known[key]) != look(row)]


@dataclass(slots=True)
class Fold:
    """One run over a batch, with the terms to read it by."""

    before: State
    """Not touched."""
    terms: Terms
    after: State = field(default_factory=State)
    """Only the rows that are new or not what they were."""

    def get(self, kind: type[R], *key: object) -> R | None:
        """The row as it stands after what was folded so far."""
        return self.after.get(kind, key) or self.before.get(kind, key)

    def put(self, row: Row) -> None:
        """The row, new or changed, is to be saved."""
        self.after.put(row)


Handle = Callable[[Fold, Any], None]
"""Folds one event in."""


def timeline_only(fold: Fold, event: Event) -> None:
    """For events that change no row of their own: the timeline has them."""
