"""What all rows of the read models have in common, and the one place where a row copies what an event says."""

from collections.abc import Callable
from operator import attrgetter, itemgetter
from typing import Any, ClassVar, Final, NamedTuple, TypeVar

import msgspec
from msgspec import NODEFAULT
from msgspec.structs import replace

from events import Body, Event
from events.body import fields_of

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


class Row(msgspec.Struct, frozen=True):
    """A row of one table. A field is a column of the same name; one of type Json, or of the wire's own types, is jsonb.

    Like any Struct it is made without a look at its values: they come from events and from the database.
    """

    table: ClassVar[str]
    key: ClassVar[tuple[str, ...]] = ("lead",)
    """Columns by which a row is found; the first of them places it in a lane."""
    personal: ClassVar[str | None] = None
    """Column with words of or about the person; erasure empties it. Such rows have `lead` and `recorded_at`."""
    personal_list: ClassVar[str | None] = None
    """A further column with such words, each an entry of a list; erasure leaves an empty list."""

    @property
    def key_values(self) -> RowKey:
        """The values of the key's columns, in the order of `key`."""
        return key_of_row(type(self))(self)


R = TypeVar("R", bound=Row)


def key_of_row(kind: type[Row]) -> Callable[[Row], RowKey]:
    """The function that gives the key of a row of this kind."""
    known = _KEYS.get(kind)
    if known is None:
        get = attrgetter(*kind.key)
        known = _KEYS[kind] = get if len(kind.key) > 1 else lambda one: (get(one),)
    return known


def row(kind: type[R], event: Event, /, **more: object) -> R:
    """A new row of this kind from an event.

    A column takes its value from `more`, else from the field of the event's data with the same name, else from the
    envelope (`lead` is the subject, `event` the id, `at` the time). What none of them has keeps its default; raises
    TypeError when there is no default.
    """
    known = (kind, type(event.data), *more)
    copier = _COPIERS.get(known)
    if copier is None:
        copier = _COPIERS[known] = _copier(kind, type(event.data), tuple(more))
    return kind(*copier.order((*copier.copied(event), *more.values(), *copier.defaults)))


def update(old: R, event: Event, /, *columns: str, **more: object) -> R:
    """The same row with these columns as the event's data has them, all that have equal names when none is named.

    `more` gives further values and wins. Raises AttributeError when the event has no field of a named column.
    """
    data = event.data
    if not columns:
        columns = _common(type(old), type(data))
    try:
        values = {name: getattr(data, name) for name in columns}
    except AttributeError:
        missing = [name for name in columns if not hasattr(data, name)]
        raise AttributeError(f"{event.type_name()} has no {', '.join(missing)} for {type(old).__name__}") from None
    return replace(old, **{**values, **more})


class _Copier(NamedTuple):
    """Makes the values of one kind of row from one kind of event, some of them being given."""

    copied: Callable[[Event], tuple[Any, ...]]
    """The values that the event says."""
    defaults: tuple[Any, ...]
    order: Callable[[tuple[Any, ...]], tuple[Any, ...]]
    """From what is said, then what is given, then the defaults, to the order of the columns."""


def _copier(kind: type[Row], data: type[Body], given: tuple[str, ...]) -> _Copier:
    paths = {name: path for name, path in _paths(kind, data).items() if name not in given}
    columns = msgspec.structs.fields(kind)
    defaults = {one.name: one.default for one in columns if one.name not in paths and one.name not in given}
    if missing := [repr(name) for name, default in defaults.items() if default is NODEFAULT]:
        raise TypeError(f"{kind.__name__} from {data.__qualname__} lacks {', '.join(missing)}")
    if strange := set(given) - {one.name for one in columns}:
        raise TypeError(f"{kind.__name__} has no {', '.join(sorted(strange))}")
    place = {name: number for number, name in enumerate((*paths, *given, *defaults))}
    return _Copier(
        attrgetter(*paths.values()), tuple(defaults.values()), itemgetter(*(place[one.name] for one in columns))
    )


def _paths(kind: type[Row], data: type[Body]) -> dict[str, str]:
    """Column to where in an event its value stands, for those that an event has."""
    enveloped = {name: _ENVELOPE[name] for name in kind.__struct_fields__ if name in _ENVELOPE}
    return {**enveloped, **{name: f"data.{name}" for name in _common(kind, data)}}


def _common(kind: type[Row], data: type[Body]) -> tuple[str, ...]:
    if (kind, data) not in _COMMON:
        fields = fields_of(data)
        _COMMON[kind, data] = tuple(name for name in kind.__struct_fields__ if name in fields)
    return _COMMON[kind, data]


_KEYS: Final = dict[type[Row], Callable[[Any], RowKey]]()
_COPIERS: Final = dict[tuple[Any, ...], _Copier]()
"""By kind of row, shape of the data and names of what is given: looked at once."""
_COMMON: Final = dict[tuple[type[Row], type[Body]], tuple[str, ...]]()
