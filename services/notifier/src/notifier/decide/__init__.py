"""Who must know: leads, handoffs and clocks folded into what the cards show and the notices that are owed."""

from notifier.decide.fold import Outcome, decide
from notifier.decide.state import Clock, Desk, Doing, Matter, Notice, Offer, Person, Value
from notifier.decide.terms import Terms
from notifier.decide.truth import untrue

__all__ = [
    "Clock",
    "Desk",
    "Doing",
    "Matter",
    "Notice",
    "Offer",
    "Outcome",
    "Person",
    "Terms",
    "Value",
    "decide",
    "untrue",
]
