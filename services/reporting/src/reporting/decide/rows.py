"""What all rows of the read models have in common, and the one place where a row copies what an event says."""

from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Final, NamedTuple, TypeVar, get_type_hints

from events import Body, Event
from events.body import fields_of, plain

Json = Any
"""Stored as jsonb: plain values, as they come back from the database."""
RowKey = tuple[Any, ...]

_ENVELOPE: Final = {
    "lead": "subject",
    "event": "id",
    "at": "time",
    "recorded_at": "recordedtime",
    "type": "type",
    "agreement": "agreement",
    "historical": "historical",
}
"""Column to the field of the envelope that fills it."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of one table. A field is a column of the same name; a field of type Json is jsonb."""

    table: ClassVar[str]
    key: ClassVar[tuple[str, ...]] = ("lead",)
    """Columns by which a row is found; the first of them places it in a lane."""
    personal: ClassVar[str | None] = None
    """Column with words of or about the person; erasure empties it. Such rows have `lead` and `recorded_at`."""

    @property
    def key_values(self) -> RowKey:
        """The values of the key's columns, in the order of `key`."""
        return tuple(getattr(self, name) for name in self.key)


R = TypeVar("R", bound=Row)


def row(kind: type[R], event: Event, /, **more: object) -> R:
    """A new row of this kind from an event.

    A column takes its value from `more`, else from the field of the event's data with the same name, else from the
    envelope (`lead` is the subject, `event` the id, `at` the time). What none of them has keeps its default; raises
    TypeError when there is no default.
    """
    data = event.data
    enveloped, copied = _sources(kind, type(data))
    values = {column: getattr(event, field) for column, field in enveloped}
    for name, is_json in copied:
        value = getattr(data, name)
        values[name] = plain(value) if is_json else value
    return kind(**{**values, **more})


def update(old: R, event: Event, /, *columns: str, **more: object) -> R:
    """The same row with these columns as the event's data has them, all that have equal names when none is named.

    `more` gives further values and wins. Raises AttributeError when the event has no field of a named column.
    """
    data = event.data
    copied = _sources(type(old), type(data)).copied
    values = {
        name: plain(getattr(data, name)) if is_json else getattr(data, name)
        for name, is_json in copied
        if not columns or name in columns
    }
    if missing := [name for name in columns if name not in values]:
        raise AttributeError(f"{event.type_name()} has no {', '.join(missing)} for {type(old).__name__}")
    return replace(old, **{**values, **more})


def present(event: Event, *names: str) -> dict[str, Any]:
    """Those of the named fields of the event's data that it has and that are not empty."""
    return {name: value for name in names if (value := getattr(event.data, name, None))}


def _sources(kind: type[Row], data: type[Body]) -> "_Sources":
    """Looked at once for each pair of row and event."""
    if (kind, data) not in _SOURCES:
        hints = get_type_hints(kind)
        columns = [one.name for one in fields(kind)]
        said = fields_of(data)
        copied = tuple((name, hints[name] in (Json, Json | None)) for name in columns if name in said)
        enveloped = tuple((name, _ENVELOPE[name]) for name in columns if name in _ENVELOPE and name not in said)
        _SOURCES[kind, data] = _Sources(enveloped, copied)
    return _SOURCES[kind, data]


class _Sources(NamedTuple):
    """Of the columns of one kind of row, for one kind of event."""

    enveloped: tuple[tuple[str, str], ...]
    """Columns that the envelope fills, with its fields."""
    copied: tuple[tuple[str, bool], ...]
    """Columns that the data fills, and whether they are jsonb."""


_SOURCES: Final = dict[tuple[type[Row], type[Body]], _Sources]()
