"""Topic `scores`: how good the lead is now."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Final

from events import scores
from events.body import fields_of
from events.scores import LeadCooled, LeadQualified, LeadScored, MqlWithdrawn
from reporting.decide.rows import Row, row
from reporting.decide.state import Fold, Handle, timeline_only
from runtime.values import Key


class Standing(Row, frozen=True):
    """The latest score."""

    table: ClassVar[str] = "standing"
    lead: str
    fit: int
    engagement: int
    total: int
    band: str
    completeness: int
    passed: bool
    """The MQL gate."""
    segment: str | None
    """Size band of the company."""
    employees: int | None
    last_engaged: datetime | None
    at: datetime
    body: scores.Standing
    """The event's whole standing: lines, signals, gate, facts."""


def on_scored(fold: Fold, event: LeadScored | LeadQualified) -> None:
    """Overwrites the standing of the lead with the event's."""
    data = event.data
    employees = data.facts.employees
    fold.put(
        row(
            Standing,
            event,
            passed=data.gate.passed,
            segment=fold.terms.size(employees),
            employees=employees,
            last_engaged=data.last_engaged_at,
            body=scores.Standing(**{name: getattr(data, name) for name in _WHOLE}),
        )
    )


_WHOLE: Final = fields_of(scores.Standing)
ROWS: Final = (Standing,)
HANDLES: Final[Mapping[Key, Handle]] = {
    LeadScored: on_scored,
    LeadQualified: on_scored,
    LeadCooled: timeline_only,
    MqlWithdrawn: timeline_only,
}
