"""Assembly of routing."""

from routing.decide import Terms
from routing.handler import RouteLeads
from runtime.service import Components, Context, Service


def build(context: Context) -> Components:
    """Routing's handler, made from the agreement."""
    return Components(handler=RouteLeads(Terms.of(context.agreement), context.timers))


SERVICE = Service("routing", "routing", build)
