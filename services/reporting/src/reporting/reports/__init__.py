"""The reports, one file each: the parameters, the call of the store, the columns."""

from typing import Any, Final

from reporting.reports.attribution import ATTRIBUTION
from reporting.reports.challenger import CHALLENGER
from reporting.reports.deals import DEALS
from reporting.reports.decisions import DECISIONS
from reporting.reports.defects import DEFECTS
from reporting.reports.expansion import EXPANSION
from reporting.reports.funnel import FUNNEL
from reporting.reports.goals import GOALS
from reporting.reports.history import HISTORY
from reporting.reports.inbox import INBOX
from reporting.reports.lanes import LANES
from reporting.reports.lead_guarantee import LEAD_GUARANTEE
from reporting.reports.leads import LEADS
from reporting.reports.misjudgements import MISJUDGEMENTS
from reporting.reports.pools import POOLS
from reporting.reports.recycling import RECYCLING
from reporting.reports.rejections import REJECTIONS
from reporting.reports.report import Report
from reporting.reports.reviews import REVIEWS
from reporting.reports.score_worth import SCORE_WORTH
from reporting.reports.service_levels import SERVICE_LEVELS
from reporting.reports.sources import SOURCES
from reporting.reports.speed import SPEED
from reporting.reports.status_updates import STATUS_UPDATES
from reporting.reports.stewards import STEWARDS
from reporting.reports.unowned import PLACES, UNOWNED

REPORTS: Final[tuple[Report[Any], ...]] = (
    LEADS,
    FUNNEL,
    SERVICE_LEVELS,
    REJECTIONS,
    GOALS,
    MISJUDGEMENTS,
    DEFECTS,
    REVIEWS,
    RECYCLING,
    SOURCES,
    ATTRIBUTION,
    SCORE_WORTH,
    CHALLENGER,
    DEALS,
    SPEED,
    STATUS_UPDATES,
    LEAD_GUARANTEE,
    INBOX,
    DECISIONS,
    EXPANSION,
    UNOWNED,
    STEWARDS,
    PLACES,
    POOLS,
    HISTORY,
    LANES,
)
"""In the order in which the dashboard shows those that have a panel."""
