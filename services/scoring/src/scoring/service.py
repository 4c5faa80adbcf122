"""Assembles scoring: the agreement compiled once, handler and timers; and the loops beside its lanes."""

import os
from datetime import datetime

from agreement.readers.companies import read_suffixes
from runtime.service import Components, Context, Service
from scoring.decide import Terms
from scoring.deliver import Lookups, http_providers
from scoring.handler import ScoreLeads
from scoring.rescore import Rescore


def build(context: Context) -> Components:
    """The parts of scoring under the agreement in force. Raises Misconfigured for a provider without its key."""
    terms = Terms.of(context.agreement)
    read_suffixes()
    over_http = [one for one in context.agreement.definitions.enrichment.providers if one.kind == "http"]
    providers = http_providers(over_http, os.environ, loopback=context.settings.laboratory)
    loops: list[Rescore | Lookups] = [Rescore(context, terms.version)]
    if over_http:
        loops.append(Lookups(context, over_http, providers))

    async def waiting() -> datetime | None:
        moments = [await loop.waiting() for loop in loops]
        return min((moment for moment in moments if moment is not None), default=None)

    async def catch_up() -> bool:
        return any([await loop.catch_up() for loop in loops])

    return Components(
        handler=ScoreLeads(terms, context.timers),
        joins=True,
        loops=loops,
        loops_write=False,
        waiting=waiting,
        catch_up=catch_up,
    )


SERVICE = Service("scoring", "scoring", build)
