"""Assembles scoring: the agreement compiled once, the handler, the timers, and the loop that asks providers."""

import os

from runtime.service import Components, Context, Service
from scoring.decide import Terms
from scoring.deliver import Lookups, http_providers
from scoring.handler import ScoreLeads


def build(context: Context) -> Components:
    """The parts of scoring under the agreement in force. Raises Misconfigured for a provider without its key."""
    handler = ScoreLeads(Terms.of(context.agreement), context.timers)
    terms = [one for one in context.agreement.definitions.enrichment.providers if one.kind == "http"]
    if not terms:
        return Components(handler=handler, joins=True)
    lookups = Lookups(context, terms, http_providers(terms, os.environ, loopback=context.settings.laboratory))
    return Components(handler=handler, joins=True, loops=[lookups], waiting=lookups.waiting)


SERVICE = Service("scoring", "scoring", build)
