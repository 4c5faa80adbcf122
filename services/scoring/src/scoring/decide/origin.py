"""Where a lead came from: the first touch gives source and campaign, the last referral touch gives the partner."""

from datetime import datetime

from events.leads import Campaign
from scoring.decide.state import Lead
from scoring.decide.terms import Terms


def learn_origin(lead: Lead, campaign: Campaign | None, channel: str, at: datetime, terms: Terms) -> None:
    """Changes the lead's source, campaign and referral by one touch, whatever the order in which touches arrive."""
    source = (campaign.source if campaign else None) or channel
    if lead.source_at is None or at < lead.source_at:
        lead.source, lead.source_at = source, at
    if campaign is None:
        return
    if campaign.name and (lead.campaign_at is None or at < lead.campaign_at):
        lead.campaign, lead.campaign_at = campaign.name, at
    referred = campaign.referral or (campaign.medium or "").casefold() in terms.referral_mediums
    if referred and (lead.referral_at is None or at >= lead.referral_at):
        lead.referral, lead.referral_at = campaign.referral or campaign.source or "unnamed", at
