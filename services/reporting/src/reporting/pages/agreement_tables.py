"""The agreement as tables and lists, for people: every chapter as it is in force."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel

from agreement import Agreement, Span
from agreement.service_levels import ClockStart, ClockStop, Promise
from agreement.types import Range, Shift, Terms
from events import Money
from events.vocabulary import humanize, humanize_first

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
MarkOf = Callable[[str], str | None]
"""From the path of a field (`routing.recycling.after`, rows without their number) to a mark such as `prose`."""

STARTS: Final[Mapping[ClockStart, str]] = {
    "becomes_mql": "the lead becomes an MQL",
    "assigned": "the lead is assigned",
    "handed_on": "a pool hands its qualified lead on",
    "accepted": "the rep accepts",
    "qualified": "the lead is qualified",
    "deal_opened": "a deal is opened",
    "deal_closed": "a deal is won or lost",
    "sales_fact_occurs": "something happens that sales must record",
}
STOPS: Final[Mapping[ClockStop, str]] = {
    "assigned": "the lead is assigned",
    "accepted": "the rep accepts",
    "rejected": "the rep rejects",
    "attempted": "the rep tries to reach the person",
    "connected": "the rep reaches the person",
    "qualified": "the lead is qualified",
    "deal_opened": "a deal is opened",
    "deal_closed": "a deal is won or lost",
    "feedback": "the rep gives feedback",
    "survey": "the survey of the deal is answered",
    "sales_fact_recorded": "it is recorded",
}


def no_mark(path: str) -> str | None:
    """Every field moves something."""
    return None


@dataclass(frozen=True, slots=True)
class Label:
    """The name of a field as people read it, and its mark."""

    text: str
    mark: str | None = None


@dataclass(frozen=True, slots=True)
class ChapterPart:
    """A heading with a text, a table (with columns) or a list of pairs (without), and parts of its own."""

    title: Label
    text: str | None = None
    columns: tuple[Label, ...] = ()
    rows: tuple[tuple[Label | str, ...], ...] = ()
    parts: tuple["ChapterPart", ...] = ()


def chapters(agreement: Agreement, mark: MarkOf = no_mark) -> list[tuple[str, str, ChapterPart]]:
    """Name, title and contents of each chapter."""
    return [(name, title, _part(name, getattr(agreement, name), mark)) for name, title in CHAPTERS.items()]


def _part(path: str, value: Any, mark: MarkOf) -> ChapterPart:
    title = _label(path, mark)
    if isinstance(value, tuple) and value and isinstance(value[0], Terms) and not _fits_a_cell(value[0]):
        return _table(path, title, value, mark)
    if isinstance(value, Terms) and not _fits_a_cell(value):
        fields = {f"{path}.{name}": getattr(value, name) for name in type(value).model_fields}
        pairs = tuple((_label(at, mark), cell(at, one)) for at, one in fields.items() if _is_plain(one))
        parts = tuple(_part(at, one, mark) for at, one in fields.items() if not _is_plain(one))
        return ChapterPart(title, rows=pairs, parts=parts)
    if isinstance(value, Mapping) and value:
        rows = tuple((str(key), cell(path, one)) for key, one in value.items())
        return ChapterPart(title, columns=(Label("name"), Label("value")), rows=rows)
    return ChapterPart(title, text=cell(path, value))


def _table(path: str, title: Label, rows: Sequence[Terms], mark: MarkOf) -> ChapterPart:
    """One line for each row, with the fields that any row has."""
    names = type(rows[0]).model_fields
    used = [name for name in names if any(getattr(row, name) not in (None, (), {}, False) for row in rows)]
    cells = tuple(_row(path, row, used, mark) for row in rows)
    return ChapterPart(title, columns=tuple(_label(f"{path}.{name}", mark, first=False) for name in used), rows=cells)


def _label(path: str, mark: MarkOf, *, first: bool = True) -> Label:
    name = path.rpartition(".")[2]
    return Label(humanize_first(name) if first else humanize(name), mark(path))


def _fits_a_cell(value: Any) -> bool:
    return isinstance(value, Span | Money | Range | Shift)


def _is_plain(value: Any) -> bool:
    if isinstance(value, Terms):
        return _fits_a_cell(value)
    if isinstance(value, tuple):
        return not value or not isinstance(value[0], Terms) or _fits_a_cell(value[0])
    return not isinstance(value, Mapping)


def _row(path: str, row: Terms, names: Sequence[str], mark: MarkOf) -> tuple[Label | str, ...]:
    """The cells of a row; one that nothing follows is marked beside its first cell (path `chapter.field[name]`)."""
    first, *others = (row_cell(f"{path}.{name}", row) for name in names)
    return (Label(first, mark(f"{path}[{getattr(row, names[0])}]")), *others)


def row_cell(path: str, row: Terms) -> str:
    """The field of a table's row as a person reads it; a promise's sentences look at more than one field."""
    if isinstance(row, Promise):
        match path.rpartition(".")[2]:
            case "stops":
                return stops_sentence(row.stops, row.attempts or 1)
            case "target" if row.target is None:
                return "by the lead's urgency"
    return cell(path, getattr(row, path.rpartition(".")[2]))


def cell(path: str, value: Any) -> str:
    """The value of a field as a person reads it."""
    sentence = _SENTENCES.get(path)
    return sentence(value) if sentence else text(value)


def text(value: Any) -> str:
    """Any value of the agreement."""
    for kind, write in _WRITERS:
        if isinstance(value, kind):
            return write(value)
    return "–" if value is None else str(value)


def starts_sentence(starts: Sequence[ClockStart]) -> str:
    """What begins a promise: any of `starts`."""
    return "when " + ", or ".join(STARTS[name] for name in starts) if starts else "–"


def stops_sentence(stops: Sequence[ClockStop], attempts: int = 1) -> str:
    """What keeps a promise: any of `stops`; of attempts by the rep who holds the lead so many are needed."""
    words = dict(STOPS)
    if attempts > 1:
        words["attempted"] = f"the rep has tried {attempts} times to reach the person"
    return "as soon as " + ", or ".join(words[name] for name in stops) if stops else "–"


_SENTENCES: Final[Mapping[str, Callable[[Any], str]]] = {
    "service_levels.promises.starts": starts_sentence,
}
"""Fields whose names of the code are put into a sentence."""


def _record(value: BaseModel) -> str:
    fields = ((name, getattr(value, name)) for name in type(value).model_fields)
    return " · ".join(f"{humanize(name)} {text(one)}" for name, one in fields if one not in (None, ()))


def _range(value: Range) -> str:
    if value.at_least is None:
        return f"up to {value.at_most}"
    return f"{value.at_least}+" if value.at_most is None else f"{value.at_least}–{value.at_most}"


_WRITERS: Final[tuple[tuple[type, Callable[[Any], str]], ...]] = (
    (bool, lambda value: "yes" if value else "–"),
    (Span, str),
    (Money, str),
    (Range, _range),
    (Shift, lambda value: f"{value.start:%H:%M}–{value.end:%H:%M}"),
    (tuple, lambda value: ", ".join(text(one) for one in value) or "–"),
    (Mapping, lambda value: "; ".join(f"{key}: {text(one)}" for key, one in value.items()) or "–"),
    (BaseModel, _record),
    (str, lambda value: value if " " in value or "/" in value else humanize(value)),
)
