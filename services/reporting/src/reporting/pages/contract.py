"""The agreement as a contract: clauses with the numbers of the files in them, each with its place. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any, Final

from pydantic import ValidationError

from agreement import Agreement, Span
from agreement.problems import Location, Positions
from agreement.types import Shift
from events.vocabulary import humanize
from reporting.pages.agreement_tables import text as plain_text

_UNITS: Final = {
    "s": "second", "min": "minute", "h": "hour", "d": "day", "mo": "month", "bh": "business hour", "bd": "business day",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figure:
    """A value of the agreement within a sentence, and the line on which it stands; null: not known."""

    text: str
    place: Location | None


@dataclass(frozen=True, slots=True)
class Clause:
    """One sentence. `measure`: the name of the promise or commitment that it states, to set the last days beside."""

    parts: tuple[str | Figure, ...]
    measure: str | None = None

    @property
    def text(self) -> str:
        """As plain text."""
        return "".join(part if isinstance(part, str) else part.text for part in self.parts)


@dataclass(frozen=True, slots=True)
class Article:
    """Clauses under a heading."""

    title: str
    clauses: tuple[Clause, ...]


class Clauses:
    """Makes clauses of one chapter: `{path}` in a sentence is the value at that path, such as `mql_gate.engaged_within`
    or `steps.3.text`; `{path|name}` is the value as `name` makes it a text."""

    def __init__(
        self, agreement: Agreement, chapter: str, positions: Positions, name: Callable[[str], str]
    ) -> None:  # fmt: skip
        """`name`: of a rep, by id."""
        self.terms: Any = getattr(agreement, chapter)
        self.agreement = agreement
        self.name = name
        self._chapter = chapter
        self._positions = positions
        self._ways: dict[str, Callable[[Any], str]] = {
            "words": lambda value: humanize(str(value)),
            "lower": lambda value: lower_first(str(value).replace("`", "")),
            "percent": lambda value: f"{value:g} %",
            "signed": lambda value: f"{value:+d}".replace("-", "−") if value else "0",
            "rep": name,
            "list": lambda value: and_list([humanize(str(one)) for one in value]),
            "or": lambda value: and_list([humanize(str(one)) for one in value], "or"),
            "reps": lambda value: and_list([name(one) for one in value]),
            "count": lambda value: str(len(value)),
        }

    def say(self, sentence: str, measure: str | None = None) -> Clause:
        """The clause of a sentence. Raises AttributeError, KeyError or IndexError for a path that is not there."""
        return Clause(tuple(self._parts(sentence)), measure)

    def _parts(self, sentence: str) -> Iterator[str | Figure]:
        while sentence:
            before, opened, rest = sentence.partition("{")
            if before:
                yield before
            if not opened:
                return
            path, _, sentence = rest.partition("}")
            yield self.figure(*path.split("|"))

    def figure(self, path: str, way: str | None = None) -> Figure:
        """The value at a path of the chapter."""
        steps = tuple(int(step) if step.isdigit() else step for step in path.split("."))
        value = self.terms
        for step in steps:
            value = value[step] if isinstance(step, int) or isinstance(value, dict) else getattr(value, step)
        text = self._ways[way](value) if way else spoken(value)
        place = self._positions.of((self._chapter, *steps))
        return Figure(text, place if place.file != "agreement" else None)


def spoken(value: Any) -> str:
    """A value as it stands in a sentence: `4 business hours`, `51 to 200`, `25,000 USD`."""
    if hasattr(value, "at_least") and hasattr(value, "at_most"):
        return range_words(value)
    return next((write(value) for kind, write in _SPOKEN if isinstance(value, kind)), plain_text(value))


def span_words(text: str) -> str:
    """`4 business hours` for `4bh`; what is no length of time, as it is."""
    try:
        return spoken(Span.model_validate(text))
    except ValidationError:
        return text


_SPOKEN: Final[tuple[tuple[type, Callable[[Any], str]], ...]] = (
    (Span, lambda value: f"{value.amount} {_UNITS[value.unit]}{'' if value.amount == 1 else 's'}"),
    (Shift, lambda value: f"{value.start:%H:%M} to {value.end:%H:%M}"),
    (time, lambda value: f"{value:%H:%M}"),
    (float, lambda value: f"{value:g}"),
    (tuple, lambda value: and_list([spoken(one) for one in value])),
    (str, str),
    (int, str),
)


def range_words(value: Any) -> str:
    """`up to 10`, `51 to 200`, `501 or more`, `3`."""
    if value.at_least is None:
        return f"up to {value.at_most:g}"
    if value.at_most is None:
        return f"{value.at_least:g} or more"
    return f"{value.at_least:g}" if value.at_least == value.at_most else f"{value.at_least:g} to {value.at_most:g}"


def and_list(texts: Sequence[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`; of nothing `none`."""
    if len(texts) < 2:
        return next(iter(texts), "none")
    return f"{', '.join(texts[:-1])} {last} {texts[-1]}"


def lower_first(text: str) -> str:
    """To stand within a sentence; words of capitals stay (`MQL`)."""
    first = text.partition(" ")[0]
    return text if len(first) > 1 and first.isupper() else text[:1].lower() + text[1:]
