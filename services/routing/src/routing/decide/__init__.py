"""Pure: (state, inputs, terms, now) -> (changed state, facts, timers)."""

from routing.decide.fold import WANTED, decide
from routing.decide.state import Outcome, State, Terms

__all__ = ["WANTED", "Outcome", "State", "Terms", "decide"]
