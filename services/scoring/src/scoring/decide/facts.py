"""What comes in about a person: captured, and updated with more or newer facts."""

from agreement.survivorship import captured_facts
from events.leads import ConsentChanged, KnownFact, LeadCaptured, LeadUpdated
from scoring.decide.decay import arrive
from scoring.decide.origin import learn_origin
from scoring.decide.profile import MAIL, UNSUBSCRIBED
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


def change_consent(work: WorkingSet, event: ConsentChanged) -> None:
    """Mail was unsubscribed from, or subscribed to again: a fact that routing obeys. Other channels change nothing."""
    lead, data = work.lead(event.subject), event.data
    if lead.removed or data.channel != MAIL:
        return
    at = arrive(work, lead, event)
    if work.learn(lead, (KnownFact(name=UNSUBSCRIBED, value=not data.granted, source="consent", at=at),)):
        work.refresh_profile(lead, moved=False)
        work.announce_event(lead, event, "facts")
