"""Assembles scoring: the agreement compiled once, handler and timers; and a new agreement's way through all leads."""

from runtime.service import Components, Context, Service
from scoring.decide import Terms
from scoring.handler import ScoreLeads
from scoring.rescore import Rescore


def build(context: Context) -> Components:
    """The parts of scoring under the agreement in force."""
    terms = Terms.of(context.agreement)
    rescore = Rescore(context, terms.version)
    return Components(
        handler=ScoreLeads(terms, context.timers),
        joins=True,
        loops=[rescore],
        loops_write=False,
        waiting=rescore.waiting,
    )


SERVICE = Service("scoring", "scoring", build)
