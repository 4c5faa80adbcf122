"""What comes in when a lead ends: merged into another, or erased. A tombstone stays, and nothing of the person."""

from events.leads import LeadErased, LeadMerged
from events.scores import MqlWithdrawn
from runtime.values import Timer
from scoring.decide.state import Lead
from scoring.decide.waits import ENRICHMENT
from scoring.decide.working_set import COMPANY, DECAY, WorkingSet


def merge(work: WorkingSet, event: LeadMerged) -> None:
    """Puts a tombstone in the place of a lead that has another id now; emits `mql.withdrawn` if it had a standing."""
    _remove(work, event, "merged")


def erase(work: WorkingSet, event: LeadErased) -> None:
    """Puts a tombstone in the place of a lead who asked to be forgotten; emits `mql.withdrawn` if it had a standing."""
    _remove(work, event, "erased")


def _remove(work: WorkingSet, event: LeadMerged | LeadErased, reason: str) -> None:
    """Puts a tombstone in the lead's place, withdraws it and cancels its timers. Erased stays erased.

    Routing, which does not read `leads`, learns from the withdrawal that the lead has ended.
    """
    subject = event.subject
    lead = work.lead(subject)
    kinds = (DECAY, COMPANY) if lead.wait is None else (DECAY, COMPANY, ENRICHMENT)
    if not lead.removed and lead.as_of is not None:
        withdrawn = MqlWithdrawn.Data(total=0, reason=reason)
        work.facts.append(MqlWithdrawn.fact(subject, withdrawn, time=event.time, cause=event))
    work.put_tombstone(Lead(subject, removed=lead.removed if lead.removed == "erased" else reason))
    work.timers += [Timer(subject, kind, subject, None) for kind in kinds]
