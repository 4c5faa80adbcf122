"""Assembly of routing."""

from routing.decide import Terms
from routing.handler import RouteLeads
from routing.timers import WakeLeads
from runtime.service import Parts, Service, Surroundings


def build(around: Surroundings) -> Parts:
    leads = RouteLeads(Terms.of(around.agreement), around.timers)
    return Parts(handler=leads, timers=WakeLeads(leads))


SERVICE = Service("routing", "routing", build)
