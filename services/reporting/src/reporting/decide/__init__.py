"""From events to rows, purely."""

from reporting.decide.decide import HANDLES, PERSONAL, ROWS, Outcome, decide, forget
from reporting.decide.state import State
from reporting.decide.terms import Terms

__all__ = ["HANDLES", "PERSONAL", "ROWS", "Outcome", "State", "Terms", "decide", "forget"]
