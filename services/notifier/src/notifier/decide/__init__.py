"""Who must know: leads, handoffs and clocks folded into what the cards show and the notices that are to be sent."""

from notifier.decide.decide import HANDLES, PATIENCE, Outcome, decide, of_removed
from notifier.decide.facts import surviving_value
from notifier.decide.recipients import by_digest, hot_at_once, next_digest, open_hours, other_address
from notifier.decide.staleness import ABOUT_WHO_LEFT, ABOUT_WORK, is_stale, why_removed
from notifier.decide.state import HOT, Handoff, HandoffClock, LeadView, Notice, Offer, Person, State, notice_id
from notifier.decide.terms import Terms

__all__ = [
    "ABOUT_WHO_LEFT",
    "ABOUT_WORK",
    "HANDLES",
    "HOT",
    "PATIENCE",
    "Handoff",
    "HandoffClock",
    "LeadView",
    "Notice",
    "Offer",
    "Outcome",
    "Person",
    "State",
    "Terms",
    "by_digest",
    "decide",
    "hot_at_once",
    "is_stale",
    "next_digest",
    "notice_id",
    "of_removed",
    "open_hours",
    "other_address",
    "surviving_value",
    "why_removed",
]
