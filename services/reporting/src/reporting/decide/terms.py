"""The state of one fold: what was known, what has changed, and the terms needed to read it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from agreement.definitions import Definitions
from agreement.events import Events
from agreement.routing import Routing
from agreement.teams import Teams
from reporting.decide.model import Model
from reporting.decide.rows import Person, Row, Story
from reporting.decide.work_rows import Remark

R = TypeVar("R", bound=Row)
Words = TypeVar("Words", Story, Remark)


@dataclass(frozen=True, slots=True)
class Terms:
    """The chapters that reporting reads while it folds."""

    definitions: Definitions
    events: Events
    routing: Routing
    teams: Teams

    def rep(self, rep: str | None) -> str:
        """Name of a rep, or the id of one who is gone from the agreement."""
        found = self.teams.rep_by_id.get(rep or "")
        return found.name if found else rep or "nobody"

    def size(self, employees: int | None) -> str | None:
        """Segment of a company: its size band, null while the size is unknown."""
        if employees is None:
            return None
        return next((band.name for band in self.routing.sizes if band.employees and employees in band.employees), None)


@dataclass(slots=True)
class Fold:
    known: Model
    terms: Terms
    changed: Model

    def __init__(self, known: Model, terms: Terms) -> None:
        self.known = known
        self.terms = terms
        self.changed = Model()

    def get(self, kind: type[R], *key: Any) -> R | None:
        """The row as it stands after what was folded so far."""
        name = kind.__name__.lower()
        found: R | None = self.changed.tables()[name].get(key) or self.known.tables()[name].get(key)
        return found

    def put(self, row: Row) -> None:
        self.changed.tables()[type(row).__name__.lower()][row.keyed] = row

    def private(self, row: Words) -> Words:
        """Without its private words, if the person was forgotten after they were recorded."""
        person = self.get(Person, row.lead)
        if person is None or person.erased_at is None or row.recorded_at > person.erased_at:
            return row
        return replace(row, private=None) if isinstance(row, Story) else replace(row, note=None)


Reader = Callable[[Fold, Any], None]
