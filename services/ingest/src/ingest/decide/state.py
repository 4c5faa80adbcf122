"""What ingest remembers while it decides: who is who, and what was accepted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from msgspec import Struct, structs

from events import Fact
from events.leads import EngagementVerdict

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
    def is_known(self) -> bool:
        """The lead is one: neither erased nor merged into another."""
        return self.since is not None and self.into is None


class StoredFact(Struct):
    """An accepted fact in the house's memory; `person` moves when people turn out to be one."""

    person: str
    fact: Fact
    source: str
    message_id: str
    place: int = 0
    """Rank in the order of acceptance; the store knows it once the fact is written."""


@dataclass(frozen=True, slots=True)
class Registry:
    """The state before a batch, as far as the batch touches it."""

    message_times: Mapping[tuple[str, str], datetime] = field(default_factory=dict)
    """(source, message id) to when it last counted."""
    identities: Mapping[Identity, str] = field(default_factory=dict)
    """To a lead id, or to the name under which a visitor's facts are parked."""
    people: Mapping[str, Person] = field(default_factory=dict)
    memory: Mapping[str, Sequence[StoredFact]] = field(default_factory=dict)
    """What was accepted of those whose facts move in this batch, oldest first."""
    names: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """(`asset` | `campaign`, the name as it is compared) to how it was written first."""
    names_used: Mapping[tuple[str, str], datetime] = field(default_factory=dict)
    """The same names to when it was written down last that somebody uses them."""


def with_verdict(row: StoredFact, verdict: EngagementVerdict) -> StoredFact:
    """The same engagement with what a person says of it."""
    return structs.replace(row, fact=structs.replace(row.fact, data=row.fact.data.replaced(verdict=verdict)))


def with_verdicts(rows: Iterable[StoredFact], verdicts: Mapping[int, EngagementVerdict]) -> list[StoredFact]:
    """The same facts, with the verdicts by place."""
    return [with_verdict(row, verdicts[row.place]) if row.place in verdicts else row for row in rows]


def in_order(rows: Iterable[StoredFact]) -> list[StoredFact]:
    """By the time things happened; what happened at once stays in the order of acceptance."""
    return sorted(rows, key=lambda row: (row.fact.time, row.place))
