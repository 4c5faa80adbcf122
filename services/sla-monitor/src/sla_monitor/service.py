"""Assembles sla-monitor."""

from runtime.service import Components, Context, Service
from sla_monitor.decide import Terms
from sla_monitor.handler import KeepClocks


def build(context: Context) -> Components:
    """sla-monitor's handler, made from the agreement."""
    return Components(handler=KeepClocks(Terms.of(context.agreement), context.timers))


SERVICE = Service("sla-monitor", "sla_monitor", build)
