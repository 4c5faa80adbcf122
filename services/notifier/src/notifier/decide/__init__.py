"""Who must know: leads, handoffs and clocks folded into what the cards show and the notices that are to be sent."""

from notifier.decide.decide import HANDLES, PATIENCE, Outcome, decide
from notifier.decide.facts import surviving_value
from notifier.decide.recipients import by_digest, hot_at_once, next_digest, open_hours, other_address
from notifier.decide.staleness import ABOUT_WHO_LEFT, is_stale
from notifier.decide.state import HOT, Handoff, HandoffClock, LeadView, Notice, Offer, Person, State, notice_id
from notifier.decide.terms import Terms

__all__ = [
    "ABOUT_WHO_LEFT",
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
    "open_hours",
    "other_address",
    "surviving_value",
]
