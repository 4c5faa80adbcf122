"""Where a lead came from: the first touch gives source and campaign, the last referral touch gives the partner."""

from datetime import datetime

from agreement.origin import Origin, first_touch, touch_origin
from events.leads import Campaign
from scoring.decide.state import Lead
from scoring.decide.terms import Terms


def learn_origin(lead: Lead, campaign: Campaign | None, channel: str, at: datetime, terms: Terms) -> bool:
    """Changes the lead's source, campaign and referral by one touch, whatever the order in which touches arrive.

    Whether it changed one of them.
    """
    if campaign is None and lead.source_at is not None and (at >= lead.source_at or lead.campaign_at is not None):
        return False  # a mere channel counts only if nothing was named, and before any other
    known = _origin(lead)
    origin = first_touch(known, touch_origin(campaign, channel, at))
    changed = origin is not known
    if changed:
        lead.source, lead.campaign = origin.source, origin.campaign
        lead.source_at, lead.campaign_at = origin.at, origin.at if origin.named else None
    if campaign is None:
        return changed
    referred = campaign.referral or (campaign.medium or "").casefold() in terms.referral_mediums
    if referred and (lead.referral_at is None or at >= lead.referral_at):
        lead.referral, lead.referral_at = campaign.referral or campaign.source or "unnamed", at
        changed = True
    return changed


def _origin(lead: Lead) -> Origin | None:
    if lead.source is None or lead.source_at is None:
        return None
    return Origin(lead.source, lead.campaign, lead.campaign_at or lead.source_at, named=lead.campaign_at is not None)
