"""Assembles sla-monitor."""

from collections.abc import Mapping
from typing import Final

from runtime.service import Components, Context, Service
from sla_monitor.decide import Terms
from sla_monitor.handler import KeepClocks

LINGER: Final[Mapping[str, float]] = {"notices": 1.0}
"""Seconds: a card goes out on several channels one after the other, and whether it did is asked minutes later."""


def build(context: Context) -> Components:
    """sla-monitor's handler, made from the agreement."""
    return Components(handler=KeepClocks(Terms.of(context.agreement), context.timers), joins=True, linger=LINGER)


SERVICE = Service("sla-monitor", "sla_monitor", build)
