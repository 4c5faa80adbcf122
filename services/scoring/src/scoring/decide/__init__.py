"""How good is a lead, and why: a pure fold of events and due timers over leads and companies."""

from scoring.decide.folding import Outcome, World, decide
from scoring.decide.terms import Terms, compile_terms

__all__ = ["Outcome", "Terms", "World", "compile_terms", "decide"]
