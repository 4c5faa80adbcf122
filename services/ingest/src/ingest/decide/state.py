"""What the door remembers while it decides: who is who, what was accepted, and what changes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from events import Fact

Identity = tuple[str, str]
"""(`email` | `user` | `anonymous`, value)."""


@dataclass(frozen=True, slots=True)
class Person:
    """A lead. Visitors have no row: their facts are parked under the name of their first identity."""

    id: str
    email: str | None
    since: datetime | None
    """Known since; None once erased."""
    into: str | None = None
    """Turned out to be that lead."""

    @property
    def known(self) -> bool:
        return self.since is not None and self.into is None


@dataclass(slots=True)
class Kept:
    """An accepted fact in the house's memory; `person` moves when people turn out to be one."""

    person: str
    fact: Fact
    source: str
    message_id: str
    raw: bytes | None = None
    place: int = 0
    """Rank in the order of acceptance; the store knows it once the fact is written."""


@dataclass(frozen=True, slots=True)
class Book:
    """State before a batch, as far as the batch touches it."""

    seen: Mapping[tuple[str, str], datetime] = field(default_factory=dict)
    """(source, message id) to when it last counted."""
    identities: Mapping[Identity, str] = field(default_factory=dict)
    people: Mapping[str, Person] = field(default_factory=dict)
    memory: Mapping[str, Sequence[Kept]] = field(default_factory=dict)
    """What was accepted of those whose facts move in this batch, oldest first."""


@dataclass(frozen=True, slots=True)
class Wrong:
    pointer: str
    detail: str


@dataclass(slots=True)
class Verdict:
    """On one request: counts, or what is wrong with it (then nothing of it was kept)."""

    accepted: int = 0
    duplicates: int = 0
    wrong: list[Wrong] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What to write down and what to say."""

    verdicts: Sequence[Verdict] = ()
    seen: Mapping[tuple[str, str], datetime] = field(default_factory=dict)
    identities: Mapping[Identity, str | None] = field(default_factory=dict)
    """None: forgotten."""
    people: Mapping[str, Person] = field(default_factory=dict)
    moved: Mapping[str, str] = field(default_factory=dict)
    """Whose earlier facts and identities now belong to whom."""
    erased: frozenset[str] = frozenset()
    """Whose earlier facts and identities are forgotten."""
    consulted: frozenset[str] = frozenset()
    """Whose memory was asked for: all who moved, also those who were erased afterwards."""
    kept: Sequence[Kept] = ()
    facts: Sequence[Fact] = ()

    def unread(self, book: Book) -> set[str]:
        """People whose facts moved although the book did not hold their memory: load it and decide again."""
        return set(self.consulted) - set(book.memory)


def after(book: Book, outcome: Outcome) -> Book:
    """The book as the next batch finds it, with the whole memory. The store does the same in SQL."""
    gone, moved = outcome.erased, outcome.moved
    names = {key: moved.get(who, who) for key, who in book.identities.items() if who not in gone}
    identities = {key: who for key, who in {**names, **outcome.identities}.items() if who is not None}
    people = {key: person if person.into not in moved else _into(person, moved) for key, person in book.people.items()}
    memory: dict[str, list[Kept]] = {}
    for who, rows in book.memory.items():
        if who not in gone:
            memory.setdefault(moved.get(who, who), []).extend(rows)
    written = max((row.place for rows in book.memory.values() for row in rows), default=0)
    for place, row in enumerate(outcome.kept, start=written + 1):
        memory.setdefault(row.person, []).append(replace(row, place=place))
    return Book(
        seen={**book.seen, **outcome.seen},
        identities=identities,
        people={**people, **outcome.people},
        memory={who: sorted(rows, key=lambda row: row.place) for who, rows in memory.items()},
    )


def _into(person: Person, moved: Mapping[str, str]) -> Person:
    return Person(person.id, person.email, person.since, moved[str(person.into)])


def in_order(rows: Iterable[Kept]) -> list[Kept]:
    """By the time things happened; what happened at once stays in the order of acceptance."""
    return sorted(rows, key=lambda row: (row.fact.time, row.place))
