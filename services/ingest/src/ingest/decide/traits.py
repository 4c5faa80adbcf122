"""Traits of tools and fields of forms as facts about a person, in our words."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from agreement.readers.countries import read_country
from agreement.readers.head_counts import read_head_count
from agreement.readers.names import name_of
from agreement.survivorship import COMPANY_FACTS
from events.edge import MOST_NUMBER
from events.leads import KnownFact
from ingest.decide.terms import Vocabulary, folded, one_value

MOST_FACTS: Final = 64
"""Of one submission, and of a list that is one fact's value."""
LONGEST_VALUE: Final = 8192
"""Characters; what is longer is cut."""
_COMPANY: Final = {"name": "company", "country": "country"}
_ABOUT_COMPANY: Final = (*COMPANY_FACTS, "domain")
TraitValue = str | int | float | bool | list[str]


def facts_of(traits: Mapping[str, Any], vocabulary: Vocabulary, source: str, at: datetime) -> tuple[KnownFact, ...]:
    """At most 64 facts; an explicit null withdraws. Traits without a name of ours keep theirs, structures are left."""
    if not traits:
        return ()
    ours = vocabulary.names
    values: dict[str, TraitValue | None] = {}
    for name, value in _flat(traits, vocabulary):
        if name in ("email", "message"):
            continue
        cleaned = _READERS.get(name, _plain)(one_value(name, value) if name in ours else value)
        if cleaned is not None or (value is None and name not in values):
            values[name] = cleaned
    return tuple(
        KnownFact(name=name, value=value, source=source, at=at) for name, value in list(values.items())[:MOST_FACTS]
    )


def _flat(traits: Mapping[str, Any], vocabulary: Vocabulary) -> Iterator[tuple[str, Any]]:
    for name, value in traits.items():
        ours = vocabulary.fields.get(folded(name))
        if ours == "company" and isinstance(value, dict):
            yield from _company(value, vocabulary)
        elif folded(name) == "address" and isinstance(value, dict):
            yield from ((part, value[part]) for part in ("country", "city", "state") if value.get(part))
        else:
            yield ours or name[:64], value


def _company(company: Mapping[str, Any], vocabulary: Vocabulary) -> Iterator[tuple[str, Any]]:
    for name, value in company.items():
        ours = _COMPANY.get(folded(name)) or vocabulary.fields.get(folded(name))
        if ours in _ABOUT_COMPANY:
            yield ours, value


def read_fact(fact: KnownFact) -> KnownFact:
    """The same fact, its value read as those of traits are."""
    reader = _READERS.get(fact.name)
    return fact if reader is None or fact.value is None else fact.replaced(value=reader(fact.value))


def text_of(value: object) -> str | None:
    """A text, trimmed and cut; None when it is empty or none."""
    return value.strip()[:LONGEST_VALUE] or None if value and isinstance(value, str) else None


def object_of(value: object) -> Mapping[str, Any]:
    """A JSON object; an empty one when it is something else."""
    return value if isinstance(value, dict) else {}


def _plain(value: object) -> TraitValue | None:
    """A value as people read it, a number that no column holds as its digits; structures are not facts."""
    if isinstance(value, str):
        return text_of(value)
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value if abs(value) < MOST_NUMBER else str(value)
    if isinstance(value, list):
        return [text.strip() for text in value if isinstance(text, str) and text.strip()][:MOST_FACTS] or None
    return None


def _employees(value: object) -> TraitValue | None:
    """A number, a range as a text; what is neither stays as it was given, and counts as unknown."""
    count = read_head_count(value)
    if count is not None:
        return count.fact
    return None if isinstance(value, bool) else _plain(value)


def _country(value: object) -> TraitValue | None:
    """ISO 3166 alpha-2; what is no country stays as it was given, and counts as unknown."""
    text = text_of(value)
    return (read_country(text) if text else None) or _plain(value)


def _name(value: object) -> TraitValue | None:
    """A text, cut as names are."""
    return name_of(text_of(value)) if isinstance(value, str) else _plain(value)


_NAMES: Final = ("name", "first_name", "last_name", "company", "title")
_READERS: Final[Mapping[str, Callable[[object], TraitValue | None]]] = {
    "employees": _employees,
    "country": _country,
    **dict.fromkeys(_NAMES, _name),
}
"""How the values of these facts are read."""
