"""Assembles scoring: the agreement compiled once, the handler, the timers."""

from runtime.service import Components, Context, Service
from scoring.decide import Terms
from scoring.handler import ScoreLeads


def build(context: Context) -> Components:
    """The parts of scoring under the agreement in force."""
    return Components(handler=ScoreLeads(Terms.of(context.agreement), context.timers), joins=True)


SERVICE = Service("scoring", "scoring", build)
