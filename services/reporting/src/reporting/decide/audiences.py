"""Whose meetings with content a batch has moved: what they met is counted anew for these leads."""

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, Final

from reporting.decide.leads import Person, StoredVerdict, Touch
from reporting.decide.rows import Row
from reporting.decide.scores import LeadStanding
from reporting.decide.state import State, changed_rows

_RESTS_ON: Final[Mapping[type[Row], Callable[[Any], object]]] = {
    Touch: attrgetter("event"),
    StoredVerdict: attrgetter("event"),
    Person: lambda one: (one.captured_at is not None, one.merged_into),
    LeadStanding: attrgetter("body.facts.function", "body.facts.seniority"),
}
"""What of each kind of row it rests on: what was met, by no machine, by a lead that counts, of which persona."""


def moved_audiences(before: State, after: State) -> list[str]:
    """Leads whose rows in `met` may differ after a batch (`after`), in order."""
    return sorted(
        {
            row.lead
            for kind, look in _RESTS_ON.items()
            for row in changed_rows(before, after, kind, look)
            if kind is not Touch or (row.asset is not None and row.side == "marketing")
        }
    )
