"""What comes in about a person: captured, and updated with more or newer facts."""

from collections.abc import Iterable

from agreement.survivorship import Claim, captured_facts, learn
from events.leads import Known, LeadCaptured, LeadUpdated
from scoring.decide.decay import arrive
from scoring.decide.origin import learn_origin
from scoring.decide.state import Lead, utc_instant
from scoring.decide.working_set import WorkingSet


def capture(work: WorkingSet, event: LeadCaptured) -> None:
    """Enters a person who became known, and announces the standing.

    One who was erased is somebody new; one who was merged into another is let go of for good.
    """
    lead, data = work.revived(event.subject), event.data
    if lead.removed:
        return
    at = arrive(work, lead, event)
    _learn(lead, captured_facts(event))
    learn_origin(lead, data.campaign, data.channel, at, work.terms)
    work.refresh_profile(lead)
    work.announce_event(lead, event, "facts")


def update(work: WorkingSet, event: LeadUpdated) -> None:
    """More, newer or withdrawn facts."""
    lead, merged = work.lead(event.subject), event.data.merged
    if lead.removed:
        return
    arrive(work, lead, event)
    _learn(lead, event.data.facts)
    work.refresh_profile(lead)
    work.announce_event(lead, event, "merged" if merged else "facts", merged=merged)


def _learn(lead: Lead, known: Iterable[Known]) -> None:
    for fact in known:
        learn(lead.facts.setdefault(fact.name, {}), Claim(fact.value, fact.source, utc_instant(fact.at)))
