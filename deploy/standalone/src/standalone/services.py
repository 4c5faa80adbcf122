"""The six services, in the order in which facts flow."""

from typing import Final

from ingest.service import SERVICE as INGEST
from notifier.service import SERVICE as NOTIFIER
from reporting.service import SERVICE as REPORTING
from routing.service import SERVICE as ROUTING
from runtime.service import Service
from scoring.service import SERVICE as SCORING
from sla_monitor.service import SERVICE as SLA_MONITOR

SERVICES: Final[tuple[Service, ...]] = (INGEST, SCORING, ROUTING, SLA_MONITOR, NOTIFIER, REPORTING)
