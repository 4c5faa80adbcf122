"""Pure decisions: which clocks run, what stops them, what is due at their milestones, and how the month went."""

from sla_monitor.decide.decide import HANDLES, Outcome, decide
from sla_monitor.decide.state import State
from sla_monitor.decide.terms import Terms

__all__ = ["HANDLES", "Outcome", "State", "Terms", "decide"]
