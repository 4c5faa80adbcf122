"""How good is a lead, and why: a pure fold of events and due timers over leads and companies."""

from scoring.decide.decide import HANDLES, Outcome, decide, decide_rest
from scoring.decide.rescore import RESCORE
from scoring.decide.state import State
from scoring.decide.terms import Terms

__all__ = ["HANDLES", "RESCORE", "Outcome", "State", "Terms", "decide", "decide_rest"]
