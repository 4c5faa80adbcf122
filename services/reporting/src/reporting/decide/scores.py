"""Topic `scores`: how good the lead is now."""

from events import Event
from events.scores import LeadCooled, LeadQualified, LeadScored, MqlWithdrawn
from reporting.decide.fold import Fold, Reader
from reporting.decide.rows import Standing


def stood(fold: Fold, event: LeadScored | LeadQualified) -> None:
    said = event.data
    fold.put(
        Standing(
            lead=event.subject,
            fit=said.fit,
            engagement=said.engagement,
            total=said.total,
            band=said.band,
            completeness=said.completeness,
            passed=said.gate.passed,
            segment=fold.terms.size(said.facts.employees),
            employees=said.facts.employees,
            last_engaged=said.last_engaged_at,
            at=event.time,
            body=said.model_dump(mode="json"),
        )
    )


def told(fold: Fold, event: LeadCooled | MqlWithdrawn) -> None:
    """Kept in the timeline; the standing came with the score before it."""


READS: dict[type[Event], Reader] = {LeadScored: stood, LeadQualified: stood, LeadCooled: told, MqlWithdrawn: told}
