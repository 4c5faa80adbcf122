"""Assembles sla-monitor."""

from agreement.calendar import Calendars
from runtime.service import Parts, Service, Surroundings
from sla_monitor.decide.start import Terms
from sla_monitor.handler import KeepClocks
from sla_monitor.timers import PassMilestones


def build(around: Surroundings) -> Parts:
    agreed = around.agreement
    zone = agreed.definitions.house.zone
    terms = Terms(agreed.service_levels, agreed.teams, Calendars(agreed.teams), agreed.version, zone)
    return Parts(handler=KeepClocks(terms, around.timers), timers=PassMilestones(terms, around.timers))


SERVICE = Service("sla-monitor", "sla_monitor", build)
