"""Assembles scoring: the agreement compiled once, the handler, the timers."""

from runtime.service import Components, Context, Service
from scoring.decide import compile_terms
from scoring.handler import ScoreLeads


def build(context: Context) -> Components:
    terms = compile_terms(context.agreement)
    return Components(handler=ScoreLeads(terms, context.timers))


SERVICE = Service("scoring", "scoring", build)
