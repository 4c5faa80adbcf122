"""Who must know: leads, handoffs and clocks folded into what the cards show and the notices that are to be sent."""

from notifier.decide.decide import HANDLES, PATIENCE, Outcome, decide
from notifier.decide.facts import surviving_value
from notifier.decide.staleness import ABOUT_WHO_LEFT, is_stale
from notifier.decide.state import Handoff, HandoffClock, LeadView, Notice, Offer, Person, State
from notifier.decide.terms import Terms

__all__ = [
    "ABOUT_WHO_LEFT",
    "HANDLES",
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
    "decide",
    "is_stale",
    "surviving_value",
]
