"""The agreement as tables and lists, for people: every chapter as it is in force."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import BaseModel

from agreement import Agreement, Span
from agreement.types import Range, Shift, Terms
from events import Money
from reporting.pages.frame import money

CHAPTERS: Final = {
    "definitions": "What the words mean",
    "scoring": "How a lead is scored",
    "routing": "Whose lead it is",
    "service_levels": "What we promise each other",
    "teams": "Who works here",
    "events": "What people do",
    "notices": "Who is told",
    "goals": "Where we want to be",
}


@dataclass(frozen=True, slots=True)
class Part:
    """A heading with a text, a table, or parts of its own."""

    title: str
    text: str | None = None
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    parts: tuple["Part", ...] = field(default=())


def chapters(agreed: Agreement) -> list[tuple[str, str, Part]]:
    return [(name, title, _part(name, getattr(agreed, name))) for name, title in CHAPTERS.items()]


def _part(name: str, value: Any) -> Part:
    title = name.replace("_", " ").capitalize()
    if isinstance(value, tuple) and value and isinstance(value[0], Terms) and not _small(value[0]):
        fields = type(value[0]).model_fields
        used = [one for one in fields if any(getattr(row, one) not in (None, (), {}, False) for row in value)]
        rows = tuple(tuple(text(getattr(row, one)) for one in used) for row in value)
        return Part(title, columns=tuple(one.replace("_", " ") for one in used), rows=rows)
    if isinstance(value, Terms) and not _small(value):
        given = [(one, getattr(value, one)) for one in type(value).model_fields]
        plain = tuple((one.replace("_", " "), text(some)) for one, some in given if _plain(some))
        return Part(title, rows=plain, parts=tuple(_part(one, some) for one, some in given if not _plain(some)))
    if isinstance(value, Mapping) and value:
        return Part(title, columns=("name", "value"), rows=tuple((str(key), text(some)) for key, some in value.items()))
    return Part(title, text=text(value))


def _small(value: Any) -> bool:
    return isinstance(value, Span | Money | Range | Shift)


def _plain(value: Any) -> bool:
    if isinstance(value, Terms):
        return _small(value)
    if isinstance(value, tuple):
        return not value or not isinstance(value[0], Terms) or _small(value[0])
    return not isinstance(value, Mapping)


def text(value: Any) -> str:
    """One cell."""
    for kind, say in _SAYS:
        if isinstance(value, kind):
            return say(value)
    return "–" if value is None else str(value)


def _record(value: BaseModel) -> str:
    given = ((name, getattr(value, name)) for name in type(value).model_fields)
    return " · ".join(f"{name.replace('_', ' ')} {text(one)}" for name, one in given if one not in (None, ()))


def _range(value: Range) -> str:
    if value.at_least is None:
        return f"up to {value.at_most}"
    return f"{value.at_least}+" if value.at_most is None else f"{value.at_least}–{value.at_most}"


_SAYS: Final[tuple[tuple[type, Callable[[Any], str]], ...]] = (
    (bool, lambda value: "yes" if value else "–"),
    (Span, str),
    (Money, lambda value: money({"amount": value.amount, "currency": value.currency})),
    (Range, _range),
    (Shift, lambda value: f"{value.start:%H:%M}–{value.end:%H:%M}"),
    (tuple, lambda value: ", ".join(text(one) for one in value) or "–"),
    (Mapping, lambda value: "; ".join(f"{key}: {text(one)}" for key, one in value.items()) or "–"),
    (BaseModel, _record),
    (str, lambda value: value if " " in value or "/" in value else value.replace("_", " ")),
)
