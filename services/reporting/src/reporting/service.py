"""Assembles reporting: the views' handler, the JSON API, the pages."""

from reporting.api import routes
from reporting.decide.fold import Terms
from reporting.handler import FoldIntoViews
from runtime.service import Parts, Service, Surroundings


def build(around: Surroundings) -> Parts:
    agreed = around.agreement
    terms = Terms(agreed.definitions, agreed.events, agreed.routing, agreed.teams)
    return Parts(handler=FoldIntoViews(terms), routers=[routes.router(around)])


SERVICE = Service("reporting", "reporting", build)
