"""Assembles scoring: the agreement compiled once, the handler, the timers."""

from runtime.service import Parts, Service, Surroundings
from scoring.decide import compile_terms
from scoring.handler import ScoreLeads
from scoring.timers import LetTimePass


def build(around: Surroundings) -> Parts:
    terms = compile_terms(around.agreement)
    return Parts(handler=ScoreLeads(terms, around.timers), timers=LetTimePass(terms, around.timers))


SERVICE = Service("scoring", "scoring", build)
