"""Assembly of routing."""

from collections.abc import Mapping
from typing import Final

from routing.decide import Terms
from routing.handler import RouteLeads
from runtime.service import Components, Context, Service

LINGER: Final[Mapping[str, float]] = {"slas": 0.2}
"""Seconds: each offer begins clocks, which are passed over here; an escalation comes after minutes and hours."""


def build(context: Context) -> Components:
    """Routing's handler, made from the agreement."""
    return Components(handler=RouteLeads(Terms.of(context.agreement), context.timers), joins=True, linger=LINGER)


SERVICE = Service("routing", "routing", build)
