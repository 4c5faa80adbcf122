"""What all rows of the read models have in common, and the one place where a row copies what an event says."""

from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Final, NamedTuple, TypeVar, get_type_hints

from pydantic_core import to_jsonable_python

from events import Body, Event

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
    enveloped, plain = _sources(kind, type(data))
    values = {column: getattr(event, field) for column, field in enveloped}
    for name, is_json in plain:
        value = getattr(data, name)
        values[name] = to_jsonable_python(value) if is_json else value
    return kind(**{**values, **more})


def update(old: R, event: Event, /, *columns: str, **more: object) -> R:
    """The same row with these columns as the event's data has them, all that have equal names when none is named.

    `more` gives further values and wins. Raises AttributeError when the event has no field of a named column.
    """
    data = event.data
    plain = _sources(type(old), type(data)).plain
    values = {
        name: to_jsonable_python(getattr(data, name)) if is_json else getattr(data, name)
        for name, is_json in plain
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
        plain = tuple((name, hints[name] in (Json, Json | None)) for name in columns if name in data.model_fields)
        enveloped = tuple(
            (name, _ENVELOPE[name]) for name in columns if name in _ENVELOPE.keys() - data.model_fields.keys()
        )
        _SOURCES[kind, data] = _Sources(enveloped, plain)
    return _SOURCES[kind, data]


class _Sources(NamedTuple):
    """Of the columns of one kind of row, for one kind of event."""

    enveloped: tuple[tuple[str, str], ...]
    """Columns that the envelope fills, with its fields."""
    plain: tuple[tuple[str, bool], ...]
    """Columns that the data fills, and whether they are jsonb."""


_SOURCES: Final = dict[tuple[type[Row], type[Body]], _Sources]()
