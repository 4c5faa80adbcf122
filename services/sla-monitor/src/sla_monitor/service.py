"""Assembles sla-monitor."""

from agreement.calendar import Calendars
from runtime.service import Components, Context, Service
from sla_monitor.decide.start import Terms
from sla_monitor.handler import KeepClocks


def build(context: Context) -> Components:
    agreed = context.agreement
    zone = agreed.definitions.house.zone
    terms = Terms(agreed.service_levels, agreed.teams, Calendars(agreed.teams), agreed.version, zone)
    return Components(handler=KeepClocks(terms, context.timers))


SERVICE = Service("sla-monitor", "sla_monitor", build)
