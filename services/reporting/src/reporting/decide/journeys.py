"""Whose way to a sale a batch has moved: the rows from which the numbers are counted are made anew for these leads."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final

from reporting.decide.handoffs import Assignment, OfferAnswer, StageEntry
from reporting.decide.leads import Person, Touch
from reporting.decide.positions import Position
from reporting.decide.rows import Row
from reporting.decide.sales import DealStep
from reporting.decide.scores import LeadStanding
from reporting.decide.state import State, changed_rows

_COUNTED_BY: Final[Mapping[type[Row], Callable[[Any], object]]] = {
    Person: lambda one: (
        *(one.captured_at, one.source, one.campaign, one.merged_into),
        *(one.email, one.name, one.company, one.erased_at, one.facts.get("self_reported_source")),
    ),
    Position: attrgetter("stage", "closed", "first_rep", "first_team"),
    StageEntry: attrgetter("entered_at", "implied", "withdrawn"),
    Assignment: attrgetter("version"),
    LeadStanding: attrgetter(
        *("segment", "band", "body.facts.traffic", "body.facts.function", "body.facts.seniority"),
        "body.facts.company",
    ),
    Touch: attrgetter("event"),
    OfferAnswer: attrgetter("assignment"),
}
"""What of each kind of row a journey is made of (the view `journey_now`): all else may change without it."""


@dataclass(frozen=True, slots=True)
class MovedJourneys:
    """What has to be made anew, by id."""

    leads: frozenset[str]
    """Their journey may differ."""
    introduced: frozenset[str]
    """Somebody new, or somebody who turned out to be another: their deals may have another primary contact."""
    deals: frozenset[str]
    """Of which a fact came in."""


def moved_journeys(before: State, after: State) -> MovedJourneys:
    """What the rows of a batch (`after`) move, beside those they were (`before`)."""
    return MovedJourneys(
        frozenset(
            row.lead
            for kind, look in _COUNTED_BY.items()
            for row in changed_rows(before, after, kind, look)
            if kind is not Touch or row.side == "sales"
        ),
        frozenset(person.lead for person in changed_rows(before, after, Person, _is_counted)),
        frozenset(step.deal for step in after.tables.get(DealStep, {}).values()),
    )


def _is_counted(person: Person) -> object:
    return person.captured_at is not None, person.merged_into
