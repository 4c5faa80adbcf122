"""What comes in about a person: captured, and updated with more or newer facts."""

from agreement.survivorship import captured_facts
from events.leads import LeadCaptured, LeadUpdated
from scoring.decide.decay import arrive
from scoring.decide.origin import learn_origin
from scoring.decide.working_set import WorkingSet


def capture(work: WorkingSet, event: LeadCaptured) -> None:
    """Enters a person who became known, and announces the standing.

    One who was erased is somebody new; one who was merged into another is let go of for good.
    """
    lead, data = work.revived(event.subject), event.data
    if lead.removed:
        return
    at = arrive(work, lead, event)
    work.learn(lead, captured_facts(event))
    learn_origin(lead, data.campaign, data.channel, at, work.terms)
    work.refresh_profile(lead)
    work.announce_event(lead, event, "facts")


def update(work: WorkingSet, event: LeadUpdated) -> None:
    """More, newer or withdrawn facts."""
    lead, merged = work.lead(event.subject), event.data.merged
    if lead.removed:
        return
    arrive(work, lead, event)
    work.learn(lead, event.data.facts)
    work.refresh_profile(lead)
    work.announce_event(lead, event, "merged" if merged else "facts", merged=merged)
