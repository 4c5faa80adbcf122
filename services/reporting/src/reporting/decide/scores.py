"""Topic `scores`: how good the lead is now."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Final

from agreement.readers.names import name_of
from events import scores
from events.scores import LeadCooled, LeadQualified, LeadScored, MqlWithdrawn, standing_after
from reporting.decide.rows import Json, Row, row
from reporting.decide.state import Fold, Handle, timeline_only
from runtime.values import Key


class LeadStanding(Row, frozen=True):
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
    disputed_since: datetime | None
    """Since when a steward is asked about facts (`facts.disputed`); null: about none."""
    body: scores.Standing
    """The whole standing: lines, signals, gate, facts."""
    domain: str | None = None
    """Of the company: whose score counts for which account."""
    partner: str | None = None
    """Of the latest referral: whose lead it is, too."""
    crossed: Json = None
    """By name of the model, when its total first opened the gate; null where one model scores the lead."""


def on_scored(fold: Fold, event: LeadScored | LeadQualified) -> None:
    """The lead's standing as it is after the event. Who begins in the middle waits for a whole one."""
    known = fold.get(LeadStanding, event.subject)
    standing = standing_after(known.body if known else None, event.data)
    if standing is None:
        return
    employees = standing.facts.employees
    fold.put(
        row(
            LeadStanding,
            event,
            completeness=standing.completeness,
            passed=standing.gate.passed,
            segment=fold.terms.size(employees),
            employees=employees,
            last_engaged=standing.last_engaged_at,
            disputed_since=((known and known.disputed_since) or event.time) if standing.facts.disputed else None,
            body=standing,
            domain=standing.facts.domain,
            partner=name_of(standing.facts.referral),
            crossed=_crossed(known, standing, event.time),
        )
    )


def _crossed(known: LeadStanding | None, now: scores.Standing, at: datetime) -> Json:
    """When each model first passed: an instant that was known stays. None where one model scores the lead."""
    before = known.crossed if known else None
    if now.models is None:
        return before
    passed = {one.model: at.isoformat() for one in now.models if one.passed}
    return {**passed, **(before or {})}


ROWS: Final = (LeadStanding,)
HANDLES: Final[Mapping[Key, Handle]] = {
    LeadScored: on_scored,
    LeadQualified: on_scored,
    LeadCooled: timeline_only,
    MqlWithdrawn: timeline_only,
}
