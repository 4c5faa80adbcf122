"""From events to rows: a pure fold. No row takes values from two topics, so their interleaving never shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from msgspec.structs import replace

from events import Event
from reporting.decide import (
    campaigns,
    deal_owners,
    explanations,
    handoffs,
    leads,
    lookups,
    notices,
    packs,
    sales,
    scores,
    slas,
    teamwork,
    timeline,
)
from reporting.decide.leads import Person
from reporting.decide.rows import Row
from reporting.decide.state import Fold, Handle, State
from reporting.decide.terms import Terms
from runtime.values import Input, Key, key_of

_TOPICS: Final = (leads, scores, handoffs, deal_owners, sales, slas, notices, campaigns, teamwork, lookups, packs)
HANDLES: Final[Mapping[Key, Handle]] = {key: handle for topic in _TOPICS for key, handle in topic.HANDLES.items()}
"""Event class to the function that folds it in."""
ROWS: Final[tuple[type[Row], ...]] = tuple(kind for topic in (*_TOPICS, timeline, explanations) for kind in topic.ROWS)
"""All kinds of rows: a table each."""
PERSONAL: Final = tuple(kind for kind in ROWS if kind.personal is not None)
"""Rows with words of or about the person."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is to be saved. The fold emits no facts: `freezing` does."""

    state: State
    """Only the rows that are new or not what they were."""
    erasures: Mapping[str, datetime]
    """Lead to instant: its personal words must go from all rows recorded until then, whenever these were stored."""


def decide(state: State, inputs: Sequence[Input], terms: Terms, *, now: datetime) -> Outcome:
    """Folds the events in, in their order. `state` holds the old rows of the batch's subjects and is not touched.

    `now` plays no part: the rows depend on the log alone. Raises KeyError for an input that HANDLES does not know.
    """
    fold = Fold(state, terms)
    for one in inputs:
        HANDLES[key_of(one)](fold, one)
        entry = timeline.entry_of(one, terms) if isinstance(one, Event) else None
        if entry is not None:
            fold.put(entry)
        if isinstance(one, Event):
            explanations.explain(fold, one)
    forget(fold.after, {**_erasures(state), **_erasures(fold.after)})
    return Outcome(fold.after, _erasures(fold.after))


def forget(state: State, erasures: Mapping[str, datetime]) -> None:
    """Empties, in place, the personal words of these leads that were recorded until then.

    The store does the same to the rows that it holds.
    """
    if not erasures:
        return
    for kind in PERSONAL:
        table: dict[Any, Any] = state.tables.get(kind, {})
        for key, row in table.items():
            limit = erasures.get(row.lead)
            if limit is not None and row.recorded_at <= limit:
                empty: dict[str, Any] = {kind.personal_list: []} if kind.personal_list else {}
                table[key] = replace(row, **{str(kind.personal): None, **empty})


def _erasures(state: State) -> dict[str, datetime]:
    people = state.tables.get(Person, {}).values()
    return {person.lead: person.erased_at for person in people if person.erased_at is not None}
