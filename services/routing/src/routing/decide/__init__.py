"""Pure: (state, inputs, terms, now) -> (changed state, facts, timers)."""

from routing.decide.decide import HANDLES, Outcome, decide
from routing.decide.state import State
from routing.decide.terms import Terms

__all__ = ["HANDLES", "Outcome", "State", "Terms", "decide"]
