"""The reports, one file each: the parameters, the call of the store, the columns."""

from typing import Any, Final

from reporting.reports.action_items import ACTION_ITEMS
from reporting.reports.anomalies import ANOMALIES
from reporting.reports.attribution import ATTRIBUTION
from reporting.reports.attribution_groups import ATTRIBUTION_GROUPS
from reporting.reports.challenger import CHALLENGER
from reporting.reports.content import CONTENT
from reporting.reports.deals import DEALS
from reporting.reports.decisions import DECISIONS
from reporting.reports.defects import DEFECTS
from reporting.reports.enrichment import ENRICHMENT
from reporting.reports.expansion import EXPANSION
from reporting.reports.fairness import FAIRNESS
from reporting.reports.funnel import FUNNEL
from reporting.reports.funnel_model import FUNNEL_MODEL
from reporting.reports.goals import GOALS
from reporting.reports.history import HISTORY
from reporting.reports.inbox import INBOX
from reporting.reports.key_figures import KEY_FIGURES
from reporting.reports.lanes import LANES
from reporting.reports.lead_guarantee import LEAD_GUARANTEE
from reporting.reports.leads import LEADS
from reporting.reports.misjudgements import MISJUDGEMENTS
from reporting.reports.models import MODELS
from reporting.reports.money import MONEY
from reporting.reports.offers import OFFERS
from reporting.reports.outcomes import OUTCOMES
from reporting.reports.packs import PACK_FIGURES, PACKS
from reporting.reports.partners import PARTNERS
from reporting.reports.picks import PICKS
from reporting.reports.pools import POOLS
from reporting.reports.programmes import PROGRAMMES
from reporting.reports.recycling import RECYCLING
from reporting.reports.rejections import REJECTIONS
from reporting.reports.report import Report
from reporting.reports.response_times import RESPONSE_TIMES
from reporting.reports.reviews import REVIEWS
from reporting.reports.score_worth import SCORE_WORTH
from reporting.reports.self_assessment import SELF_ASSESSMENT
from reporting.reports.self_reported import SELF_REPORTED
from reporting.reports.service_levels import SERVICE_LEVELS
from reporting.reports.sources import SOURCES
from reporting.reports.speed import SPEED
from reporting.reports.status_updates import STATUS_UPDATES
from reporting.reports.stewards import STEWARDS
from reporting.reports.team import LATE, PROMISES_BY_REP
from reporting.reports.trend import TREND
from reporting.reports.unowned import PLACES, UNOWNED
from reporting.reports.win_loss import WIN_LOSS

REPORTS: Final[tuple[Report[Any], ...]] = (
    LEADS,
    SERVICE_LEVELS,
    KEY_FIGURES,
    TREND,
    FUNNEL,
    SOURCES,
    MODELS,
    REJECTIONS,
    WIN_LOSS,
    MONEY,
    GOALS,
    FUNNEL_MODEL,
    ANOMALIES,
    MISJUDGEMENTS,
    DEFECTS,
    REVIEWS,
    RECYCLING,
    ATTRIBUTION,
    ATTRIBUTION_GROUPS,
    SELF_REPORTED,
    SCORE_WORTH,
    CHALLENGER,
    DEALS,
    OFFERS,
    OUTCOMES,
    SPEED,
    RESPONSE_TIMES,
    STATUS_UPDATES,
    LEAD_GUARANTEE,
    INBOX,
    DECISIONS,
    EXPANSION,
    CONTENT,
    PARTNERS,
    PROGRAMMES,
    ACTION_ITEMS,
    PACKS,
    PACK_FIGURES,
    SELF_ASSESSMENT,
    ENRICHMENT,
    UNOWNED,
    STEWARDS,
    PLACES,
    POOLS,
    FAIRNESS,
    PICKS,
    LATE,
    PROMISES_BY_REP,
    HISTORY,
    LANES,
)
"""In the order in which the dashboard shows those that have a panel."""
