"""From events to rows: a pure fold. What one topic says never overwrites what another said."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from events import Event
from reporting.decide import handing, leading, money, promising, scoring, selling
from reporting.decide.fold import Fold, Terms
from reporting.decide.model import Model
from reporting.decide.telling import tell

HANDLERS = {**leading.READS, **scoring.READS, **handing.READS, **selling.READS, **promising.READS, **money.READS}
"""Event class to the function that folds it in."""


def decide(known: Model, events: Sequence[Event], terms: Terms) -> Model:
    """The rows that changed. `known` holds the rows of the batch's subjects and is not touched."""
    fold = Fold(known, terms)
    for event in events:
        handle = HANDLERS.get(type(event))
        if handle is None:
            continue
        handle(fold, event)
        told = tell(event, terms)
        if told is not None:
            fold.put(fold.private(told))
    return fold.changed


def forgotten(changed: Model) -> list[str]:
    """Leads of which everything private must go, whoever said it and whenever it came."""
    return sorted(person.lead for person in changed.person.values() if person.erased_at is not None)


def forget(model: Model) -> Model:
    """What the store does for forgotten leads, on rows in memory: private words recorded before the erasure go."""
    gone = {p.lead: p.erased_at for p in model.person.values() if p.erased_at is not None}

    def cut(row: Any, name: str) -> Any:
        limit = gone.get(row.lead)
        return replace(row, **{name: None}) if limit and row.recorded_at <= limit else row

    return replace(
        model,
        story={key: cut(row, "private") for key, row in model.story.items()},
        remark={key: cut(row, "note") for key, row in model.remark.items()},
    )
