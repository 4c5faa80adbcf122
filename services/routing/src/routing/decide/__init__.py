"""Pure: (state, inputs, terms, now) -> (changed state, facts, timers)."""

from routing.decide.decide import HANDLES, decide
from routing.decide.state import Outcome, State, Terms

__all__ = ["HANDLES", "Outcome", "State", "Terms", "decide"]
